/** The models of the command line: listed, removed. */
import { plainText } from '../checkpoint/checkpoint.js';
import { manifestBytes, shippedIds } from '../protocol/model-card.js';
import { originText } from '../protocol/hub-address.js';
import { UsageError } from './cli-error.js';
import { shippedFolder } from './model-build.js';
import { openShelf, valueOf } from './model-shelf.js';
import { readManifest } from './node-runtime.js';

/** A model, or what is left of a download. */
interface ListedModel {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number | null;
  readonly licence: string;
}

/** Added models and unfinished downloads; none where there is no such folder. */
export async function listModels(folder: string): Promise<ListedModel[]> {
  const { models, unfinished, damaged } = valueOf(await openShelf(folder).read());
  return [
    ...models.map(({ manifest, sizeBytes }) => {
      const { id, name, licence } = manifest.card;
      return { id, name, sizeBytes, licence };
    }),
    ...damaged.map((id) => ({ id, name: '(damaged)', sizeBytes: null, licence: '' })),
    ...unfinished.map(({ id, origin, loadedBytes }) => {
      const name = `(unfinished download of ${originText(origin)})`;
      return { id, name, sizeBytes: loadedBytes, licence: '' };
    }),
  ];
}

/** The models that ship. */
export async function listShipped(): Promise<ListedModel[]> {
  return Promise.all(
    shippedIds.map(async (id) => {
      const manifest = await readManifest(await shippedFolder(id));
      const { name, licence } = manifest.card;
      return { id, name, sizeBytes: manifestBytes(manifest), licence };
    }),
  );
}

/** One line a model: id, name, megabytes, licence; what others named them moves no cursor. */
export function modelLines(models: readonly ListedModel[]): string[] {
  const rows = models.map(({ id, name, sizeBytes, licence }) => {
    const size = sizeBytes === null ? '' : `${(sizeBytes / 1e6).toFixed(1)} MB`;
    return [id, name, size, licence].map(plainText);
  });
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Removes an added model. Throws: UsageError when it is not there, or ships with the project. */
export async function removeModel(folder: string, id: string): Promise<void> {
  if (shippedIds.includes(id)) {
    throw new UsageError(`${id} ships with RePaint Fill and stays; only added models are removed.`);
  }
  const ids = (await listModels(folder)).map((model) => model.id);
  if (!ids.includes(id)) {
    throw new UsageError(
      plainText(`There is no model ${id}; there are: ${ids.join(', ') || 'none'}.`),
    );
  }
  valueOf(await openShelf(folder).remove(id));
}

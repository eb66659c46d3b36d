/** The models of the command line: listed, removed. */
import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ModelCard } from '../protocol/model-card.js';
import { UsageError } from './cli-error.js';
import { readModelCard } from './model-folder.js';

/** Ships with RePaint Fill; the panel cannot be built without it. */
const shippedIds: readonly string[] = ['garden-64'];

/** A model folder, or what is left of a download. */
interface ListedModel {
  readonly id: string;
  readonly sizeBytes: number;
  /** null for a folder that is not a whole model. */
  readonly card: ModelCard | null;
}

async function folderBytes(folder: string): Promise<number> {
  const files = await readdir(folder, { withFileTypes: true });
  const sizes = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => stat(path.join(folder, file.name))),
  );
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

/** Folders with a card, and unfinished downloads; none where there is no such folder. */
export async function listModels(folder: string): Promise<ListedModel[]> {
  const names = existsSync(folder) ? (await readdir(folder)).sort() : [];
  const found: ListedModel[] = [];
  for (const id of names) {
    const model = path.join(folder, id);
    const isDownload = id.endsWith('.download');
    const isModel = !isDownload && existsSync(path.join(model, 'card.json'));
    if (!isModel && !isDownload) continue;
    const card = isModel ? await readModelCard(model).catch(() => null) : null;
    found.push({ id, sizeBytes: await folderBytes(model), card });
  }
  return found;
}

/** One line a model: id, name, megabytes, licence. */
export function modelLines(models: readonly ListedModel[]): string[] {
  const rows = models.map(({ id, sizeBytes, card }) => {
    const isDownload = id.endsWith('.download');
    const state = isDownload ? '(unfinished download)' : '(damaged card.json)';
    return [id, card?.name ?? state, `${(sizeBytes / 1e6).toFixed(1)} MB`, card?.licence ?? ''];
  });
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Removes a model folder. Throws: UsageError when it is not there, or ships with the project. */
export async function removeModel(folder: string, id: string): Promise<void> {
  if (shippedIds.includes(id)) {
    throw new UsageError(`${id} ships with RePaint Fill and stays; only added models are removed.`);
  }
  const ids = (await listModels(folder)).map((model) => model.id);
  if (!ids.includes(id)) {
    throw new UsageError(`There is no model ${id}; there are: ${ids.join(', ')}.`);
  }
  await rm(path.join(folder, id), { recursive: true });
}

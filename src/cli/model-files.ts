/** Which files an import is given: the one named, and those that lie beside it. */
import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from './cli-error.js';
import type { NamedPath } from '../shelf/store/file-source.js';
import { classifierConfigName } from './model-folder.js';

/** Where the parts of a model come from. */
export interface ModelSources {
  readonly file: string;
  readonly config?: string | undefined;
  readonly scheduler?: string | undefined;
  readonly card?: string | undefined;
  readonly preset?: string | undefined;
  readonly classifier?: string | undefined;
  /** Space-to-depth factor; told from the config where absent. */
  readonly pixelUnshuffle?: number | undefined;
}

function expectFile(file: string): string {
  if (existsSync(file) && statSync(file).isFile()) return file;
  throw new UsageError(`There is no file ${file}; check the name.`);
}

/** The file given, or the usual one beside; none where neither is. */
function given(file: string | undefined, beside: string, name: string): NamedPath[] {
  if (file !== undefined) return [{ path: expectFile(file), name }];
  return existsSync(beside) ? [{ path: beside, name }] : [];
}

function classifierFiles({ file, classifier }: ModelSources): NamedPath[] {
  if (classifier === undefined) return [];
  const folder = path.dirname(classifier);
  const isApart = path.resolve(folder) !== path.resolve(path.dirname(file));
  const usual = path.join(folder, classifierConfigName);
  const config = existsSync(usual) || !isApart ? usual : path.join(folder, 'config.json');
  // In the model's folder it lies beside the network, which may be called the same.
  const base = path.basename(classifier);
  const isTelling = /classifier/i.test(base) && base !== path.basename(file);
  const name = isTelling ? base : `classifier-${base}`;
  return [
    { path: expectFile(classifier), name },
    ...given(undefined, config, classifierConfigName),
  ];
}

const isGraph = (file: string) => /\.onnx$/i.test(file);
/** Files with a part of their own in an import. */
const partNames = /\.(json|onnx|safetensors|pt|pth|ckpt)$/i;

/** Everything beside the graphs that may hold their weights. */
async function dataFiles(taken: readonly NamedPath[]): Promise<NamedPath[]> {
  const folders = new Set(
    taken.filter((file) => isGraph(file.path)).map((file) => path.dirname(file.path)),
  );
  const used = new Set(taken.map((file) => path.resolve(file.path)));
  const found: NamedPath[] = [];
  for (const folder of folders) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name);
      const isOther = entry.isFile() && !partNames.test(entry.name);
      if (isOther && !used.has(path.resolve(file))) found.push({ path: file });
    }
  }
  return found;
}

/** Lists the files of an import. Throws: UsageError for a file that does not exist. */
export async function gatherFiles(sources: ModelSources): Promise<NamedPath[]> {
  const { file, config, scheduler, card, preset } = sources;
  expectFile(file);
  const beside = (name: string) => path.join(path.dirname(file), name);
  const hasConfig = preset === undefined && !isGraph(file);
  const named = [
    { path: file },
    ...(hasConfig ? given(config, beside('config.json'), 'config.json') : []),
    ...given(scheduler, beside('scheduler_config.json'), 'scheduler_config.json'),
    ...given(card, beside('card.json'), 'card.json'),
    ...classifierFiles(sources),
  ];
  return [...named, ...(await dataFiles(named))];
}

/** Which files an import is given: the one named, and those that lie beside it. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from './cli-error.js';
import type { NamedPath } from './file-source.js';
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
  if (existsSync(file)) return file;
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
  return [{ path: expectFile(classifier) }, ...given(undefined, config, classifierConfigName)];
}

/** Everything beside a graph that may hold its weights. */
async function dataFiles(file: string, taken: readonly NamedPath[]): Promise<NamedPath[]> {
  if (!/\.onnx$/i.test(file)) return [];
  const folder = path.dirname(file);
  const used = new Set(taken.map((other) => path.resolve(other.path)));
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter(
      (entry) => entry.isFile() && !/\.(json|onnx|safetensors|pt|pth|ckpt)$/i.test(entry.name),
    )
    .map((entry) => ({ path: path.join(folder, entry.name) }))
    .filter((other) => !used.has(path.resolve(other.path)));
}

/** Lists the files of an import. Throws: UsageError for a file that does not exist. */
export async function gatherFiles(sources: ModelSources): Promise<NamedPath[]> {
  const { file, config, scheduler, card, preset } = sources;
  expectFile(file);
  const beside = (name: string) => path.join(path.dirname(file), name);
  const hasConfig = preset === undefined && !/\.onnx$/i.test(file);
  const named = [
    { path: file },
    ...(hasConfig ? given(config, beside('config.json'), 'config.json') : []),
    ...given(scheduler, beside('scheduler_config.json'), 'scheduler_config.json'),
    ...given(card, beside('card.json'), 'card.json'),
    ...classifierFiles(sources),
  ];
  return [...named, ...(await dataFiles(file, named))];
}

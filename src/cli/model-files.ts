/** Which files an import is given: the one named, and those that lie beside it. */
import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from './cli-error.js';
import type { SourceFile } from '../shelf/read/source-file.js';
import { fileSource } from '../shelf/store/disk-files.js';

/** Where the parts of a model come from. */
export interface ModelParts {
  /** A checkpoint, or a folder that holds one with its configs. */
  readonly file: string;
  /** Weights other than the first: 'ema', 'raw' or where they lie in the file. */
  readonly weights?: string | undefined;
  readonly config?: string | undefined;
  readonly scheduler?: string | undefined;
  readonly card?: string | undefined;
  readonly preset?: string | undefined;
  readonly classifier?: string | undefined;
}

/** A file on disk, and what an import is to call it where that is not its own name. */
interface NamedPath {
  readonly path: string;
  readonly name?: string;
  readonly as?: SourceFile['as'];
}

const classifierConfigName = 'classifier_config.json';

function expectFile(file: string): string {
  if (existsSync(file) && statSync(file).isFile()) return file;
  throw new UsageError(`There is no file ${file}; check the name.`);
}

type Role = NonNullable<NamedPath['as']>;

/** The file given, or the first of the usual ones that is there; none where neither is. */
function given(file: string | undefined, usual: readonly string[], as: Role): NamedPath[] {
  if (file !== undefined) return [{ path: expectFile(file), as }];
  const found = usual.find((name) => existsSync(name));
  return found === undefined ? [] : [{ path: found, as }];
}

function classifierFiles({ file, classifier }: ModelParts): NamedPath[] {
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
    ...given(undefined, [config], 'classifierConfig'),
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

const isFolder = (name: string) =>
  statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
const maxDepth = 4;
const maxFiles = 2000;

/** Files of a folder and those below, called by their way from it. Throws: UsageError. */
async function filesBelow(folder: string): Promise<NamedPath[]> {
  const root = path.dirname(path.resolve(folder));
  const found: NamedPath[] = [];
  const visit = async (at: string, depth: number): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      const file = path.join(at, entry.name);
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory() && depth < maxDepth) await visit(file, depth + 1);
      if (!entry.isFile()) continue;
      found.push({ path: file, name: path.relative(root, file).replaceAll(path.sep, '/') });
      if (found.length > maxFiles) {
        throw new UsageError(
          `${folder} has more than ${maxFiles} files; name the checkpoint in it.`,
        );
      }
    }
  };
  await visit(path.resolve(folder), 1);
  return found;
}

/** `model-00001-of-00003.safetensors`: the others of its kind. */
async function shardsBeside(file: string): Promise<NamedPath[]> {
  const [, stem, rest] = /^(.*)-\d{5}(-of-\d{5}.*)$/.exec(path.basename(file)) ?? [];
  if (stem === undefined) return [];
  const folder = path.dirname(file);
  const isShard = (name: string) => name.startsWith(stem) && name.endsWith(rest);
  const names = (await readdir(folder)).filter((name) => isShard(name));
  return names
    .filter((name) => name !== path.basename(file))
    .map((name) => ({ path: path.join(folder, name) }));
}

/** Beside the weights, a folder up, or where a training's checkpoints lie. */
const schedulerPlaces = ['', '../scheduler/', '../', '../../scheduler/'].map(
  (folder) => `${folder}scheduler_config.json`,
);

/** What `save_pretrained` keeps a folder up, and says there of the whole pipeline. */
async function besideFiles({ file, config, scheduler, card, preset }: ModelParts) {
  const folder = path.dirname(file);
  const beside = (...names: readonly string[]) => names.map((name) => path.join(folder, name));
  const hasConfig = preset === undefined && !isGraph(file);
  const [index] = beside('../model_index.json').filter((name) => existsSync(name));
  return [
    { path: file },
    ...(await shardsBeside(file)),
    ...(hasConfig ? given(config, beside('config.json'), 'config') : []),
    ...given(scheduler, beside(...schedulerPlaces), 'scheduler'),
    ...given(card, beside('card.json'), 'card'),
    ...(index === undefined ? [] : [{ path: index }]),
  ];
}

/** The folder meant: an index stands for the one it lists the files of; null for a file. */
export function folderNamed(file: string): string | null {
  if (isFolder(file)) return file;
  return /\.index\.json$|^model_index\.json$/i.test(path.basename(file))
    ? path.dirname(file)
    : null;
}

function openAll(files: readonly NamedPath[]): Promise<SourceFile[]> {
  return Promise.all(
    files.map(async ({ path: from, name = path.basename(from), as }) => {
      return { name, source: await fileSource(from), as };
    }),
  );
}

/** Opens what is given by itself, whatever it goes with. Throws: UsageError for what is not there. */
export function besideOrigin(sources: ModelParts): Promise<SourceFile[]> {
  const { config, scheduler, card } = sources;
  return openAll([
    ...given(config, [], 'config'),
    ...given(scheduler, [], 'scheduler'),
    ...given(card, [], 'card'),
    ...classifierFiles(sources),
  ]);
}

/** Opens the files of an import. Throws: UsageError for a file that does not exist. */
export async function gatherFiles(sources: ModelParts): Promise<SourceFile[]> {
  const { file, config, scheduler, card } = sources;
  if (!existsSync(file))
    throw new UsageError(`There is no file or folder ${file}; check the name.`);
  const folder = folderNamed(file);
  const named =
    folder === null
      ? await besideFiles({ ...sources, file: expectFile(file) })
      : [
          ...(await filesBelow(folder)),
          ...given(config, [], 'config'),
          ...given(scheduler, [], 'scheduler'),
          ...given(card, [], 'card'),
        ];
  const all = [...named, ...classifierFiles(sources)];
  return openAll(folder === null ? [...all, ...(await dataFiles(all))] : all);
}

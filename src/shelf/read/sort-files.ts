/** Tells files that were given together apart by what they are: weights, configs, a card. */
import { baseName, readJson } from './source-file.js';
import type { SourceFile } from './source-file.js';
import { unusable } from './unusable.js';

/** What a JSON file can be. */
export type JsonRole = 'config' | 'scheduler' | 'card' | 'classifierConfig';

export interface SortedFiles {
  readonly checkpoints: readonly SourceFile[];
  readonly graphs: readonly SourceFile[];
  /** Beside an .onnx: whatever may hold its weights. */
  readonly data: readonly SourceFile[];
  /** null where there is none. */
  readonly json: Readonly<Record<JsonRole, unknown>>;
}

const checkpointNames = /\.(safetensors|pt|pth|bin|ckpt)$/i;
/** Files that come along with a download and say nothing to a program. */
const plainFiles = /^\.|\.(md|txt)$|^(licen[sc]e|notice)$|^model_index\.json$/i;

const jsonNames: Readonly<Record<string, JsonRole>> = {
  'config.json': 'config',
  'scheduler_config.json': 'scheduler',
  'card.json': 'card',
  // What `model build` writes beside an .onnx: it holds the card.
  'model.json': 'card',
  'classifier_config.json': 'classifierConfig',
};

/** Keys that only one of them has. */
const jsonKeys: readonly (readonly [key: string, role: JsonRole])[] = [
  ['beta_schedule', 'scheduler'],
  ['classifier_width', 'classifierConfig'],
  ['block_out_channels', 'config'],
  ['image_size', 'config'],
  ['diffusion', 'card'],
];

function roleOf(file: SourceFile, json: unknown): JsonRole {
  const named = jsonNames[baseName(file).toLowerCase()];
  if (named) return named;
  const has = (key: string) => typeof json === 'object' && json !== null && key in json;
  const found = jsonKeys.find(([key]) => has(key));
  if (found) return found[1];
  throw unusable(
    `${file.name} is none of ${Object.keys(jsonNames).join(', ')}; rename it, or leave it out.`,
  );
}

async function readJsons(files: readonly SourceFile[]): Promise<SortedFiles['json']> {
  const json: Record<JsonRole, unknown> = {
    config: null,
    scheduler: null,
    card: null,
    classifierConfig: null,
  };
  const from = new Map<JsonRole, string>();
  for (const file of files) {
    const content = await readJson(file);
    const role = roleOf(file, content);
    const other = from.get(role);
    if (other !== undefined) {
      throw unusable(`${other} and ${file.name} are of the same kind; leave one of them out.`);
    }
    from.set(role, file.name);
    json[role] = content;
  }
  return json;
}

function expectKnown(files: readonly SourceFile[]): void {
  const [stranger] = files;
  if (!stranger) return;
  throw unusable(
    `${stranger.name} is not a kind of file that is known here; give a .safetensors, .pt, .pth, ` +
      '.bin, .ckpt or .onnx file with its .json files.',
  );
}

/**
 * Sorts files by name, JSON files by content where the name says nothing.
 * Throws: RepaintError modelUnusable for files of no known kind and two of the same kind.
 */
export async function sortFiles(files: readonly SourceFile[]): Promise<SortedFiles> {
  const telling = files.filter((file) => !plainFiles.test(baseName(file)));
  const ends = (pattern: RegExp) => (file: SourceFile) => pattern.test(baseName(file));
  const isJson = ends(/\.json$/i);
  const graphs = telling.filter(ends(/\.onnx$/i));
  // Weights beside a graph are often called .bin as well.
  const isCheckpoint = ends(graphs.length > 0 ? /\.(safetensors|pt|pth|ckpt)$/i : checkpointNames);
  const checkpoints = telling.filter(isCheckpoint);
  const others = telling.filter(
    (file) => !isJson(file) && !isCheckpoint(file) && !graphs.includes(file),
  );
  if (graphs.length === 0) expectKnown(others);
  const json = await readJsons(telling.filter(isJson));
  return { checkpoints, graphs, data: others, json };
}

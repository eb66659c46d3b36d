/** Tells files that were given together apart by what they are: weights, configs, a card. */
import { networkSettings, parseFlags } from '../../checkpoint/format/config-text.js';
import { strangerClass } from '../../checkpoint/strangers.js';
import {
  expectPixelParts,
  expectPixels,
  folderOf,
  pickWeights,
  type WeightsFiles,
} from './pick-weights.js';
import { baseName, readSettings, type SourceFile } from './source-file.js';
import { unusable } from './unusable.js';

/** What a file of settings can be. */
export type SettingsRole = NonNullable<SourceFile['as']>;

export interface SortedFiles {
  readonly checkpoints: readonly WeightsFiles[];
  readonly graphs: readonly SourceFile[];
  /** Beside an .onnx: whatever may hold its weights. */
  readonly data: readonly SourceFile[];
  /** null where there is none. */
  readonly json: Readonly<Record<SettingsRole, unknown>>;
  /** The names of the files those are from. */
  readonly from: Readonly<Partial<Record<SettingsRole, string>>>;
  readonly left: readonly SourceFile[];
}

const checkpointNames = /\.(safetensors|pt|pth|bin|ckpt|pkl)$/i;
const settingsNames = /\.(json|ya?ml|txt|sh|args|flags)$/i;
/** Files that come along with a download and say nothing to a program. */
const plainFiles = /^\.|\.md$|^(licen[sc]e|notice)(\.txt)?$/i;

const settingsRoles: Readonly<Record<string, SettingsRole>> = {
  'config.json': 'config',
  'scheduler_config.json': 'scheduler',
  'card.json': 'card',
  // What `model build` writes beside an .onnx: it holds the card.
  'model.json': 'card',
  'classifier_config.json': 'classifierConfig',
};

/** Keys that only one of them has. */
const settingsKeys: readonly (readonly [key: string, role: SettingsRole])[] = [
  ['block_out_channels', 'config'],
  ['num_channels', 'config'],
  ['model_channels', 'config'],
  ['ch_mult', 'config'],
  ['beta_schedule', 'scheduler'],
  ['classifier_width', 'classifierConfig'],
  ['image_size', 'config'],
  ['diffusion', 'card'],
];

/** null for settings of something else. */
function roleOf(file: SourceFile, settings: unknown): SettingsRole | null {
  const named = file.as ?? settingsRoles[baseName(file).toLowerCase()];
  if (named) return named;
  const inside = networkSettings(settings);
  const has = (key: string) => typeof inside === 'object' && inside !== null && key in inside;
  return settingsKeys.find(([key]) => has(key))?.[1] ?? null;
}

interface Settings {
  readonly file: SourceFile;
  readonly role: SettingsRole | null;
  readonly content: unknown;
}

/** Text is looked at only where it holds flags. */
async function readOne(file: SourceFile): Promise<Settings | null> {
  if (!file.as && /\.(txt|sh|args|flags)$/i.test(baseName(file))) {
    const start = await file.source.read(0, Math.min(2 ** 16, file.source.sizeBytes));
    if (!parseFlags(new TextDecoder().decode(start))) return null;
  }
  const content = await readSettings(file);
  if (/^model_index\.json$/i.test(baseName(file))) expectPixelParts(content);
  const stranger = strangerClass(content);
  const isUsed = /^(config|model_index)\.json$/i.test(baseName(file));
  if (stranger && isUsed) throw unusable(`${file.name} is of ${stranger}; it cannot fill here.`);
  return { file, role: roleOf(file, content), content };
}

/** How far a file lies from a folder: 0 inside, 1 a folder up, more for `scheduler/` beside it. */
function distance(file: SourceFile, folder: string, role: SettingsRole): number {
  const own = folderOf(file);
  if (own === folder) return 0;
  // Given by itself beside a folder: meant to take the place of the folder's own.
  if (own === '') return -1;
  if (folder.startsWith(own)) return folder.slice(own.length).split(/[/\\]/).length - 1;
  const isScheduler = role === 'scheduler' && /(^|[/\\])scheduler[/\\]$/i.test(own);
  return isScheduler ? 1.5 : Infinity;
}

/** Takes of each kind the file nearest to the weights. */
function nearest(
  settings: readonly Settings[],
  folder: string,
): Pick<SortedFiles, 'json' | 'from' | 'left'> {
  const json: Record<SettingsRole, unknown> = {
    config: null,
    scheduler: null,
    card: null,
    classifierConfig: null,
  };
  const from: Partial<Record<SettingsRole, string>> = {};
  const taken = new Set<Settings>();
  for (const role of Object.keys(json) as SettingsRole[]) {
    const far = (entry: Settings) => distance(entry.file, folder, role);
    const [first, second] = settings
      .filter((entry) => entry.role === role && Number.isFinite(far(entry)))
      .sort((a, b) => far(a) - far(b));
    if (!first) continue;
    if (second && far(first) === far(second)) {
      throw unusable(
        `${first.file.name} and ${second.file.name} are of the same kind; leave one of them out.`,
      );
    }
    taken.add(first);
    json[role] = role === 'config' ? networkSettings(first.content) : first.content;
    from[role] = first.file.name;
  }
  return {
    json,
    from,
    left: settings.filter((entry) => !taken.has(entry)).map(({ file }) => file),
  };
}

/** What was given by itself was meant; what lies in a folder came along. */
const isGiven = (file: SourceFile) => folderOf(file) === '';

function expectKnown(files: readonly SourceFile[]): void {
  const stranger = files.find(isGiven);
  if (!stranger) return;
  throw unusable(
    `${stranger.name} is not a kind of file that is known here; give a .safetensors, .pt, .pth, ` +
      '.bin, .ckpt or .onnx file with its .json or .yml files.',
  );
}

function expectUseful(settings: readonly Settings[]): void {
  const stranger = settings.find(
    ({ file, role }) =>
      role === null && isGiven(file) && !/^model_index\.json$|\.index\.json$/i.test(baseName(file)),
  );
  if (!stranger) return;
  throw unusable(
    `${stranger.file.name} is none of ${Object.keys(settingsRoles).join(', ')}; rename it, or leave it out.`,
  );
}

/**
 * Sorts files by name, settings by content where the name says nothing. `isRaw`: weights in
 * training rather than their running mean, where a folder holds both.
 * Throws: RepaintError modelUnusable for files of no known kind and two of the same kind.
 */
export async function sortFiles(files: readonly SourceFile[], isRaw = false): Promise<SortedFiles> {
  const telling = files.filter((file) => !plainFiles.test(baseName(file)));
  expectPixels(telling.map(({ name }) => name));
  const ends = (pattern: RegExp) => (file: SourceFile) => pattern.test(baseName(file));
  const isSettings = (file: SourceFile) =>
    file.as !== undefined || settingsNames.test(baseName(file));
  const graphs = telling.filter(ends(/\.onnx$/i));
  // Weights beside a graph are often called .bin as well.
  const isCheckpoint = ends(graphs.length > 0 ? /\.(safetensors|pt|pth|ckpt)$/i : checkpointNames);
  const picked = pickWeights(telling.filter(isCheckpoint), isRaw);
  const others = telling.filter(
    (file) => !isSettings(file) && !isCheckpoint(file) && !graphs.includes(file),
  );
  if (graphs.length === 0) expectKnown(others);
  const read = await Promise.all(telling.filter(isSettings).map(readOne));
  const settings = read.filter((entry) => entry !== null);
  expectUseful(settings);
  const main = picked.weights[0]?.files[0] ?? graphs[0];
  const near = nearest(settings, main ? folderOf(main) : '');
  const isIndex = ends(/\.index\.json$|^model_index\.json$/i);
  const left = [...picked.left, ...(graphs.length > 0 ? [] : others), ...near.left];
  return {
    checkpoints: picked.weights,
    graphs,
    data: graphs.length > 0 ? others : [],
    json: near.json,
    from: near.from,
    left: left.filter((file) => !isIndex(file)),
  };
}

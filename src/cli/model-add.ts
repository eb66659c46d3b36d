/** `model add`: looks at a model, asks for what is missing by naming the option, and adds it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import { originOf } from '../protocol/hub-address.js';
import { RepaintError } from '../protocol/failure.js';
import type {
  AddModelProgress,
  ModelFindings,
  ModelLook,
  ModelWords,
  ShelfModel,
} from '../protocol/model-shelf-api.js';
import type { GivenAnswers, SourceOrigin } from '../shelf/model-adder.js';
import { isPlainName } from '../shelf/read/words.js';
import type { SelfTestLevel } from '../shelf/self-test.js';
import { UsageError } from './cli-error.js';
import { besideOrigin, folderNamed, gatherFiles, type ModelParts } from './model-files.js';
import { openShelf, valueOf } from './model-shelf.js';

export interface AddOptions {
  /** Where models are kept. */
  readonly folder: string;
  /** Absent: from the card, the preset or the name. */
  readonly id?: string | undefined;
  /** What the user says of the model; the rest is guessed. */
  readonly words: { readonly [key in keyof ModelWords]?: string | undefined };
  readonly pixelUnshuffle?: number | undefined;
  /** False accepts a network that fails its self-test. */
  readonly isTested: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: AddModelProgress) => void;
}

export interface AddedModel {
  readonly model: ShelfModel;
  readonly findings: ModelFindings;
  /** Empty when the test was not asked for. */
  readonly selfTest: readonly SelfTestLevel[];
}

/** A file or folder that is here, else an address or owner/name. */
async function given(parts: ModelParts): Promise<{ origin: SourceOrigin } & GivenAnswers> {
  const preset = parts.preset ?? null;
  const answers = { preset, weights: parts.weights ?? null };
  const remote = existsSync(parts.file) ? null : originOf(parts.file);
  if (remote) return { ...answers, origin: remote, beside: await besideOrigin(parts) };
  const files = await gatherFiles(parts);
  return { ...answers, origin: { kind: 'files', files }, hints: hintsOf(parts.file) };
}

/** The folder's name, where the file's own says nothing. */
function hintsOf(file: string): Partial<ModelWords> {
  const folders = path.resolve(folderNamed(file) ?? path.dirname(file)).split(path.sep);
  const folder = folders.filter((name) => !/^unet(_ema)?$/.test(name)).at(-1) ?? '';
  const isPlain = folderNamed(file) !== null || isPlainName(file);
  return isPlain && folder !== '' ? { name: folder } : {};
}

/** What can be answered by an option. Throws: UsageError naming it. */
function expectNoQuestions({ questions, weights }: ModelLook): void {
  const [question] = questions;
  if (!question) return;
  if (question.kind === 'missingFiles') {
    throw new UsageError(
      `${question.names.join(' and ')} must be given too: put it beside ${weights}, or name it ` +
        'with --config, --scheduler or --card.',
    );
  }
  const presets = question.presets.map(({ id, title }) => `--preset ${id} (${title})`);
  throw new UsageError(
    `${weights} fits several published networks; say which one it is: ${presets.join(', ')}.`,
  );
}

/** The user's words over the guessed ones. */
function wordsOf({ words: guessed }: ModelLook, said: AddOptions['words']): ModelWords {
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  return { ...guessed, ...Object.fromEntries(given) };
}

/** A mistake of the caller, as all that is wrong with files someone chose. */
function explained(error: unknown): unknown {
  if (!(error instanceof RepaintError)) return error;
  const { code, message } = error;
  if (code === 'selfTestFailed') {
    return new UsageError(`${message} --no-self-test accepts it all the same.`);
  }
  const isTheirs = !['modelFetch', 'storageFull', 'outOfMemory', 'cancelled'].includes(code);
  return isTheirs ? new UsageError(message) : error;
}

/**
 * Adds a model; nothing but a download's part stays when it fails.
 * Throws: UsageError with one sentence; RepaintError modelFetch, storageFull, outOfMemory, cancelled.
 */
export async function addModel(parts: ModelParts, options: AddOptions): Promise<AddedModel> {
  const { folder, isTested, signal, onProgress = () => undefined, pixelUnshuffle } = options;
  const { origin, ...found } = await given(parts);
  const answers = { ...found, ...(pixelUnshuffle !== undefined && { pixelUnshuffle }) };
  let selfTest: readonly SelfTestLevel[] = [];
  const shelf = openShelf(folder, (levels) => (selfTest = levels));
  signal?.addEventListener('abort', () => void shelf.cancel(), { once: true });
  try {
    const look = valueOf(await shelf.look(origin, answers));
    expectNoQuestions(look);
    const words = wordsOf(look, options.words);
    const id = options.id ?? look.id;
    const model = valueOf(await shelf.add(origin, { ...answers, id, words, isTested }, onProgress));
    return { model, findings: look.findings, selfTest };
  } catch (error) {
    throw explained(error);
  }
}

const units = { download: ['MB', 1e6], read: ['MB', 1e6], convert: ['M values', 1e6] } as const;

/** A bar on stderr, one stage after another. */
function progressBar() {
  const bar = new SingleBar({
    format: '{stage} [{bar}] {value}/{total} {unit}, {eta_formatted} left',
    hideCursor: true,
  });
  let shown: string | null = null;
  return {
    show: ({ stage, done, total }: AddModelProgress): void => {
      const [unit, size] = stage === 'test' ? (['calls', 1] as const) : units[stage];
      const value = Math.floor(done / size);
      const end = Math.ceil((total ?? done) / size);
      if (stage !== shown) {
        bar.stop();
        bar.start(end, value, { stage, unit });
      } else bar.update(value, { stage, unit });
      shown = stage;
      bar.setTotal(end);
    },
    end: () => bar.stop(),
  };
}

/** Adds with a bar on stderr; Ctrl+C ends it, and what has been downloaded stays. */
export async function addWithBar(parts: ModelParts, options: AddOptions): Promise<AddedModel> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  const bar = progressBar();
  try {
    return await addModel(parts, { ...options, signal: stop.signal, onProgress: bar.show });
  } finally {
    process.off('SIGINT', interrupt);
    bar.end();
  }
}

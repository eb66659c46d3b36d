/** Adds a published checkpoint as a model folder: checked, described, tested, then copied. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { OrtNetwork } from '../engine/ort-network.js';
import { planarAtSize } from '../image/resize.js';
import { describeModel } from '../shelf/read/describe-model.js';
import type { Identified } from '../shelf/read/identified.js';
import { identify } from '../shelf/read/identify.js';
import { expectNoisePrediction, selfTest } from '../shelf/self-test.js';
import type { SelfTestLevel } from '../shelf/self-test.js';
import { usedData } from '../shelf/read/pass-onnx.js';
import { hashSource, hashWeights } from '../shelf/read/source-file.js';
import type { SourceFile } from '../shelf/read/source-file.js';
import { isPlainName } from '../shelf/read/words.js';
import { RepaintError } from '../protocol/failure.js';
import type { ModelCard } from '../protocol/model-card.js';
import type { ModelFindings, ModelWords } from '../protocol/model-shelf-api.js';
import { UsageError } from './cli-error.js';
import { withSourceFiles } from '../shelf/store/file-source.js';
import type { NamedPath } from '../shelf/store/file-source.js';
import { readPhoto } from './image-files.js';
import { folderNamed, gatherFiles } from './model-files.js';
import type { ModelSources } from './model-files.js';
import { classifierConfigName, createSha256, loadModelFromFolder } from './model-folder.js';
import { openSession } from './node-runtime.js';

const samples = fileURLToPath(new URL('../../assets/samples', import.meta.url));

export interface AddModelOptions {
  /** Where model folders lie. */
  readonly folder: string;
  /** Absent: from the preset or the folder of the file. */
  readonly id?: string | undefined;
  /** What the user says of the model; the rest is guessed. */
  readonly words: { readonly [key in keyof ModelWords]?: string | undefined };
  /** What is known from where it was downloaded. */
  readonly hints?: Partial<ModelWords>;
  /** False accepts a network that fails its self-test. */
  readonly isTested: boolean;
}

export interface AddedModel {
  readonly folder: string;
  readonly card: ModelCard;
  readonly findings: ModelFindings;
  /** Empty when the test was not asked for. */
  readonly selfTest: readonly SelfTestLevel[];
}

/** What can be answered by an option. Throws: UsageError naming it. */
function expectNoQuestions({ questions, weights }: Identified): void {
  const [question] = questions;
  if (!question) return;
  if (question.kind === 'missingFiles') {
    throw new UsageError(
      `${question.names.join(' and ')} must be given too: put it beside ${weights.name}, or name ` +
        'it with --config, --scheduler or --card.',
    );
  }
  const presets = question.presets.map(({ id, title }) => `--preset ${id} (${title})`);
  throw new UsageError(
    `${weights.name} fits several published networks; say which one it is: ${presets.join(', ')}.`,
  );
}

/** The user's words over the guessed ones. */
function wordsOf({ words: guessed }: Identified, { words: said }: AddModelOptions): ModelWords {
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  return { ...guessed, ...Object.fromEntries(given) };
}

/** What a folder needs: the card, the configs, and the files to copy. */
interface PlannedFolder {
  readonly folder: string;
  readonly card: ModelCard;
  readonly findings: ModelFindings;
  readonly json: Readonly<Record<string, unknown>>;
  readonly copied: readonly NamedPath[];
}

/** A folder of that name that is not there yet. Throws: UsageError when it is. */
function newFolder(options: AddModelOptions, id: string): string {
  const folder = path.join(options.folder, id);
  if (!existsSync(folder)) return folder;
  throw new UsageError(`${folder} exists already; choose another --id.`);
}

/** The folder's name, where the file's own says nothing. */
function hintsOf({ file }: ModelSources, { hints }: AddModelOptions): Partial<ModelWords> {
  const folders = path.resolve(folderNamed(file) ?? path.dirname(file)).split(path.sep);
  const folder = folders.filter((name) => !/^unet(_ema)?$/.test(name)).at(-1) ?? '';
  const isPlain = folderNamed(file) !== null || isPlainName(file);
  return { ...(isPlain && folder !== '' && { name: folder }), ...hints };
}

async function describe(identified: Identified, id: string, options: AddModelOptions) {
  const { classifier } = identified;
  const hash = (file: SourceFile) => hashSource(file, { createHasher: createSha256 });
  return describeModel(identified, {
    id,
    words: wordsOf(identified, options),
    checkpoint: await hashWeights(identified, { createHasher: createSha256 }),
    classifierCheckpoint: classifier && (await hash(classifier.weights)),
  });
}

async function planFolder(sources: ModelSources, options: AddModelOptions): Promise<PlannedFolder> {
  const { preset = null, pixelUnshuffle, weights: wish = null } = sources;
  const paths = await gatherFiles(sources);
  return withSourceFiles(paths, async (files) => {
    const identified = await identify(files, preset, {
      words: hintsOf(sources, options),
      weights: wish,
      ...(pixelUnshuffle !== undefined && { pixelUnshuffle }),
    });
    expectNoQuestions(identified);
    const { weights, shards, classifier, config, findings } = identified;
    const id = options.id ?? identified.id;
    const folder = newFolder(options, id);
    const card = await describe(identified, id, options);
    const used = new Set([
      weights,
      ...shards,
      classifier?.weights,
      ...(await usedData(identified)),
    ]);
    return {
      folder,
      card,
      findings,
      json: {
        'card.json': card,
        ...(config !== null && { 'config.json': config }),
        ...(classifier &&
          classifier.config !== null && { [classifierConfigName]: classifier.config }),
      },
      copied: paths.filter((_, i) => used.has(files[i])),
    };
  });
}

async function samplePhotos(side: number) {
  const names = (await readdir(samples)).filter((name) => name.endsWith('.jpg')).sort();
  const photos = await Promise.all(names.map((name) => readPhoto(path.join(samples, name))));
  return photos.map((photo) => planarAtSize(photo, { width: side, height: side }));
}

/** Loads the folder as a fill would, and tests its network on photos. */
async function testFolder(folder: string): Promise<SelfTestLevel[]> {
  const { card, ...graph } = await loadModelFromFolder(folder);
  const network = new OrtNetwork(await openSession(graph));
  try {
    const levels = await selfTest(card, network, await samplePhotos(card.network.nativeSize));
    expectNoisePrediction(levels);
    return levels;
  } finally {
    await network.release();
  }
}

/** Files of an addition that was killed must not get into this one. */
async function fillFolder(folder: string, { json, copied }: PlannedFolder): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { path: from, name = path.basename(from) } of copied) {
    await copyFile(from, path.join(folder, path.basename(name)));
  }
  for (const [name, content] of Object.entries(json)) {
    await writeFile(path.join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what additions that were killed have left of this model. */
async function sweepParts(folder: string): Promise<void> {
  const [parent, base] = [path.dirname(folder), path.basename(folder)];
  const names = existsSync(parent) ? await readdir(parent) : [];
  for (const name of names.filter((text) => text.startsWith(`${base}.`))) {
    const [, pid] = /\.(\d+)\.[0-9a-f]{8}\.part$/.exec(name) ?? [];
    if (!pid || isRunning(Number(pid))) continue;
    await rm(path.join(parent, name), { recursive: true, force: true });
  }
}

/** Two additions of one id: the second finds a folder in its place. */
function taken(folder: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    throw new UsageError(`${folder} was added meanwhile by another command; choose another --id.`);
  };
}

/** A mistake of the caller, as all that is wrong with files someone chose. */
function asUsageError(error: unknown): unknown {
  if (!(error instanceof RepaintError)) return error;
  if (error.code !== 'selfTestFailed') return new UsageError(error.message);
  return new UsageError(`${error.message} --no-self-test accepts it all the same.`);
}

/**
 * Adds a model folder. Nothing is left behind when any check fails.
 * Throws: UsageError with one sentence.
 */
export async function addModel(
  sources: ModelSources,
  options: AddModelOptions,
): Promise<AddedModel> {
  let part: string | null = null;
  try {
    const plan = await planFolder(sources, options);
    await sweepParts(plan.folder);
    part = `${plan.folder}.${process.pid}.${randomUUID().slice(0, 8)}.part`;
    await fillFolder(part, plan);
    const levels = options.isTested ? await testFolder(part) : [];
    await rename(part, plan.folder).catch(taken(plan.folder));
    const { folder, card, findings } = plan;
    return { folder, card, findings, selfTest: levels };
  } catch (error) {
    throw asUsageError(error);
  } finally {
    if (part) await rm(part, { recursive: true, force: true });
  }
}

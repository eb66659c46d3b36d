/** Adds a published checkpoint as a model folder: checked, described, tested, then copied. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession } from 'onnxruntime-node';
import { CheckpointError } from '../checkpoint/checkpoint.js';
import { checkpointGraph } from '../checkpoint/convert.js';
import { describeNetwork, familyOf } from '../checkpoint/describe.js';
import { knownCheckpoints } from '../checkpoint/known-checkpoints.js';
import type { KnownCheckpoint, KnownCheckpointName } from '../checkpoint/known-checkpoints.js';
import { OrtNetwork } from '../engine/ort-network.js';
import { planarAtSize } from '../image/resize.js';
import type { ModelCard } from '../protocol/model-card.js';
import { UsageError } from './cli-error.js';
import { diffusionOf, draftCard } from './draft-card.js';
import { withFileSource } from './file-source.js';
import { readPhoto } from './image-files.js';
import { loadModelFromFolder, readJson, sha256OfFile } from './model-folder.js';
import { selfTest } from './model-self-test.js';
import type { SelfTestLevel } from './model-self-test.js';

const samples = fileURLToPath(new URL('../../assets/samples', import.meta.url));

/** Where the parts of a model come from. */
export interface ModelSources {
  readonly file: string;
  readonly config: string | undefined;
  readonly scheduler: string | undefined;
  readonly preset: KnownCheckpointName | undefined;
  readonly pixelUnshuffle: number;
}

export interface AddModelOptions {
  /** Where model folders lie. */
  readonly folder: string;
  readonly id: string;
  readonly words: {
    readonly name: string | undefined;
    readonly licence: string | undefined;
    readonly trainingData: string | undefined;
  };
  /** False accepts a network that fails its self-test. */
  readonly isTested: boolean;
}

export interface AddedModel {
  readonly folder: string;
  readonly card: ModelCard;
  /** Empty when the test was not asked for. */
  readonly selfTest: readonly SelfTestLevel[];
}

/** Reads a JSON file given by name, or the usual one beside the checkpoint; null when neither. */
async function jsonBeside(file: string, given: string | undefined, usual: string) {
  const beside = path.join(path.dirname(file), usual);
  const name = given ?? (existsSync(beside) ? beside : null);
  return name === null ? null : readJson(name, 'check the name');
}

async function configOf({ file, config, preset }: ModelSources): Promise<unknown> {
  if (preset) return knownCheckpoints[preset].arguments;
  const json = await jsonBeside(file, config, 'config.json');
  if (json !== null) return json;
  throw new UsageError(
    `There is no config.json beside ${file}; give one with --config, or name a --preset.`,
  );
}

/** Builds the graph from the file's table of contents: a wrong config fails here, in a second. */
async function parametersOf(sources: ModelSources, config: unknown): Promise<number> {
  const { file, pixelUnshuffle } = sources;
  const family = familyOf(config);
  const graph = await withFileSource(file, (source) =>
    checkpointGraph({ source, family, config, pixelUnshuffle }),
  );
  return graph.parameterCount;
}

async function describe(sources: ModelSources, config: unknown, options: AddModelOptions) {
  const { file, preset, pixelUnshuffle } = sources;
  const known: KnownCheckpoint | null = preset ? knownCheckpoints[preset] : null;
  const description = describeNetwork(familyOf(config), config, pixelUnshuffle);
  const scheduler = await jsonBeside(file, sources.scheduler, 'scheduler_config.json');
  const diffusion = diffusionOf(description, config, scheduler);
  const { id, words } = options;
  const checkpoint = {
    path: path.basename(file),
    sizeBytes: (await stat(file)).size,
    sha256: await sha256OfFile(file),
    parameters: await parametersOf(sources, config),
  };
  const unknown = 'Not known: ask whoever published the checkpoint.';
  const said = {
    id,
    name: words.name ?? known?.title ?? id,
    licence: words.licence ?? known?.licence ?? unknown,
    trainingData: words.trainingData ?? known?.trainingData ?? unknown,
  };
  return draftCard(said, description, diffusion, checkpoint);
}

async function samplePhotos(side: number) {
  const names = (await readdir(samples)).filter((name) => name.endsWith('.jpg')).sort();
  const photos = await Promise.all(names.map((name) => readPhoto(path.join(samples, name))));
  return photos.map((photo) => planarAtSize(photo, { width: side, height: side }));
}

async function testFolder(folder: string): Promise<SelfTestLevel[]> {
  const { card, onnx, externalData } = await loadModelFromFolder(folder);
  const network = new OrtNetwork(await InferenceSession.create(onnx, { externalData }));
  try {
    return await selfTest(card, network, await samplePhotos(card.network.nativeSize));
  } finally {
    await network.release();
  }
}

function expectNoisePrediction(levels: readonly SelfTestLevel[]): void {
  const failed = levels.find(({ missed, allowed }) => !(missed <= allowed));
  if (!failed) return;
  throw new UsageError(
    `With this config the network misses ${(100 * failed.missed).toFixed(0)} % of the noise on ` +
      `sample photos (timestep ${failed.timestep}), ${100 * failed.allowed} % is allowed; the ` +
      'config is probably wrong (--no-self-test accepts it all the same).',
  );
}

/**
 * Adds a model folder. Nothing is left behind when any check fails.
 * Throws: UsageError or RepaintError with one sentence.
 */
export async function addModel(
  sources: ModelSources,
  options: AddModelOptions,
): Promise<AddedModel> {
  const folder = path.join(options.folder, options.id);
  if (existsSync(folder)) throw new UsageError(`${folder} exists already; choose another --id.`);
  const part = `${folder}.part`;
  try {
    const config = await configOf(sources);
    const card = await describe(sources, config, options);
    await mkdir(part, { recursive: true });
    await copyFile(sources.file, path.join(part, card.checkpoint.path));
    await writeFile(path.join(part, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
    await writeFile(path.join(part, 'card.json'), `${JSON.stringify(card, null, 2)}\n`);
    const levels = options.isTested ? await testFolder(part) : [];
    expectNoisePrediction(levels);
    await rename(part, folder);
    return { folder, card, selfTest: levels };
  } catch (error) {
    if (error instanceof CheckpointError) throw new UsageError(error.message);
    throw error;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

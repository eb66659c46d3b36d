/** A folder of `models/`: a card, a checkpoint and its config, checked and converted. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ExternalFile } from '../checkpoint/onnx/write-model.js';
import { convertModel } from '../shelf/read/convert-model.js';
import type { ConvertibleClassifier, ConvertibleFiles } from '../shelf/read/identified.js';
import type { ModelSink, OnnxFiles } from '../shelf/read/model-sink.js';
import type { Hasher, SourceFile } from '../shelf/read/source-file.js';
import { RepaintError } from '../protocol/failure.js';
import { modelCardSchema } from '../protocol/model-card.js';
import type { ModelCard, ModelFile, ModelManifest } from '../protocol/model-card.js';
import { withSourceFiles } from '../shelf/store/file-source.js';

/** A graph in memory, as a session takes it. */
export interface LoadedGraph {
  readonly onnx: Uint8Array;
  /** Files that the graph refers to, for the session's option of that name. Empty if small. */
  readonly externalData: ExternalFile[];
}

/** A network ready for onnxruntime, and all that its graph cannot say. */
export interface LoadedModel extends LoadedGraph {
  readonly card: ModelCard;
  /** null without one. */
  readonly classifier: LoadedGraph | null;
}

/** What a model folder calls the classifier's own arguments. */
export const classifierConfigName = 'classifier_config.json';

/** SHA-256 by Node. */
export function createSha256(): Hasher {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
}

function missing(file: string, hint: string, cause: unknown): RepaintError {
  return new RepaintError('modelFetch', `Cannot read ${file}; ${hint}.`, { cause });
}

/** Reads a JSON file. Throws: RepaintError with the hint when it cannot be read. */
export async function readJson(file: string, hint: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw missing(file, hint, cause);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RepaintError('modelShape', `${file} is not JSON; restore the file.`, { cause });
  }
}

/** Reads and checks `card.json` of a model folder. Throws: RepaintError naming the wrong field. */
export async function readModelCard(folder: string): Promise<ModelCard> {
  const file = path.join(folder, 'card.json');
  const result = modelCardSchema.safeParse(
    await readJson(file, 'a model folder needs a card.json; see docs/models.md'),
  );
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new RepaintError(
    'modelShape',
    `${file} is not a model card: ${issue!.path.join('.')}: ${issue!.message}.`,
  );
}

/** Hashes a file piece by piece. */
async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

async function verifyFile(folder: string, expected: ModelFile): Promise<string> {
  const file = path.join(folder, expected.path);
  const { size } = await stat(file).catch((cause: unknown) => {
    throw missing(file, 'put the checkpoint that card.json names into the folder', cause);
  });
  if (size !== expected.sizeBytes) {
    throw new RepaintError(
      'modelHash',
      `${file} should have ${expected.sizeBytes} bytes by card.json and has ${size}; ` +
        'fetch the checkpoint again, or correct the card if you changed the weights.',
    );
  }
  const sha256 = await sha256OfFile(file);
  if (sha256 !== expected.sha256) {
    throw new RepaintError(
      'modelHash',
      `${file} has the SHA-256 ${sha256}, card.json expects ${expected.sha256}; ` +
        'fetch the checkpoint again, or correct the card if you changed the weights.',
    );
  }
  return file;
}

/**
 * Checks a model's checkpoint, and its classifier's, against its card.
 * Throws: RepaintError `modelFetch` when one is missing, `modelHash` when size or hash differ.
 */
async function verifyCheckpoint(folder: string, card: ModelCard): Promise<string> {
  if (card.classifier) await verifyFile(folder, card.classifier.checkpoint);
  for (const shard of card.checkpoint.shards ?? []) await verifyFile(folder, shard);
  return verifyFile(folder, card.checkpoint);
}

/** Keeps a model's files in memory. */
class MemorySink implements ModelSink {
  private readonly _pieces = new Map<string, Uint8Array[]>();

  async write(name: string, bytes: Uint8Array, offset: number): Promise<void> {
    if (offset === 0) this._pieces.set(name, [bytes]);
    else this._pieces.get(name)!.push(bytes);
  }

  /** The bytes of a file, handed over: they are not kept. */
  take({ path: name, sizeBytes }: ModelFile): Uint8Array {
    const pieces = this._pieces.get(name) ?? [];
    this._pieces.delete(name);
    if (pieces.length === 1) return pieces[0]!;
    const bytes = new Uint8Array(sizeBytes);
    let offset = 0;
    for (const piece of pieces) {
      bytes.set(piece, offset);
      offset += piece.byteLength;
    }
    return bytes;
  }

  graph({ onnx, externalData }: OnnxFiles): LoadedGraph {
    const beside = externalData.map((file) => ({ path: file.path, data: this.take(file) }));
    return { onnx: this.take(onnx), externalData: beside };
  }
}

async function configIn(folder: string, name: string): Promise<unknown> {
  return readJson(path.join(folder, name), `a checkpoint needs its ${name} beside it`);
}

async function classifierOf(
  folder: string,
  { classifier }: ModelCard,
  weights: SourceFile | undefined,
): Promise<ConvertibleClassifier | null> {
  if (!classifier || !weights) return null;
  const isOnnx = classifier.family === 'onnx';
  const config = isOnnx ? null : await configIn(folder, classifierConfigName);
  return { kind: isOnnx ? 'onnx' : 'checkpoint', weights, config };
}

/** Paths of the network's weights, the classifier's, and whatever else an .onnx may refer to. */
async function weightPaths(folder: string, { checkpoint, classifier, network }: ModelCard) {
  const shards = (checkpoint.shards ?? []).map((shard) => shard.path);
  const named = [checkpoint.path, ...(classifier ? [classifier.checkpoint.path] : []), ...shards];
  const hasGraph = network.family === 'onnx' || classifier?.family === 'onnx';
  const beside = hasGraph ? await readdir(folder) : [];
  const others = beside.filter((name) => !named.includes(name) && !/\.json$/i.test(name));
  return [...named, ...others].map((name) => ({ path: path.join(folder, name) }));
}

async function convertFiles(folder: string, card: ModelCard, sink: ModelSink) {
  const isOnnx = card.network.family === 'onnx';
  const config = isOnnx ? null : await configIn(folder, 'config.json');
  return withSourceFiles(await weightPaths(folder, card), async ([weights, ...others]) => {
    const steering = card.classifier ? others.shift() : undefined;
    const files: ConvertibleFiles = {
      kind: isOnnx ? 'onnx' : 'checkpoint',
      weights: weights!,
      shards: others.slice(0, card.checkpoint.shards?.length ?? 0),
      weightsPath: card.checkpoint.weightsPath ?? '',
      data: others,
      config,
      classifier: await classifierOf(folder, card, steering),
    };
    return convertModel(files, card, sink, { storage: 'asStored', createHasher: createSha256 });
  });
}

/**
 * Verifies the checkpoint of a model of `models/` and hands over its ONNX files.
 * Throws: RepaintError with one sentence: missing file, wrong hash, unusable card or checkpoint.
 */
export async function convertFolder(folder: string, sink: ModelSink): Promise<ModelManifest> {
  const card = await readModelCard(folder);
  const checkpoint = await verifyCheckpoint(folder, card);
  try {
    return await convertFiles(folder, card, sink);
  } catch (cause) {
    if (!(cause instanceof RepaintError) || cause.code !== 'modelUnusable') throw cause;
    throw new RepaintError('modelShape', `${checkpoint}: ${cause.message}`, { cause });
  }
}

/** Loads a model of `models/` into memory. Throws: as `convertFolder`. */
export async function loadModelFromFolder(folder: string): Promise<LoadedModel> {
  const sink = new MemorySink();
  const manifest = await convertFolder(folder, sink);
  const classifier = manifest.classifier && sink.graph(manifest.classifier);
  return { card: manifest.card, ...sink.graph(manifest), classifier };
}

/** A folder of `models/`: a card, a checkpoint and its config, checked and converted. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError } from '../checkpoint/checkpoint.js';
import { convertCheckpoint } from '../checkpoint/convert.js';
import type { ExternalFile } from '../checkpoint/onnx/write-model.js';
import { RepaintError } from '../protocol/failure.js';
import { modelCardSchema } from '../protocol/model-card.js';
import type { ModelCard } from '../protocol/model-card.js';
import { withFileSource } from './file-source.js';

/** A network ready for onnxruntime, and all that its graph cannot say. */
export interface LoadedModel {
  readonly card: ModelCard;
  readonly onnx: Uint8Array;
  /** Files that the graph refers to, for the session's option of that name. Empty if small. */
  readonly externalData: ExternalFile[];
}

/** An ONNX file may have 2 GiB at most: weights of larger checkpoints go beside it. */
const largestInline = 2 ** 30;
const shardBytes = 2 ** 28;

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
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/**
 * Checks a model's checkpoint against its card.
 * Throws: RepaintError `modelFetch` when it is missing, `modelHash` when size or hash differ.
 */
export async function verifyCheckpoint(folder: string, card: ModelCard): Promise<string> {
  const file = path.join(folder, card.checkpoint.path);
  const { size } = await stat(file).catch((cause: unknown) => {
    throw missing(file, 'put the checkpoint that card.json names into the folder', cause);
  });
  if (size !== card.checkpoint.sizeBytes) {
    throw new RepaintError(
      'modelHash',
      `${file} should have ${card.checkpoint.sizeBytes} bytes by card.json and has ${size}; ` +
        'fetch the checkpoint again, or correct the card if you changed the weights.',
    );
  }
  const sha256 = await sha256OfFile(file);
  if (sha256 !== card.checkpoint.sha256) {
    throw new RepaintError(
      'modelHash',
      `${file} has the SHA-256 ${sha256}, card.json expects ${card.checkpoint.sha256}; ` +
        'fetch the checkpoint again, or correct the card if you changed the weights.',
    );
  }
  return file;
}

async function toOnnx(folder: string, checkpoint: string, card: ModelCard): Promise<LoadedModel> {
  const { family, pixelUnshuffle, parameters } = card.network;
  if (family === 'onnx') {
    return { card, onnx: new Uint8Array(await readFile(checkpoint)), externalData: [] };
  }
  const configFile = path.join(folder, 'config.json');
  const config = await readJson(configFile, 'a checkpoint needs its config.json beside it');
  const isLarge = card.checkpoint.sizeBytes > largestInline;
  const result = await withFileSource(checkpoint, (source) =>
    convertCheckpoint({ source, family, config, pixelUnshuffle }, isLarge ? { shardBytes } : {}),
  );
  if (result.parameters === parameters) {
    return { card, onnx: result.onnx, externalData: [...result.externalData] };
  }
  throw new RepaintError(
    'modelShape',
    `${checkpoint} has ${result.parameters} parameters, card.json says ${parameters}; correct the card.`,
  );
}

/**
 * Loads a model of `models/` into memory: verifies the checkpoint, then builds its ONNX graph.
 * Throws: RepaintError with one sentence: missing file, wrong hash, unusable card or checkpoint.
 */
export async function loadModelFromFolder(folder: string): Promise<LoadedModel> {
  const card = await readModelCard(folder);
  const checkpoint = await verifyCheckpoint(folder, card);
  try {
    return await toOnnx(folder, checkpoint, card);
  } catch (cause) {
    if (!(cause instanceof CheckpointError)) throw cause;
    throw new RepaintError('modelShape', `${checkpoint}: ${cause.message}`, { cause });
  }
}

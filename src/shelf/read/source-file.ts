/** A file that is being imported, wherever it lies: on disk, in a drop, behind an address. */
import type { Hasher } from '../store/hasher.js';
import type { ByteSource } from '../../checkpoint/byte-source.js';
import type { ModelFile } from '../../protocol/model-card.js';
import { CheckpointError } from '../../checkpoint/checkpoint.js';
import { parseConfigText } from '../../checkpoint/format/config-text.js';
import { expectNotCancelled, unusable, type CancelSignal } from './unusable.js';

export interface SourceFile {
  /** With its folders, if any; only the last part tells what it is. */
  readonly name: string;
  readonly source: ByteSource;
  /** What it was given as, where its name need not say so. */
  readonly as?: 'config' | 'scheduler' | 'card' | 'classifierConfig' | undefined;
}

/** The part of a name after the last slash. */
export function baseName({ name }: SourceFile): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

/** More than any config or card has, less than would freeze a page. */
const largestJson = 4 * 2 ** 20;

/** Reads a file of settings. Throws: RepaintError modelUnusable when it is none. */
export async function readSettings(file: SourceFile): Promise<unknown> {
  const { sizeBytes } = file.source;
  if (sizeBytes > largestJson) {
    throw unusable(`${file.name} has ${sizeBytes} bytes, too many for a config; leave it out.`);
  }
  const text = new TextDecoder().decode(await file.source.read(0, sizeBytes));
  try {
    return await parseConfigText(text, file.name);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw unusable(error.message, error);
  }
}

const pieceBytes = 8 * 2 ** 20;

/** Reads a file in pieces, in order. Throws: RepaintError modelUnusable when it ends early. */
export async function* readPieces(
  file: SourceFile,
  signal?: CancelSignal,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly offset: number }, void, void> {
  const { sizeBytes } = file.source;
  for (let offset = 0; offset < sizeBytes; offset += pieceBytes) {
    expectNotCancelled(signal);
    const end = Math.min(sizeBytes, offset + pieceBytes);
    const bytes = await file.source.read(offset, end);
    if (bytes.byteLength !== end - offset) {
      throw unusable(`${file.name} ended at ${offset + bytes.byteLength} of ${sizeBytes} bytes.`);
    }
    yield { bytes, offset };
  }
}

export interface HashOptions {
  createHasher(): Hasher;
  /** `done` and `total` are bytes. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: CancelSignal;
}

/**
 * Measures a file and hashes it, piece by piece, as a card names it.
 * Throws: RepaintError cancelled, modelUnusable; what the source throws.
 */
export async function hashSource(file: SourceFile, options: HashOptions): Promise<ModelFile> {
  const { sizeBytes } = file.source;
  const hasher = options.createHasher();
  for await (const { bytes, offset } of readPieces(file, options.signal)) {
    hasher.update(bytes);
    options.onProgress?.(offset + bytes.byteLength, sizeBytes);
  }
  return { path: baseName(file), sizeBytes, sha256: hasher.hex() };
}

/**
 * Hashes weights that may lie in several files. Throws: as `hashSource`.
 */
export async function hashWeights(
  { weights, shards }: { readonly weights: SourceFile; readonly shards: readonly SourceFile[] },
  options: HashOptions,
): Promise<ModelFile & { readonly shards?: ModelFile[] }> {
  const totalBytes = [weights, ...shards].reduce((sum, { source }) => sum + source.sizeBytes, 0);
  const hashed: ModelFile[] = [];
  let before = 0;
  for (const file of [weights, ...shards]) {
    const onProgress = (done: number) => options.onProgress?.(before + done, totalBytes);
    hashed.push(await hashSource(file, { ...options, onProgress }));
    before += file.source.sizeBytes;
  }
  const [first, ...rest] = hashed as [ModelFile, ...ModelFile[]];
  return rest.length > 0 ? { ...first, shards: rest } : first;
}

/** A file that is being imported, wherever it lies: on disk, in a drop, behind an address. */
import type { ByteSource } from '../../checkpoint/byte-source.js';
import type { ModelFile } from '../../protocol/model-card.js';
import { expectNotCancelled, unusable } from './unusable.js';
import type { CancelSignal } from './unusable.js';

export interface SourceFile {
  /** With its folders, if any; only the last part tells what it is. */
  readonly name: string;
  readonly source: ByteSource;
}

/** A SHA-256 of bytes that come piece by piece. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** 64 lower-case hex digits. */
  hex(): string | Promise<string>;
}

/** The part of a name after the last slash. */
export function baseName({ name }: SourceFile): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

/** More than any config or card has, less than would freeze a page. */
const largestJson = 4 * 2 ** 20;

/** Reads a file as JSON. Throws: RepaintError modelUnusable when it is none. */
export async function readJson(file: SourceFile): Promise<unknown> {
  const { sizeBytes } = file.source;
  if (sizeBytes > largestJson) {
    throw unusable(`${file.name} has ${sizeBytes} bytes, too many for a config; leave it out.`);
  }
  const text = new TextDecoder().decode(await file.source.read(0, sizeBytes));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unusable(`${file.name} is not JSON; download it again, or correct it.`, cause);
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
  return { path: baseName(file), sizeBytes, sha256: await hasher.hex() };
}

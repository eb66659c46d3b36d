/** Files for imports: fixtures, made-up ones, and the places they are written to. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceFromBytes } from '../../src/checkpoint/byte-source.js';
import type { ModelSink } from '../../src/shelf/read/model-sink.js';
import type { SourceFile } from '../../src/shelf/read/source-file.js';
import type { Hasher } from '../../src/shelf/store/hasher.js';
import { modelCardSchema, type ModelFile } from '../../src/protocol/model-card.js';
import { modelFolder } from '../checkpoint/fixture-folders.js';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));

export const named = (name: string, bytes: Uint8Array): SourceFile => ({
  name,
  source: sourceFromBytes(bytes),
});
export const text = (name: string, content: string): SourceFile =>
  named(name, new TextEncoder().encode(content));
export const json = (name: string, content: unknown): SourceFile =>
  text(name, JSON.stringify(content));
export const fixture = (name: string, as = path.basename(name)): SourceFile =>
  named(as, new Uint8Array(readFileSync(path.join(fixtures, name))));
/** A file of the model that ships. */
export const shipped = (name: string): SourceFile =>
  named(name, new Uint8Array(readFileSync(path.join(modelFolder('garden-64'), name))));
export const shippedCard = modelCardSchema.parse(
  JSON.parse(readFileSync(path.join(modelFolder('garden-64'), 'card.json'), 'utf8')),
);
export const shippedWeights = 'diffusion_pytorch_model.fp16.safetensors';

export function createHasher(): Hasher {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
}

/** Keeps what is written, and insists on pieces in order. */
export class TestSink implements ModelSink {
  readonly files = new Map<string, Uint8Array>();

  async write(name: string, bytes: Uint8Array, offset: number): Promise<void> {
    const before = offset === 0 ? new Uint8Array() : this.files.get(name)!;
    if (before.length !== offset) throw new Error(`${name}: piece at ${offset}`);
    const joined = new Uint8Array(offset + bytes.length);
    joined.set(before);
    joined.set(bytes, offset);
    this.files.set(name, joined);
  }

  /** Sizes and hashes as Node counts them. */
  described(): ModelFile[] {
    return [...this.files].map(([name, bytes]) => ({
      path: name,
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }));
  }
}

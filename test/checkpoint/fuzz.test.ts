/**
 * Hostile files: damaged checkpoints must be read or refused with one sentence, quickly and within
 * bounds. Any other error, a hang, or a giant read fails.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CheckpointError } from '../../src/checkpoint/checkpoint.js';
import type { ByteSource } from '../../src/checkpoint/byte-source.js';
import { openCheckpoint } from '../../src/checkpoint/format/open-checkpoint.js';
import { mutated } from './mutations.js';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const read = (name: string) => new Uint8Array(readFileSync(path.join(fixtures, name)));

/** Mutations of each file. Set FUZZ for a longer search. */
const count = Number(process.env.FUZZ ?? 700);

/** A source that refuses ranges outside the file, which no reader may ask for. */
function strictSource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: async (start, end) => {
      const isInside = start >= 0 && start <= end && end <= bytes.length;
      if (!isInside) throw new Error(`read [${start}, ${end}) of ${bytes.length} bytes`);
      return bytes.slice(start, end);
    },
  };
}

/** Opens a file and reads its smaller tensors. Returns the refusal's sentence, or null. */
async function outcome(bytes: Uint8Array): Promise<string | null> {
  try {
    const checkpoint = await openCheckpoint(strictSource(bytes));
    for (const tensor of checkpoint.values()) {
      const values = await tensor.values();
      expect(values.length).toBeLessThanOrEqual(bytes.length);
    }
    return null;
  } catch (error) {
    if (error instanceof CheckpointError) return error.message;
    throw error;
  }
}

const safetensors = read('hf/unet2d/resnet-resampling/io.safetensors');
const zip = read('adm-unet/class-cond-1000/checkpoint.pt');
const legacy = read('adm-unet/class-cond-1000/checkpoint-legacy.pt');

const files: readonly (readonly [string, Uint8Array, readonly (readonly [number, number])[]])[] = [
  ['a safetensors file', safetensors, [[0, 700]]],
  // The pickle comes first; the last 14 KB hold the zip directory.
  [
    'a PyTorch archive',
    zip,
    [
      [0, 12_000],
      [zip.length - 14_000, zip.length],
    ],
  ],
  ['a PyTorch stream', legacy, [[0, 14_000]]],
];

describe.each(files)('damaged copies of %s', (_, file, hot) => {
  it('are read as they are when not damaged', async () => {
    expect(await outcome(file)).toBeNull();
  });

  it(`are read or refused with one sentence, ${count} times`, { timeout: 600_000 }, async () => {
    let refused = 0;
    let slowestMs = 0;
    for (let seed = 0; seed < count; seed++) {
      const start = performance.now();
      const sentence = await outcome(mutated(file, seed, hot));
      slowestMs = Math.max(slowestMs, performance.now() - start);
      if (sentence === null) continue;
      refused++;
      expect(sentence).toMatch(/^This .{10,400}\.$/s);
    }
    // Damage to structure is noticed; damage to weights cannot be.
    expect(refused).toBeGreaterThan(count / 4);
    // A whole read of these 1.4 MB files takes 20 ms; a hang would take for ever.
    expect(slowestMs).toBeLessThan(5000);
  });
});

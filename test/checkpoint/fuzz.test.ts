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
import { expectSentences, mutationCount } from './mutations.js';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const read = (name: string) => new Uint8Array(readFileSync(path.join(fixtures, name)));

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

  it(`are read or refused with one sentence, ${mutationCount} times`, { timeout: 600_000 }, () =>
    // A whole read of these 1.4 MB files takes 20 ms.
    expectSentences(file, hot, outcome, { sentence: /^This .{10,400}\.$/s, allowedMs: 5000 }),
  );
});

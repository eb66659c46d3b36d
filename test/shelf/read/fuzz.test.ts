/**
 * Hostile .onnx files: damaged graphs must be read or refused with one sentence, quickly and within
 * bounds. Any other error, a hang, or a giant read fails.
 */
import { describe, expect, it } from 'vitest';
import { tinyUNet } from '../../../src/checkpoint/tiny-unet.js';
import { identify } from '../../../src/shelf/read/identify.js';
import { RepaintError } from '../../../src/protocol/failure.js';
import { expectSentences, mutationCount } from '../../checkpoint/mutations.js';
import { named } from '../files.js';

/** Identifies a graph. Returns the refusal's sentence, or null. */
async function outcome(bytes: Uint8Array): Promise<string | null> {
  try {
    await identify([named('net.onnx', bytes)], null);
    return null;
  } catch (error) {
    if (error instanceof RepaintError && error.code === 'modelUnusable') return error.message;
    throw error;
  }
}

const file = await tinyUNet(1, { classes: 3, hasAttention: true });
/** Nodes come first, then weights; inputs and outputs last. */
const hot = [
  [0, 6000],
  [file.length - 400, file.length],
] as const;

describe('damaged copies of an .onnx', () => {
  it('are read as they are when not damaged', async () => {
    expect(await outcome(file)).toBeNull();
  });

  it(`are read or refused with one sentence, ${mutationCount} times`, { timeout: 600_000 }, () =>
    // A whole read of this file takes under a millisecond.
    expectSentences(file, hot, outcome, {
      sentence: /^net\.onnx:? .{10,500}\.$/s,
      allowedMs: 2000,
    }),
  );
});

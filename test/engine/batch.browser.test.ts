import { describe, expect, test } from 'vitest';
import type { StateSetup } from '../../src/engine/state-setup.js';
import type { WebRuntime } from '../../src/engine/web-runtime.js';
import { batchSetup, largestDifference, walked } from './batch-walk.js';
import { gpuAdapterName, report, shippedModel } from './browser-setup.js';
import { loadRuntime } from './load-runtime.js';
import { serveTinyModel } from './tiny-model.js';

const seeds = [11, 12];

async function walk(runtime: WebRuntime, setup: StateSetup): Promise<Float32Array> {
  return walked(await runtime.createState(setup), runtime.card);
}

/** The largest difference of a fill in a batch to the same fill alone. */
async function batchDifference(runtime: WebRuntime, side: number): Promise<number> {
  const { card } = runtime;
  const batch = await walk(runtime, batchSetup(card, seeds, side));
  const alone: Float32Array[] = [];
  for (const seed of seeds) alone.push(await walk(runtime, batchSetup(card, [seed], side)));
  expect(alone[0]).not.toEqual(alone[1]);
  const difference = largestDifference(batch, alone);
  report(`batch of ${seeds.length} on ${runtime.device.adapter || 'wasm'}: ${difference}`);
  return difference;
}

test.skipIf(!shippedModel)(
  'fill k of a batch equals fill k alone: the shipped model on WebAssembly, bit for bit',
  async () => {
    const runtime = await loadRuntime(shippedModel!.manifestUrl, { backend: 'wasm' });
    expect(await batchDifference(runtime, 32)).toBe(0);
    await runtime.release();
  },
);

describe.skipIf(!gpuAdapterName)(`on WebGPU (${gpuAdapterName})`, () => {
  test('fill k of a batch equals fill k alone', async () => {
    const runtime = await loadRuntime(await serveTinyModel(), { backend: 'webgpu' });
    // A GPU may sum in another order for another batch: 1e-5 a call, guided, over 10 steps.
    const bar = gpuAdapterName?.includes('swiftshader') ? 0 : 1e-3;
    expect(await batchDifference(runtime, 16)).toBeLessThanOrEqual(bar);
    await runtime.release();
  });
});

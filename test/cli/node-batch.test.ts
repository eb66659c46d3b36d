import { afterAll, beforeAll, expect, test } from 'vitest';
import { openNodeRuntime, type NodeRuntime } from '../../src/cli/node-runtime.js';
import { batchSetup, largestDifference, walked } from '../engine/batch-walk.js';

let runtime: NodeRuntime;
beforeAll(async () => {
  runtime = await openNodeRuntime('garden-64', 2);
});
afterAll(() => runtime.release());

async function walk(walkedSeeds: readonly number[], side: number): Promise<Float32Array> {
  const fills = walkedSeeds.length;
  const place = { level: 0, fill: 0, group: { fill: 0, fills, batches: [fills] } };
  const setup = { ...batchSetup(runtime.card, walkedSeeds, side), place };
  return walked(await runtime.createState(setup), runtime.card);
}

test.each([
  [32, [11, 12, 13]],
  [64, [11, 12]],
])(
  'fill k of a batch equals fill k alone at %i px: the shipped model in Node',
  async (side, seeds) => {
    const batch = await walk(seeds, side);
    const alone: Float32Array[] = [];
    for (const seed of seeds) alone.push(await walk([seed], side));
    expect(alone[0]).not.toEqual(alone[1]);
    expect(largestDifference(batch, alone)).toBe(0);
  },
);

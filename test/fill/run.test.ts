/** Plans and runs with networks that need no weights, over the real CPU state. */
import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { CpuSamplerState } from '../../src/core/cpu-state.js';
import { createDiffusion } from '../../src/core/diffusion.js';
import type { Network, NetworkCall } from '../../src/core/network.js';
import { planFill } from '../../src/fill/plan.js';
import { contextRequest } from '../../src/fill/request.js';
import { runFill, type FillEvent } from '../../src/fill/run.js';
import type { FillRuntime } from '../../src/fill/runtime.js';
import { flatten } from '../../src/image/composite.js';
import { coverageBounds } from '../../src/image/coverage.js';
import type { Coverage, RgbaImage } from '../../src/image/raster.js';
import type { FillSettings } from '../../src/protocol/fill.js';
import { modelCardSchema } from '../../src/protocol/model-card.js';
import { presets } from '../../src/protocol/presets.js';

const cardFile = new URL('../../models/garden-64/card.json', import.meta.url);
const card = modelCardSchema.parse(JSON.parse(readFileSync(cardFile, 'utf8')));
const size = { width: 120, height: 100 };
const grey = 40;

const picture: RgbaImage = {
  ...size,
  data: Uint8ClampedArray.from({ length: 4 * size.width * size.height }, (_, i) =>
    i % 4 === 3 ? 255 : grey,
  ),
};

function boxSelection(x: number, y: number, width: number, height: number): Coverage {
  const data = new Uint8Array(size.width * size.height);
  for (let v = y; v < y + height; v++)
    data.fill(255, v * size.width + x, v * size.width + x + width);
  return { ...size, data };
}

const selection = boxSelection(40, 30, 30, 36);

/**
 * The ideal denoiser of a set of one image, all of one grey: x0 is that grey whatever x_t is, so
 * v = (sqrt(A) x_t - x0) / sqrt(1 - A).
 */
class GreyNetwork implements Network {
  calls = 0;
  private readonly alphas = createDiffusion(card.diffusion).alphasCumprod;

  predict({ xt, timestep }: NetworkCall): Promise<Float32Array> {
    this.calls++;
    const alpha = this.alphas[timestep];
    const x0 = grey / 127.5 - 1;
    return Promise.resolve(xt.map((x) => (Math.sqrt(alpha) * x - x0) / Math.sqrt(1 - alpha)));
  }
}

function runtime(network: Network): FillRuntime {
  return { card, createState: async (setup) => new CpuSamplerState({ ...setup, network }) };
}

function request(
  seeds: readonly number[],
  settings: FillSettings = presets.draft,
  area = selection,
) {
  const plan = planFill({ imageSize: size, maskBounds: coverageBounds(area)!, card, settings });
  return contextRequest({ jobId: 'job', plan, settings, picture, selection: area, seeds });
}

async function collect(events: AsyncIterable<FillEvent>): Promise<FillEvent[]> {
  const all: FillEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function layersOf(seeds: readonly number[], network: Network): Promise<RgbaImage[]> {
  const events = await collect(runFill(request(seeds), runtime(network)));
  return events.flatMap((event) => (event.kind === 'filled' ? [event.layer] : []));
}

/** Predicts nothing of use: fills then differ by their noise. */
const noisy: Network = { predict: ({ xt }) => Promise.resolve(xt.map((x) => 0.3 * x)) };

describe('a plan', () => {
  test('counts what the run then makes, level by level', async () => {
    const network = new GreyNetwork();
    const asked = request([1, 2]);
    const events = await collect(runFill(asked, runtime(network)));
    const calls = events.flatMap((event) => (event.kind === 'call' ? [event] : []));
    expect(network.calls).toBe(2 * asked.plan.nfe);
    expect(calls.at(-1)).toMatchObject({ nfe: 2 * asked.plan.nfe, nfeTotal: 2 * asked.plan.nfe });
    calls.forEach((event, k) => expect(event.nfe).toBe(k + 1));
    asked.plan.levels.forEach((level, k) =>
      expect(calls.filter((event) => event.level === k)).toHaveLength(2 * level.nfe),
    );
  });

  test('counts both calls of a guided step', () => {
    const { plan } = request([1]);
    const guided = request([1], { ...presets.draft, classLabel: 4, guidanceScale: 3 });
    expect(guided.plan.nfe).toBe(2 * plan.nfe);
    expect(request([1], { ...presets.draft, classLabel: 4, guidanceScale: 1 }).plan.nfe).toBe(
      plan.nfe,
    );
    expect(() => request([1], { ...presets.draft, classLabel: 77 })).toThrow(/no class/);
  });

  test('has the paper’s 2,410 calls at the first level of its preset', () => {
    expect(request([1], presets.paper).plan.levels[0].nfe).toBe(2410);
    expect(request([1], { ...presets.paper, refine: [] }).plan.levels).toHaveLength(1);
  });
});

describe('a fill', () => {
  test('of a grey picture by a network that knows that grey is that grey', async () => {
    const [layer] = await layersOf([5], new GreyNetwork());
    const flat = flatten(picture, layer, 40, 30);
    // v is divided by sqrt(1 - A), small at the last labels: float32 leaves less than a level.
    flat.data.forEach((value, i) =>
      expect(Math.abs(value - picture.data[i])).toBeLessThanOrEqual(1),
    );
  });

  test('is cut to the selection and lies where it was drawn', async () => {
    const asked = request([5]);
    expect(asked.plan.maskBounds).toEqual({ x: 40, y: 30, width: 30, height: 36 });
    const [layer] = await layersOf([5], noisy);
    expect([layer.width, layer.height]).toEqual([30, 36]);
    expect(layer.data[4 * (18 * 30 + 15) + 3]).toBe(255);
  });

  test('is the same for the same seed, alone or among others', async () => {
    const [first, second] = await layersOf([5, 6], noisy);
    expect((await layersOf([6], noisy))[0]).toEqual(second);
    expect(first.data).not.toEqual(second.data);
  });

  test('stops calling when nobody pulls', async () => {
    const network = new GreyNetwork();
    for await (const event of runFill(request([1]), runtime(network))) {
      if (event.kind === 'call' && event.nfe === 10) break;
    }
    expect(network.calls).toBe(10);
  });

  test('shows the picture around the region in its preview', async () => {
    for await (const event of runFill(request([1]), runtime(noisy))) {
      if (event.kind !== 'call') continue;
      const preview = await event.preview();
      expect(preview.data[0]).toBe(grey);
      break;
    }
  });

  test('of another size than planned is refused in one sentence', async () => {
    const asked = { ...request([1]), source: picture };
    await expect(collect(runFill(asked, runtime(noisy)))).rejects.toThrow(/must be the context's/);
  });
});

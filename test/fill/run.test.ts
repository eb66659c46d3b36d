/** Plans and runs with networks that need no weights, over the real CPU state. */
import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { CpuSamplerState } from '../../src/core/cpu-state.js';
import { createDiffusion } from '../../src/core/diffusion.js';
import type { Network, NetworkCall } from '../../src/core/network.js';
import { planFill } from '../../src/fill/plan.js';
import { contextRequest } from '../../src/fill/request.js';
import { runFill, type FillEvent } from '../../src/fill/run.js';
import type { FillRuntime, LevelSetup } from '../../src/fill/runtime.js';
import { flatten } from '../../src/image/composite.js';
import { coverageBounds, growCoverage } from '../../src/image/coverage.js';
import { cropRgba } from '../../src/image/planar.js';
import type { Coverage, RgbaImage } from '../../src/image/raster.js';
import { planarAtSize } from '../../src/image/resize.js';
import { RepaintError } from '../../src/protocol/failure.js';
import type { BatchQuestion, FillSettings } from '../../src/protocol/fill.js';
import { modelCardSchema } from '../../src/protocol/model-card.js';
import { presets } from '../../src/protocol/presets.js';

/** A model's fills; what the photo makes has tests of its own. */
const modelDraft: FillSettings = { ...presets.draft, prior: 'model' };
const modelPaper: FillSettings = { ...presets.best, prior: 'model' };

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
  private readonly _alphas = createDiffusion(card.diffusion).alphasCumprod;

  predict({ xt, timestep }: NetworkCall): Promise<Float32Array> {
    this.calls++;
    const alpha = this._alphas[timestep];
    const x0 = grey / 127.5 - 1;
    return Promise.resolve(xt.map((x) => (Math.sqrt(alpha) * x - x0) / Math.sqrt(1 - alpha)));
  }
}

/** Makes fills one by one. */
const alone = () => Promise.resolve(1);

function runtime(network: Network, chooseBatch: FillRuntime['chooseBatch'] = alone): FillRuntime {
  const createState = async (setup: LevelSetup) => new CpuSamplerState({ ...setup, network });
  const rejectBatch = () => Promise.resolve();
  return { card, chooseBatch, rejectBatch, createState };
}

function request(
  seeds: readonly number[],
  settings: FillSettings = modelDraft,
  area = selection,
  model = card,
) {
  const grown = growCoverage(area, settings.growPx);
  const maskBounds = coverageBounds(grown)!;
  const plan = planFill({ imageSize: size, maskBounds, card: model, settings });
  return contextRequest({ jobId: 'job', plan, settings, picture, selection: grown, seeds });
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

/** A picture that differs at every pixel: a slope each way, so that nothing can be misplaced unseen. */
const slopes: RgbaImage = {
  ...size,
  data: picture.data.map((_, i) => {
    const [x, y] = [(i >> 2) % size.width, Math.floor((i >> 2) / size.width)];
    return [10 + 2 * x, 10 + 2 * y, 100 + x - y, 255][i % 4];
  }),
};

/** Knows the picture it is to continue, at any size: the ideal denoiser of a set of that image. */
class PictureNetwork implements Network {
  private readonly _alphas = createDiffusion(card.diffusion).alphasCumprod;

  constructor(private readonly _source: RgbaImage) {}

  predict({ xt, shape, timestep }: NetworkCall): Promise<Float32Array> {
    const [, , height, width] = shape;
    const { data: x0 } = planarAtSize(this._source, { width, height });
    const alpha = this._alphas[timestep];
    return Promise.resolve(xt.map((x, i) => (Math.sqrt(alpha) * x - x0[i]) / Math.sqrt(1 - alpha)));
  }
}

/** Records how each level is set up, and from which image it starts. */
function recorded(network: Network) {
  const setups: LevelSetup[] = [];
  const starts: (Float32Array | null)[] = [];
  const spied: FillRuntime = {
    ...runtime(network),
    createState: async (setup) => {
      setups.push(setup);
      starts.push(null);
      const state = new CpuSamplerState({ ...setup, network });
      const { startFrom } = state;
      state.startFrom = (x0, step) => {
        starts[starts.length - 1] = x0.slice();
        return startFrom.call(state, x0, step);
      };
      return state;
    },
  };
  return { setups, starts, spied };
}

test("a card's own spacing and convention are walked, where it says any", async () => {
  const told: number[] = [];
  const network = new GreyNetwork();
  const listening: Network = {
    predict: (call) => {
      told.push(call.timestep);
      return network.predict(call);
    },
  };
  const diffusion = { ...card.diffusion, timestepSpacing: 'leading', convention: 'diffusers' };
  const leading = modelCardSchema.parse({ ...card, diffusion });
  const settings = { ...modelDraft, coarse: { ...modelDraft.coarse, numInferenceSteps: 10 } };
  const asked = request([1], settings, selection, leading);
  await collect(runFill(asked, { ...runtime(listening), card: leading }));
  const coarse = told.slice(0, asked.plan.levels[0].nfe);
  // 999 and 0 with 111 between them by the paper's spacing.
  expect([...new Set(coarse)]).toEqual([900, 800, 700, 600, 500, 400, 300, 200, 100, 0]);
  // That library's step from timestep 0 draws no noise, and the tables are float32.
  const { posteriorLogVarianceClipped: variance } = createDiffusion(leading.diffusion, [0, 100]);
  expect(variance[0]).toBeCloseTo(Math.log(1e-20), 6);
});

describe('what is drawn', () => {
  const area = boxSelection(50, 20, 24, 44);
  const settings = { ...modelDraft, featherPx: 0, growPx: 3 };
  const asked = { ...request([3], settings, area) };
  const sloped = { ...asked, source: cropRgba(slopes, asked.plan.contextBounds) };

  test('lies on the pixel it belongs to, in every channel', async () => {
    const network = new PictureNetwork(sloped.source);
    const events = await collect(runFill(sloped, runtime(network)));
    const filled = events.find((event) => event.kind === 'filled')!;
    if (filled.kind !== 'filled') return;
    const { layer } = filled;
    // The layer begins three pixels before the area at (50, 20): it is grown.
    for (let y = 3; y < layer.height - 3; y++) {
      for (let x = 3; x < layer.width - 3; x++) {
        const expected = [10 + 2 * (47 + x), 10 + 2 * (17 + y), 100 + 30 + x - y, 255];
        const at = 4 * (y * layer.width + x);
        // Two levels a pixel: a shift of two pixels would be four.
        expected.forEach((value, c) =>
          expect(Math.abs(layer.data[at + c] - value)).toBeLessThanOrEqual(3),
        );
      }
    }
  });

  test('is generated beyond the selection by growPx, each level with noise of its own', async () => {
    const { setups, spied } = recorded(new PictureNetwork(sloped.source));
    await collect(runFill(sloped, spied));
    expect(setups.map(({ noise }) => noise.level)).toEqual(sloped.plan.levels.map((_, k) => k));
    const [{ shape, pixels }] = setups;
    const [, , height, width] = shape;
    const { contextBounds } = sloped.plan;
    const column = (x: number) => Math.floor(((x - contextBounds.x) * width) / contextBounds.width);
    const middle = Math.floor(height / 2) * width;
    // Grown from x = 50 to 47, and from 74 to 77: unknown there, known two network pixels on.
    expect(pixels.keepMask[middle + column(48)]).toBe(0);
    expect(pixels.keepMask[middle + column(76)]).toBe(0);
    expect(pixels.keepMask[middle + column(47) - 2]).toBe(1);
    expect(pixels.keepMask[middle + column(77) + 2]).toBe(1);
  });

  test('at a finer level starts from the coarser result', async () => {
    const { starts, spied } = recorded(new PictureNetwork(sloped.source));
    await collect(runFill(sloped, spied));
    expect(starts[0]).toBeNull();
    const { data } = planarAtSize(sloped.source, sloped.plan.levels[1]);
    const errors = Array.from(starts[1]!, (value, i) => Math.abs(value - data[i]));
    // The coarser level has the picture; enlarged it is within three levels of 255 of it.
    expect(Math.max(...errors)).toBeLessThan(0.024);
  });

  test('has its colours fitted to the picture at the edge', async () => {
    // A network that sees everything a little brighter than it is.
    const shift = 0.1;
    const brighter: RgbaImage = {
      ...sloped.source,
      data: sloped.source.data.map((value, i) => (i % 4 === 3 ? 255 : value + shift * 127.5)),
    };
    const events = await collect(runFill(sloped, runtime(new PictureNetwork(brighter))));
    const filled = events.find((event) => event.kind === 'filled')!;
    if (filled.kind !== 'filled') return;
    const { layer } = filled;
    const row = 4 * 20 * layer.width;
    // 13 levels of shift: next to nothing is left at the rim, part of it in the middle.
    expect(layer.data[row + 4] - (10 + 2 * 48)).toBeLessThan(6);
    expect(layer.data[row + 4 * 15] - (10 + 2 * 62)).toBeGreaterThanOrEqual(1);
  });
});

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
    const guided = request([1], { ...modelDraft, classLabel: 4, guidanceScale: 3 });
    expect(guided.plan.nfe).toBe(2 * plan.nfe);
    expect(request([1], { ...modelDraft, classLabel: 4, guidanceScale: 1 }).plan.nfe).toBe(
      plan.nfe,
    );
    expect(() => request([1], { ...modelDraft, classLabel: 77 })).toThrow(/no class/);
  });

  test('has the paper’s 2,410 calls at the first level of its preset', () => {
    expect(request([1], modelPaper).plan.levels[0].nfe).toBe(2410);
    expect(request([1], { ...modelPaper, refine: [] }).plan.levels).toHaveLength(1);
  });
});

describe('a fill', () => {
  test('of a grey picture by a network that knows that grey is that grey', async () => {
    const [layer] = await layersOf([5], new GreyNetwork());
    const flat = flatten(picture, layer, { x: 36, y: 26 });
    // v is divided by sqrt(1 - A), small at the last labels: float32 leaves less than a level.
    flat.data.forEach((value, i) =>
      expect(Math.abs(value - picture.data[i])).toBeLessThanOrEqual(1),
    );
  });

  test('is cut to the selection and lies where it was drawn', async () => {
    const asked = request([5]);
    expect(asked.plan.maskBounds).toEqual({ x: 36, y: 26, width: 38, height: 44 });
    const [layer] = await layersOf([5], noisy);
    expect([layer.width, layer.height]).toEqual([38, 44]);
    // Grown by 4 and faded in over 4: all of what was drawn is opaque, and the grown rim is not.
    const alpha = (x: number, y: number) => layer.data[4 * (y * 38 + x) + 3];
    expect([alpha(4, 4), alpha(33, 39), alpha(19, 22)]).toEqual([255, 255, 255]);
    expect([alpha(0, 20), alpha(37, 20)]).toEqual([32, 32]);
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
      const [preview] = await event.preview();
      expect(preview.data[0]).toBe(grey);
      break;
    }
  });

  test('of another size than planned is refused in one sentence', async () => {
    const asked = { ...request([1]), source: picture };
    await expect(collect(runFill(asked, runtime(noisy)))).rejects.toThrow(/must be the context's/);
  });
});

describe('fills made at once', () => {
  const seeds = [5, 6, 7];
  const walk = { ...modelDraft.coarse, numInferenceSteps: 8, jumpLength: 2, resamplings: 2 };
  const short = { ...modelDraft, coarse: walk, refine: [{ ...walk, startTimestep: 500 }] };
  /** Of two levels. */
  const two = (wanted: readonly number[], settings: FillSettings = short) =>
    request(wanted, settings, boxSelection(50, 20, 24, 44));
  const coarse = two(seeds).plan.levels[0].width;

  /** Fills are told apart by their noise; batches as the level's width says. */
  async function layers(
    seeds: readonly number[],
    batchOf: (width: number) => number,
    network: Network = noisy,
  ) {
    const rejected: [width: number, images: number][] = [];
    const spied: FillRuntime = {
      ...runtime(network, ({ shape }) => Promise.resolve(batchOf(shape[3]))),
      rejectBatch: async ({ shape }, images) => void rejected.push([shape[3], images]),
    };
    const events = await collect(runFill(two(seeds), spied));
    const filled = events.flatMap((event) => (event.kind === 'filled' ? [event] : []));
    return { events, filled, rejected };
  }
  test('equal each fill alone, bit for bit, where the network treats images alike', async () => {
    const one = await layers(seeds, () => 1);
    expect(one.filled.map(({ fill, seed }) => [fill, seed])).toEqual([
      [0, 5],
      [1, 6],
      [2, 7],
    ]);
    for (const batchOf of [() => 3, () => 2, (width: number) => (width === coarse ? 3 : 1)]) {
      expect((await layers(seeds, batchOf)).filled).toEqual(one.filled);
    }
  });

  test('count one call for each image, up to the same total', async () => {
    const { events } = await layers(seeds, (width) => (width === coarse ? 3 : 2));
    const calls = events.flatMap((event) => (event.kind === 'call' ? [event] : []));
    const total = 3 * two(seeds).plan.nfe;
    let before = 0;
    for (const { nfe, batch, callsLeft, nfeTotal } of calls) {
      expect(nfe - before).toBe(batch);
      before = nfe;
      expect(nfe + callsLeft.reduce((a, b) => a + b)).toBe(total);
      expect(nfeTotal).toBe(total);
    }
    expect(before).toBe(total);
    expect(calls.map(({ batch }) => batch).filter((n, k, all) => n !== all[k - 1])).toEqual([
      3, 2, 1,
    ]);
    expect(await calls[0].preview()).toHaveLength(3);
  });

  test('that run out of memory go on one by one, and nothing is lost', async () => {
    const expected = await layers(seeds, () => 1);
    let refused = 0;
    const small: Network = {
      predict: (call) => {
        if (call.shape[0] === 1 || call.shape[3] === coarse) return noisy.predict(call);
        if (++refused < 3) return noisy.predict(call);
        return Promise.reject(new RepaintError('outOfMemory', 'no room'));
      },
    };
    const { events, filled, rejected } = await layers(seeds, () => 3, small);
    expect(rejected).toEqual([[2 * coarse, 3]]);
    expect(refused).toBe(3);
    expect(filled).toEqual(expected.filled);
    expect(events.at(-2)).toMatchObject({ batch: 1, nfe: 3 * two(seeds).plan.nfe });
  });

  test('end the request when one image alone has no room', async () => {
    const none: Network = {
      predict: () => Promise.reject(new RepaintError('outOfMemory', 'no room')),
    };
    await expect(layers(seeds, () => 3, none)).rejects.toMatchObject({ code: 'outOfMemory' });
  });

  test('are asked for with what is planned, and never more than are wanted', async () => {
    const asked: BatchQuestion[] = [];
    const spied = runtime(noisy, (question) => {
      asked.push(question);
      return Promise.resolve(8);
    });
    const guided = { ...short, classLabel: 4, guidanceScale: 3 };
    const wanted = two([1, 2], guided);
    const walked = runFill(wanted, spied);
    const first = await walked.next();
    expect(first.value).toMatchObject({ kind: 'call', batch: 2, nfe: 4 });
    expect(asked).toEqual(
      wanted.plan.levels.map(({ width, height, nfe }) => ({
        shape: [1, 3, height, width],
        callsPerStep: 2,
        fills: 2,
        nfe: 2 * nfe,
      })),
    );
  });
});

describe('what is transparent', () => {
  /** Black where nobody sees it: the left half, and the colour a file keeps there. */
  const cutOut: RgbaImage = {
    ...size,
    data: picture.data.map((value, i) => {
      const isSeen = (i >> 2) % size.width >= 55;
      return isSeen ? value : 0;
    }),
  };
  const asked = (settings: FillSettings) => {
    const base = request([5], settings);
    return { ...base, source: cropRgba(cutOut, base.plan.contextBounds) };
  };
  async function layerOf(settings: FillSettings) {
    const events = await collect(runFill(asked(settings), runtime(new GreyNetwork())));
    return events.flatMap((event) => (event.kind === 'filled' ? [event.layer] : []))[0];
  }

  test('is neither seen nor filled, and what is opaque is continued from opaque pixels', async () => {
    const { setups, spied } = recorded(new GreyNetwork());
    const wanted = asked(modelDraft);
    await collect(runFill(wanted, spied));
    const { known, keepMask } = setups[0].pixels;
    // Everything that is kept is the grey of what is opaque: none of it is black.
    keepMask.forEach((keep, i) => keep === 1 && expect(known[i]).toBeCloseTo(grey / 127.5 - 1, 4));
    expect(keepMask).toContain(1);
    const { width, height, data } = await layerOf(modelDraft);
    const { x } = wanted.plan.maskBounds;
    for (let i = 0; i < width * height; i++) {
      if (x + (i % width) < 55) expect(data[4 * i + 3]).toBe(0);
      else expect(Math.abs(data[4 * i] - grey)).toBeLessThanOrEqual(1);
    }
    expect(data[4 * (20 * width + 25) + 3]).toBe(255);
  });

  test('is filled when that is asked for', async () => {
    const { width, data } = await layerOf({ ...modelDraft, fillTransparent: true });
    expect(data[4 * (20 * width + 8) + 3]).toBe(255);
  });

  test('leaves nothing to fill, or nothing to continue from, in one sentence', async () => {
    const wanted = request([5]);
    const clear = { ...wanted.source, data: wanted.source.data.map(() => 0) };
    const run = (settings: FillSettings) =>
      collect(runFill({ ...wanted, settings, source: clear }, runtime(noisy)));
    await expect(run(modelDraft)).rejects.toThrow(/wholly on transparent pixels/);
    await expect(run({ ...modelDraft, fillTransparent: true })).rejects.toThrow(
      /nothing opaque lies around/,
    );
  });
});

test('a grey photo stays grey, whatever colours the network makes', async () => {
  const colours: Network = {
    predict: ({ xt }) => Promise.resolve(xt.map((x, i) => 0.3 * x + ((i * 7) % 11) / 20)),
  };
  const [layer] = await layersOf([5], colours);
  const chroma = (data: Uint8ClampedArray, i: number) =>
    Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]);
  for (let i = 0; i < layer.data.length; i += 4) expect(chroma(layer.data, i)).toBe(0);
  const tinted = request([5]);
  const source = { ...tinted.source, data: tinted.source.data.map((v, i) => (i % 4 ? v : v + 9)) };
  const events = await collect(runFill({ ...tinted, source }, runtime(colours)));
  const coloured = events.flatMap((event) => (event.kind === 'filled' ? [event.layer] : []))[0];
  expect(coloured.data.some((_, i) => i % 4 === 0 && chroma(coloured.data, i) > 8)).toBe(true);
});

/** The photo's loops on WebGPU against those on WebAssembly. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PhiloxNoise } from '../../../src/core/noise.js';
import { requestGpu } from '../../../src/engine/gpu-device.js';
import { GpuPriorKernels, type LoopLimits } from '../../../src/engine/gpu/gpu-prior-kernels.js';
import { runFill, type FillEvent } from '../../../src/fill/run.js';
import { photoRuntime, withKernels } from '../../../src/fill/runtime.js';
import { agreesWithWasm } from '../../../src/prior/kernels-check.js';
import type {
  CoherentLayout,
  CoherentLoops,
  ExactLoops,
  PriorKernels,
} from '../../../src/prior/prior-kernels.js';
import { wasmKernels } from '../../../src/prior/wasm-kernels.js';
import type { FillSnapshot } from '../../../src/protocol/fill.js';
import { smallRequest, smallSettings } from '../../worker/small-request.js';
import { gpuAdapterName, report } from '../browser-setup.js';
import { maxDifference } from '../max-difference.js';

const radius = 3;
const picture = { width: 46, height: 38 };
const window = { width: 30, height: 26 };

function noise(seed: number, length: number): Float32Array {
  const out = new Float32Array(length);
  new PhiloxNoise([seed]).fill({ purpose: 'start', transition: 0 }, 0, out);
  return out;
}

/** Indices whose patches lie within the borders, those first to be met where `isIn` says so. */
function inside({ width, height }: typeof picture, isIn: (x: number, y: number) => boolean) {
  const found: number[] = [];
  for (let y = radius; y < height - radius; y++) {
    for (let x = radius; x < width - radius; x++) if (isIn(x, y)) found.push(y * width + x);
  }
  return Int32Array.from(found);
}

/** Two regions, one of them in a corner; a third of the sources is none. */
function layout(): CoherentLayout {
  const valid = new Uint8Array(picture.width * picture.height);
  for (const at of inside(picture, (x, y) => (7 * x + 3 * y) % 11 > 3)) valid[at] = 1;
  const isPixel = (x: number, y: number) =>
    (x < 11 && y < 9) || Math.hypot((x - 20) / 5, (y - 16) / 4) < 1;
  const isPlace = (x: number, y: number) =>
    (x < 14 && y < 12) || Math.hypot((x - 20) / 8, (y - 16) / 7) < 1;
  return {
    radius,
    picture,
    window,
    valid,
    places: inside(window, isPlace),
    pixels: inside(window, isPixel),
  };
}

const scene = layout();
const kernel = Float32Array.from({ length: (2 * radius + 1) ** 2 }, (_, i) => (i % 5) / 5);

function randomMatches(seed: number): Int32Array {
  const sources = [...scene.valid.keys()].filter((at) => scene.valid[at] === 1);
  const draws = noise(seed, scene.places.length);
  const matches = new Int32Array(window.width * window.height).fill(-1);
  scene.places.forEach((place, k) => {
    matches[place] = sources[Math.floor(Math.abs(draws[k]) * 1e4) % sources.length];
  });
  return matches;
}

/** Sources, textures and queries of noise, weights such that several candidates are near. */
function furnish(loops: CoherentLoops): void {
  const smooth = (values: Float32Array) => values.map((z, i) => 0.2 * z + Math.sin(i / 40));
  loops.sources.set(smooth(noise(1, loops.sources.length)).map((z, i) => (i % 4 < 3 ? z : 0)));
  loops.textures.set(noise(2, loops.textures.length).map((z, i) => (i % 4 < 2 ? 0.1 * z : 0)));
  loops.queries.set(smooth(noise(3, loops.queries.length)));
  loops.queryTextures.set(noise(4, loops.queryTextures.length).map((z) => 0.1 * z));
  for (let i = 3; i < loops.queries.length; i += 4) {
    loops.queries[i] = i % 7 === 0 ? 2 : 0.1;
    loops.queryTextures[i] = 0.5;
  }
}

async function furnished(kernels: PriorKernels): Promise<CoherentLoops> {
  const loops = await kernels.openCoherent(scene);
  furnish(loops);
  loops.setMatches(randomMatches(9));
  loops.setQueries();
  return loops;
}

const pass = { seed: 12345, reach: 4, randoms: 4, spread: 38 };

/** What three searches find one after another, and what is voted then. */
async function walked(loops: CoherentLoops) {
  const found: Int32Array[] = [];
  for (let k = 0; k < 3; k++) {
    loops.voteTextures(kernel, 1.1);
    loops.match({ ...pass, seed: pass.seed + k, reach: 2 << k });
    found.push(await loops.readMatches());
  }
  return { found, votes: (await loops.vote(kernel)).slice() };
}

function shareEqual(a: Int32Array, b: Int32Array): number {
  return scene.places.filter((place) => a[place] === b[place]).length / scene.places.length;
}

async function attended(loops: ExactLoops) {
  loops.patches.set(noise(5, loops.patches.length));
  loops.linear.set(noise(6, loops.linear.length));
  loops.square.fill(-0.4);
  const means = (await loops.attend()).slice();
  return { means, best: await loops.readBest() };
}

describe.skipIf(!gpuAdapterName)(`the photo's loops (${gpuAdapterName})`, () => {
  let device: GPUDevice;
  let kernels: GpuPriorKernels;

  beforeAll(async () => {
    const answer = await requestGpu(true);
    if (answer.status === 'refused') throw new Error(answer.reason);
    device = answer.grant.device;
    kernels = await GpuPriorKernels.create(device, wasmKernels);
  });
  afterAll(() => device.destroy());

  const limited = (limits: Partial<LoopLimits>, otherwise = wasmKernels) =>
    GpuPriorKernels.create(device, otherwise, {
      bindingBytes: 2 ** 27,
      placesAtOnce: 2 ** 17,
      pairsAtOnce: 2 ** 21,
      ...limits,
    });

  test('find the same matches, and vote for the same colours and textures', async () => {
    const [own, expected] = [await furnished(kernels), await furnished(wasmKernels)];
    const [made, wanted] = [await walked(own), await walked(expected)];
    const shares = made.found.map((matches, k) => shareEqual(matches, wanted.found[k]));
    report(`places with the same match after one, two, three searches: ${shares.join(', ')}`);
    // Where the last bit of a sum decides, another candidate is drawn.
    shares.forEach((share) => expect(share).toBeGreaterThan(0.98));
    for (const loops of [own, expected]) loops.setMatches(randomMatches(10));
    const [votes, wantedVotes] = [await own.vote(kernel), await expected.vote(kernel)];
    // A mean of 49 values of about 1, in float32.
    expect(maxDifference(votes, wantedVotes)).toBeLessThan(2e-6);
    own.release();
  });

  test('are the same bits again, and in pieces', async () => {
    const whole = await walked(await furnished(kernels));
    const again = await walked(await furnished(kernels));
    const inPieces = await walked(await furnished(await limited({ placesAtOnce: 100 })));
    expect(again).toEqual(whole);
    expect(inPieces).toEqual(whole);
  });

  test.each([2 ** 21, 700])('attend to all patches, %i pairs at once', async (pairsAtOnce) => {
    const size = { patches: 301, queries: 23, quads: 6 };
    const own = await attended(await (await limited({ pairsAtOnce })).openExact(size));
    const expected = await attended(await wasmKernels.openExact(size));
    expect(own.best).toEqual(expected.best);
    // Logits of about 20 in float32, and sums of at most 301 weights in another order.
    expect(maxDifference(own.means, expected.means)).toBeLessThan(1e-4);
  });

  test('give a level that is too large for the device to WebAssembly', async () => {
    let opened = 0;
    const counted: PriorKernels = {
      openCoherent: (asked) => (opened++, wasmKernels.openCoherent(asked)),
      openExact: (asked) => (opened++, wasmKernels.openExact(asked)),
    };
    const small = await limited({ bindingBytes: 20_000 }, counted);
    const made = await walked(await furnished(small));
    expect(made).toEqual(await walked(await furnished(wasmKernels)));
    await small.openExact({ patches: 301, queries: 23, quads: 6 });
    expect(opened).toBe(2);
  });

  test('are trusted where a small picture comes out as on WebAssembly, and not otherwise', async () => {
    const wrong: PriorKernels = {
      openExact: (asked) => kernels.openExact(asked),
      openCoherent: async (asked) => {
        const loops = await kernels.openCoherent(asked);
        const match = loops.match.bind(loops);
        loops.match = (asked) => match({ ...asked, randoms: 0, reach: 1 });
        loops.voteTextures = () => undefined;
        return loops;
      },
    };
    expect(await agreesWithWasm(kernels)).toBe(true);
    expect(await agreesWithWasm(wrong)).toBe(false);
  });

  test('make the same fill, and go on where WebAssembly stopped', async () => {
    const request = smallRequest(null, 'a', [7], { ...smallSettings, prior: 'photo' });
    const fill = async (by: PriorKernels, from: FillSnapshot | null = null) => {
      const events: FillEvent[] = [];
      let snapshot: FillSnapshot | null = null;
      for await (const event of runFill(request, withKernels(photoRuntime, by), from)) {
        events.push(event);
        if (event.kind === 'call' && event.level === 2) snapshot ??= await event.snapshot();
      }
      const last = events.at(-1)!;
      return { layer: last.kind === 'filled' ? last.layer.data : null, snapshot };
    };
    const own = await fill(kernels);
    const expected = await fill(wasmKernels);
    const resumed = await fill(kernels, expected.snapshot);
    const far = (a: Uint8ClampedArray) => a.filter((v, i) => Math.abs(v - expected.layer![i]) > 1);
    const shares = [own, resumed].map(({ layer }) => far(layer!).length / layer!.length);
    report(`values that differ by more than 1 of 255: ${shares.join(', resumed ')}`);
    shares.forEach((share) => expect(share).toBeLessThan(0.02));
  });
});

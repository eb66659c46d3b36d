/** What a fill from the photo alone promises: pictures whose right answer is known. */
import { beforeAll, describe, expect, test } from 'vitest';
import { PhiloxNoise } from '../../src/core/noise.js';
import { planFill } from '../../src/fill/plan.js';
import { contextRequest } from '../../src/fill/request.js';
import { runFill } from '../../src/fill/run.js';
import { photoRuntime } from '../../src/fill/runtime.js';
import { flatten } from '../../src/image/composite.js';
import { coverageBounds } from '../../src/image/coverage.js';
import { cropCoverage } from '../../src/image/planar.js';
import type { Coverage, RgbaImage } from '../../src/image/raster.js';
import type { FillRequest, FillSettings, FillSnapshot } from '../../src/protocol/fill.js';
import { presets } from '../../src/protocol/presets.js';

type Pixel = (x: number, y: number) => readonly number[];

function picture(width: number, height: number, pixel: Pixel): RgbaImage {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      data.set([...pixel(x, y), 255].slice(0, 4), 4 * (y * width + x));
  }
  return { width, height, data };
}

function region(
  { width, height }: RgbaImage,
  isMarked: (x: number, y: number) => boolean,
): Coverage {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    if (isMarked(i % width, Math.floor(i / width))) data[i] = 255;
  }
  return { width, height, data };
}

const settings = { ...presets.draft, growPx: 0, featherPx: 0 };
/** For what holds after any walk, in a third of the calls. */
const short: FillSettings = {
  ...settings,
  photo: {
    ...settings.photo,
    coarse: { ...settings.photo.coarse, numInferenceSteps: 8, jumpLength: 2 },
  },
};

interface Options {
  readonly chosen?: RgbaImage | null;
  readonly strength?: number;
  readonly walk?: FillSettings;
}

function request(
  photo: RgbaImage,
  selection: Coverage,
  seeds: readonly number[] = [1],
  { chosen = null, strength = 1, walk = settings }: Options = {},
): FillRequest {
  const maskBounds = coverageBounds(selection)!;
  const marked = cropCoverage(selection, maskBounds);
  const plan = planFill({
    imageSize: photo,
    maskBounds,
    selection: marked,
    card: null,
    settings: walk,
    strength,
  });
  return contextRequest({
    jobId: 'test',
    plan,
    settings: walk,
    picture: photo,
    selection,
    seeds,
    chosen,
  });
}

async function layers(
  wanted: FillRequest,
  from: FillSnapshot | null = null,
): Promise<Map<number, RgbaImage>> {
  const made = new Map<number, RgbaImage>();
  for await (const event of runFill(wanted, photoRuntime, from)) {
    if (event.kind === 'filled') made.set(event.fill, event.layer);
  }
  return made;
}

async function filled(
  photo: RgbaImage,
  selection: Coverage,
  options: Options = {},
): Promise<RgbaImage> {
  const wanted = request(photo, selection, [1], options);
  const layer = (await layers(wanted)).get(0)!;
  return flatten(photo, layer, wanted.plan.maskBounds);
}

/** Places at which a picture differs from the photo where nothing was marked. */
function changedOutside(made: RgbaImage, photo: RgbaImage, { data }: Coverage): number[] {
  const differs = (i: number) => made.data[i] !== photo.data[i];
  return [...made.data.keys()].filter((i) => data[i >> 2] === 0 && differs(i));
}

function largestDifference(a: RgbaImage, b: RgbaImage): number {
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i])), 0);
}

const inEllipse = (cx: number, cy: number, rx: number, ry: number) => (x: number, y: number) =>
  ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1;

describe('a fill from the photo', () => {
  test('of one colour is that colour', async () => {
    const photo = picture(120, 90, () => [40, 120, 200]);
    const made = await filled(photo, region(photo, inEllipse(60, 45, 20, 15)));
    expect(largestDifference(made, photo)).toBeLessThanOrEqual(1);
  });

  test('of a slow change of shade goes on with it, without a seam', async () => {
    const photo = picture(160, 120, (x, y) => [60 + 0.5 * x, 90 + 0.4 * y, 200 - 0.003 * x * y]);
    const made = await filled(photo, region(photo, inEllipse(80, 60, 26, 20)));
    // A patch from elsewhere as it is would be off by up to 30 levels.
    expect(largestDifference(made, photo)).toBeLessThanOrEqual(4);
  });

  test('goes on with stripes that run into it', async () => {
    const photo = picture(160, 120, (x) => (x % 12 < 6 ? [230, 220, 40] : [30, 40, 90]));
    const selection = region(photo, inEllipse(80, 60, 22, 18));
    const made = await filled(photo, selection);
    const wrong = selection.data.filter(
      (covered, i) => covered > 0 && Math.abs(made.data[4 * i] - photo.data[4 * i]) > 60,
    );
    expect(wrong.length / selection.data.filter((it) => it > 0).length).toBeLessThan(0.05);
  });

  test('goes on with a thin line that comes out on the other side, straight through', async () => {
    const isOnLine = (x: number, y: number) => Math.abs(x - 150 - 0.2 * (y - 110)) < 2.2;
    const photo = picture(300, 220, (x, y) =>
      isOnLine(x, y) ? [60, 50, 40] : [150, 170, 190 + ((7 * x + 13 * y) % 5)],
    );
    const selection = region(photo, inEllipse(150, 110, 60, 55));
    const made = await filled(photo, selection);
    const darkest = (y: number) =>
      Math.min(
        ...Array.from(
          { length: 9 },
          (_, k) => made.data[4 * (y * 300 + 146 + k) + 4 * Math.round(0.2 * (y - 110))],
        ),
      );
    const rows = Array.from({ length: 110 }, (_, k) => 55 + k);
    expect(rows.filter((y) => darkest(y) > 90)).toEqual([]);
    const dark = selection.data.filter((covered, i) => covered > 0 && made.data[4 * i] < 105);
    expect(dark.length).toBeLessThan(1.3 * 110 * 4.5);
  });

  test('is as grainy as what lies around it', async () => {
    const grain = new PhiloxNoise([3], 0);
    const noise = new Float32Array(160 * 120);
    grain.fill({ purpose: 'start', transition: 0 }, 0, noise);
    const photo = picture(160, 120, (x, y) => {
      const value = 120 + 18 * noise[y * 160 + x];
      return [value, value, value];
    });
    const selection = region(photo, inEllipse(80, 60, 26, 20));
    const made = await filled(photo, selection);
    const step = ({ data }: RgbaImage, i: number) => Math.abs(data[4 * i] - data[4 * i + 4]);
    const mean = (image: RgbaImage) => {
      const inside = [...selection.data.keys()].filter(
        (i) => selection.data[i] > 0 && selection.data[i + 1] > 0,
      );
      return inside.reduce((sum, i) => sum + step(image, i), 0) / inside.length;
    };
    expect(mean(made) / mean(photo)).toBeGreaterThan(0.8);
    expect(mean(made) / mean(photo)).toBeLessThan(1.2);
  });

  test('changes nothing outside, over regions of any form and place', async () => {
    const photo = picture(96, 80, (x, y) => [(7 * x) % 256, (5 * y) % 256, (x * y) % 256]);
    const forms = [
      inEllipse(0, 0, 20, 14),
      inEllipse(90, 40, 12, 30),
      (x: number, y: number) => y === 33 && x > 4 && x < 90,
      (x: number, y: number) => inEllipse(40, 40, 16, 16)(x, y) && !inEllipse(40, 40, 6, 6)(x, y),
      (x: number, y: number) => inEllipse(10, 10, 3, 3)(x, y) || inEllipse(85, 70, 4, 3)(x, y),
      (x: number, y: number) => x === 50 && y === 50,
    ];
    for (const form of forms) {
      const selection = region(photo, form);
      const made = await filled(photo, selection, { walk: short });
      expect(changedOutside(made, photo, selection)).toEqual([]);
    }
  });

  test('of far-apart marks has levels for each, from crops of their own', () => {
    const photo = picture(400, 300, (x, y) => [x % 256, y % 256, 0]);
    const apart = region(
      photo,
      (x, y) => inEllipse(40, 40, 9, 9)(x, y) || inEllipse(350, 250, 20, 9)(x, y),
    );
    const { levels } = request(photo, apart).plan;
    const crops = new Set(levels.map(({ bounds }) => JSON.stringify(bounds)));
    expect(crops.size).toBe(2);
    expect(levels.at(-1)).toMatchObject({ part: 1, width: levels.at(-1)!.bounds.width });
  });

  test('never takes transparent pixels for a colour', async () => {
    const photo = picture(120, 90, (x, y) =>
      x < 50 ? [0, 0, 0, 0] : [200, 180 - (y % 7), 60, 255],
    );
    const wanted = request(photo, region(photo, inEllipse(50, 45, 16, 16)), [1], { walk: short });
    const layer = (await layers(wanted)).get(0)!;
    const wrong = [...layer.data.keys()].filter((i) => {
      if (i % 4 > 0 || layer.data[i + 3] === 0) return false;
      const x = ((i / 4) % layer.width) + wanted.plan.maskBounds.x;
      return x < 50 || layer.data[i] <= 150;
    });
    expect(wrong).toEqual([]);
  });

  test('that leaves nothing to continue from is refused in a sentence', () => {
    const photo = picture(64, 64, () => [1, 2, 3]);
    const frame = region(photo, (x, y) => x > 3 && y > 3 && x < 60 && y < 60);
    expect(() => request(photo, frame)).toThrow(/leaves no part of the photo to continue from/);
  });
});

describe('fills from the photo', () => {
  const photo = picture(140, 100, (x, y) => [
    128 + 60 * Math.sin(x / 5) + 40 * Math.sin(y / 3),
    (3 * x + ((x * y) % 17) * 5) % 256,
    y,
  ]);
  const selection = region(photo, inEllipse(70, 50, 18, 14));

  const asked = (seeds: readonly number[]) => request(photo, selection, seeds, { walk: short });

  test('differ by seed, and one of several is what it would be alone', async () => {
    const together = await layers(asked([5, 6]));
    const alone = await layers(asked([6]));
    expect(together.get(1)!.data).toEqual(alone.get(0)!.data);
    expect(largestDifference(together.get(0)!, together.get(1)!)).toBeGreaterThan(8);
  });

  test('go on from a snapshot of any call of any level to the same bits', async () => {
    const wanted = asked([5, 6]);
    const whole = await layers(wanted);
    const { levels } = wanted.plan;
    const [exact, ...finer] = levels.keys();
    expect(finer.map((level) => levels[level].network)).toContain('coherent');
    const snapshots: FillSnapshot[] = [];
    const calls = levels.map(() => 0);
    for await (const event of runFill(wanted, photoRuntime)) {
      if (event.kind !== 'call') continue;
      const call = calls[event.level]++;
      // Matches soon settle: how a finer level goes on shows in what comes of its first calls.
      const isTaken = event.level === 0 ? call % 11 === 5 : call < 2 || call % 7 === 6;
      if (isTaken) snapshots.push(structuredClone(await event.snapshot()));
    }
    for (const level of [exact, ...finer]) {
      expect(snapshots.filter((it) => it.level === level).length).toBeGreaterThan(2);
    }
    for (const snapshot of snapshots) {
      const rest = await layers(wanted, snapshot);
      for (const [fill, layer] of rest) expect(layer.data).toEqual(whole.get(fill)!.data);
      expect(rest.has(1)).toBe(true);
    }
  });

  test('count their calls as planned', async () => {
    const wanted = asked([1, 2]);
    const calls: number[] = [];
    for await (const event of runFill(wanted, photoRuntime)) {
      if (event.kind === 'call') calls.push(event.nfe);
    }
    expect(calls).toEqual(Array.from({ length: 2 * wanted.plan.nfe }, (_, i) => i + 1));
  });
});

describe('fills that vary a chosen one', () => {
  const photo = picture(200, 150, (x, y) => [
    128 + 60 * Math.sin(x / 5 + 3 * Math.sin(y / 17)) + 30 * Math.sin(y / 7 + 2 * Math.sin(x / 23)),
    128 + 70 * Math.sin((x * y) / 900),
    100 + ((7 * x + 3 * y * y) % 23),
  ]);
  const selection = region(photo, inEllipse(100, 75, 36, 28));
  const plain = request(photo, selection, [3], { walk: short });
  const { maskBounds } = plain.plan;
  const varied = (chosen: RgbaImage, strength: number, seeds = [8]) =>
    request(photo, selection, seeds, { chosen, strength, walk: short });
  const marked = selection.data.filter((covered) => covered > 0).length;

  /** Mean over the region's pixels and channels, levels of 255. */
  function meanDifference(a: RgbaImage, b: RgbaImage): number {
    return a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]), 0) / (3 * marked);
  }

  let layer: RgbaImage;
  /** The chosen fill, and one that varies it by half. */
  let flat: RgbaImage;
  let half: RgbaImage;
  beforeAll(async () => {
    layer = (await layers(plain)).get(0)!;
    flat = flatten(photo, layer, maskBounds);
    half = (await layers(varied(flat, 0.5))).get(0)!;
  });

  test('keep nearly all of it at strength 0, and much less at a higher one', async () => {
    const differences = [];
    for (const strength of [0, 0.4]) {
      const made = (await layers(varied(flat, strength))).get(0)!;
      differences.push(meanDifference(flatten(photo, made, maskBounds), flat));
    }
    const [none, some] = differences;
    // Pixels become means of several patches, and this photo has grain of 23 levels in its blue.
    expect(none).toBeLessThan(6);
    expect(some).toBeGreaterThan(1.5 * none);
  });

  test('are the fill of the seed at strength 1, in as many calls', async () => {
    const full = varied(flat, 1, [3]);
    expect(full.plan).toEqual(plain.plan);
    expect((await layers(full)).get(0)!.data).toEqual(layer.data);
  });

  test('are the same again for the same seed, and others for another', async () => {
    const again = await layers(varied(flat, 0.5));
    const other = await layers(varied(flat, 0.5, [9]));
    expect(again.get(0)!.data).toEqual(half.data);
    expect(largestDifference(other.get(0)!, half)).toBeGreaterThan(8);
  });

  test('change nothing outside, whatever the chosen picture shows there', async () => {
    const white = picture(200, 150, () => [255, 255, 255]);
    const fromWhite = (await layers(varied(white, 0.3))).get(0)!;
    const made = flatten(photo, fromWhite, maskBounds);
    expect(changedOutside(made, photo, selection)).toEqual([]);
  });

  test('see the photo where a chosen layer is transparent', async () => {
    const alone = {
      ...flat,
      data: flat.data.map((value, i) => (i % 4 < 3 || selection.data[i >> 2] > 0 ? value : 0)),
    };
    expect((await layers(varied(alone, 0.5))).get(0)!.data).toEqual(half.data);
  });

  test('ask for fewer calls the lower the strength, and go on from any snapshot', async () => {
    const calls = [0, 0.25, 0.5, 0.75, 1].map((strength) => varied(flat, strength).plan.nfe);
    expect(calls).toEqual([...calls].sort((a, b) => a - b));
    expect(calls[0]).toBeLessThan(calls[4] / 3);
    const wanted = varied(flat, 0.6);
    const whole = await layers(wanted);
    const snapshots: FillSnapshot[] = [];
    let n = 0;
    for await (const event of runFill(wanted, photoRuntime)) {
      if (event.kind === 'call' && n++ % 9 === 4) snapshots.push(await event.snapshot());
    }
    expect(snapshots.length).toBeGreaterThan(1);
    for (const snapshot of snapshots) {
      const rest = await layers(wanted, structuredClone(snapshot));
      expect(rest.get(0)!.data).toEqual(whole.get(0)!.data);
    }
  });

  test('are refused without the chosen fill, with one of another size, and beyond 0..1', async () => {
    const wanted = varied(flat, 0.5);
    await expect(layers({ ...wanted, chosen: null })).rejects.toThrow(/chosen fill: give it/);
    const small = { width: 3, height: 3, data: new Uint8ClampedArray(36) };
    await expect(layers({ ...wanted, chosen: small })).rejects.toThrow(/got .* 3 x 3\./);
    expect(() => varied(flat, 1.5)).toThrow(/strength must lie in 0..1, got 1.5/);
  });
});

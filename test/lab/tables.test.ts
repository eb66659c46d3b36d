import { expect, test } from 'vitest';
import { ablationMethods, ablationNames } from '../../src/lab/evaluation/ablations.js';
import { expectDistinct, listed, parseMethod } from '../../src/lab/evaluation/methods.js';
import {
  parseShard,
  planUnits,
  unitsOfShard,
  type RunPlan,
  type UnitRecord,
} from '../../src/lab/evaluation/units.js';
import { csv } from '../../src/lab/report/csv.js';
import { fewestCalls } from '../../src/lab/report/findings.js';
import { badness, measureWords } from '../../src/lab/report/measures.js';
import { estimate } from '../../src/lab/report/statistics.js';
import { makeTables } from '../../src/lab/report/tables.js';

test('the interval of a mean is that of its standard error', () => {
  // 100 numbers of standard deviation 1 around 5: 1.96 / sqrt(100) on each side.
  const values = Array.from({ length: 100 }, (_, i) => 5 + (i % 2 ? 1 : -1));
  const found = estimate(values, 'x')!;
  expect(found.mean).toBeCloseTo(5, 12);
  expect(found.low).toBeCloseTo(5 - 0.196, 1);
  expect(found.high).toBeCloseTo(5 + 0.196, 1);
  expect(estimate(values, 'x')).toEqual(found);
  expect(estimate([3], 'y')).toEqual({ n: 1, mean: 3, low: 3, high: 3 });
  expect(estimate([], 'z')).toBeNull();
});

test('twice too sharp counts as half as sharp, and higher PSNR is better', () => {
  const { sharp, psnr } = measureWords;
  expect(badness(2, sharp)).toBeCloseTo(badness(0.5, sharp), 12);
  expect(badness(1, sharp)).toBe(0);
  expect(badness(30, psnr)).toBeLessThan(badness(20, psnr));
});

const photos = ['a.png', 'b.png', 'c.png'];
const plan: RunPlan = {
  version: 1,
  size: 64,
  photos,
  masks: ['wide', 'half'].map((name) => ({ name, folder: null })),
  maskSeed: 1,
  methods: ['first', 'second'].map((name) => ({ name, how: name })),
  seeds: [1],
  features: 'test',
  lpips: null,
};

/** Feature distance of a unit: the photo's place, 10 more for the second method. */
function record(unit: ReturnType<typeof planUnits>[number]): UnitRecord {
  const features = photos.indexOf(unit.photo) + (unit.method === 'second' ? 10 : 0);
  const rest = { psnr: 20, ssim: 0.5, lpips: null, seam: 1, sharp: 1 };
  const nfe = unit.method === 'second' ? 10 : 100;
  const facts = { status: 'made', holeShare: 0.2, nfe, ms: 1, changedOutside: false } as const;
  return { ...unit, ...facts, measures: { ...rest, features } };
}

test('means are over photos, differences photo by photo', () => {
  const { rows, differences } = makeTables(plan, planUnits(plan).map(record), []);
  const cell = rows.find((row) => row.measure === 'features' && row.mask === 'wide');
  expect(cell).toMatchObject({ method: 'first', n: 3, mean: 1 });
  const difference = differences.find((row) => row.measure === 'features' && row.mask === 'all');
  // Every photo is worse by ten: no interval is left.
  expect(difference).toMatchObject({ method: 'second', n: 3, mean: 10, low: 10, high: 10 });
});

test('a failed unit is counted, and compared with nothing', () => {
  const records = planUnits(plan).map((unit): UnitRecord =>
    unit.method === 'second' && unit.mask === 'wide' && unit.photo === 'a.png'
      ? { ...unit, status: 'failed', reason: 'no' }
      : record(unit),
  );
  const { rows, differences, counts } = makeTables(plan, records, []);
  const own = rows.filter((row) => row.measure === 'features' && row.method === 'second');
  expect(own.map(({ mask, n }) => [mask, n])).toEqual([
    ['wide', 2],
    ['half', 3],
    ['all', 2],
  ]);
  expect(differences.find((row) => row.mask === 'wide')!.n).toBe(2);
  expect(counts.find((row) => row.method === 'second')).toMatchObject({ made: 2, failed: 1 });
});

test('units that were not done are counted as missing', () => {
  const { counts } = makeTables(plan, planUnits(plan).map(record).slice(0, 1), []);
  expect(counts.map(({ missing }) => missing)).toEqual([2, 3, 3, 3]);
});

test('the fewest calls within the noise are found, and no fewer', () => {
  const methods = ['calls-100', 'calls-50', 'calls-10'].map((name) => ({ name, how: name }));
  const three = { ...plan, methods, masks: plan.masks.slice(0, 1) };
  const records = planUnits(three).map((unit): UnitRecord => {
    const calls = Number(unit.method.slice(6));
    // 50 calls are better on one photo and worse on another; 10 are worse on all.
    const noise = calls === 50 ? photos.indexOf(unit.photo) - 1 : 0;
    const features = calls === 10 ? 5 : 1 + 0.1 * noise;
    const made = record(unit) as Extract<UnitRecord, { status: 'made' }>;
    return { ...made, nfe: calls, measures: { ...made.measures, features } };
  });
  const [finding] = fewestCalls(three, makeTables(three, records, []), 'features');
  expect(finding).toContain('50 calls (calls-50) are the fewest');
});

test('shards part the units without rest', () => {
  const units = planUnits(plan);
  const parts = [1, 2, 3].map((i) => unitsOfShard(units, parseShard(`${i}/3`)));
  expect(parts.flat()).toHaveLength(units.length);
  expect(new Set(parts.flat())).toEqual(new Set(units));
  for (const wrong of ['0/3', '4/3', '1', 'a/b', '1/0'])
    expect(() => parseShard(wrong), wrong).toThrow('--shard');
});

test('methods are read by name, with options, or as a folder', () => {
  expect(parseMethod('telea')).toMatchObject({ kind: 'python', program: 'telea' });
  expect(parseMethod('lama=folder:some/where')).toMatchObject({ folder: 'some/where' });
  // The method's own options come last, so they hold.
  expect(parseMethod('quick=--steps 5', ['--steps', '50']).how).toBe('fill --steps 50 --steps 5');
  expect(() => parseMethod('nothing')).toThrow('no method "nothing"');
  expect(() => parseMethod('../x=--steps 5')).toThrow('name');
  expect(listed(' a, b ,,c')).toEqual(['a', 'b', 'c']);
  expect(() => expectDistinct([{ name: 'a' }, { name: 'a' }], 'method')).toThrow('"a"');
  expect(() => expectDistinct([], 'mask')).toThrow('No mask');
});

test('ablations are the paper’s tables', () => {
  const counts = ablationNames.map((name) => [name, ablationMethods(name, []).length]);
  expect(Object.fromEntries(counts)).toEqual({ table2: 7, table3: 9, table4: 2, curve: 7 });
  const names = ablationMethods('curve', []).map(({ name }) => name);
  expect(names[0]).toBe('calls-2410');
  expect(ablationMethods('table2', []).map(({ name }) => name)).toContain('resampled-997');
});

test('fields with commas and quotes stay one field', () => {
  const rows = [{ a: 'x, "y"', b: 1 }];
  expect(csv(rows, ['a', 'b'])).toBe('a,b\n"x, ""y""",1\n');
});

/** A run from its photos to its report, with a method that is quick, and everything else real. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseMethod, type Maker } from '../../src/lab/evaluation/methods.js';
import { runUnits, type RunEvent, type RunInput } from '../../src/lab/evaluation/run.js';
import { RunStore, writeWhole } from '../../src/lab/evaluation/store.js';
import { planUnits, unitPath, unitsOfShard, type RunPlan } from '../../src/lab/evaluation/units.js';
import { readRun } from '../../src/lab/report/read-run.js';
import { writeReport } from '../../src/lab/report/write-report.js';

let folder: string;
const at = (...names: string[]) => path.join(folder, ...names);
const size = 32;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'lab-'));
  mkdirSync(at('photos'));
  for (const [k, hue] of ['#a33', '#3a3', '#33a'].entries()) {
    const svg = `<svg width="48" height="40"><rect width="48" height="40" fill="${hue}"/><circle cx="${16 + 4 * k}" cy="20" r="9" fill="#eee"/></svg>`;
    await sharp(Buffer.from(svg))
      .png()
      .toFile(at('photos', `photo-${k}.png`));
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

const plan: RunPlan = {
  version: 1,
  size,
  photos: ['photo-0.png', 'photo-1.png', 'photo-2.png'],
  masks: [{ name: 'ellipse', folder: null }],
  maskSeed: 1,
  methods: ['grey', 'noisy'].map((name) => ({ name, how: `fill --${name}` })),
  seeds: [1, 2],
  features: null,
  lpips: null,
};

/** Leaves the hole as it is given, or writes the seed into it. */
function maker(name: string): Maker {
  return {
    make: async ({ photo, hole, seed }) => {
      const data = photo.data.slice();
      if (name === 'noisy')
        hole.data.forEach(
          (value, i) => value && data.fill((40 * seed + i) % 256, 4 * i, 4 * i + 3),
        );
      return { picture: { ...photo, data }, nfe: name === 'noisy' ? 7 : null };
    },
    release: async () => undefined,
  };
}

function input(out: string, changes: Partial<RunInput> = {}): RunInput {
  return {
    plan,
    methods: plan.methods.map(({ name, how }) => parseMethod(`${name}=${how.slice(5)}`)),
    photosFolder: at('photos'),
    store: new RunStore(at(out)),
    units: planUnits(plan),
    features: null,
    lpips: null,
    openMaker: async ({ name }) => maker(name),
    ...changes,
  };
}

async function run(it: RunInput): Promise<RunEvent[]> {
  await it.store.begin(it.plan);
  const events: RunEvent[] = [];
  for await (const event of runUnits(it)) events.push(event);
  return events;
}

const kinds = (events: readonly RunEvent[]) => events.map(({ kind }) => kind);

async function report(...outs: string[]): Promise<string[]> {
  const read = await readRun(outs.map((out) => at(out)));
  const photosFolder = at('photos');
  await writeReport({ run: read, out: at(outs[0]), photosFolder, features: null, examples: 1 });
  const files = ['report.html', 'report.json', 'report.csv', 'differences.csv', 'counts.csv'];
  return files.map((file) => readFileSync(at(outs[0], file), 'utf8'));
}

test('one shard and three give byte-identical reports, in one folder or in three', async () => {
  await run(input('whole'));
  const whole = await report('whole');
  const shards = [1, 2, 3].map((index) => unitsOfShard(planUnits(plan), { index, count: 3 }));
  // Not in their order, as machines finish.
  for (const k of [2, 0, 1]) await run(input('shared', { units: shards[k] }));
  expect(await report('shared')).toEqual(whole);
  for (const k of [0, 1, 2]) await run(input(`own-${k}`, { units: shards[k] }));
  expect(await report('own-2', 'own-0', 'own-1')).toEqual(whole);
  expect(whole[0]).toContain('<svg');
  expect(whole[0].match(/<img src="data:image\/webp/g)).toHaveLength(4);
  expect(whole[0]).not.toMatch(/(src|href)="http/);
});

test('a run goes on where it was stopped, and makes nothing twice', async () => {
  const it = input('out');
  await it.store.begin(plan);
  for await (const event of runUnits(it)) if (event.kind === 'made') break;
  const rest = kinds(await run(input('out')));
  expect(rest.filter((kind) => kind === 'kept')).toHaveLength(1);
  expect(rest.filter((kind) => kind === 'made')).toHaveLength(11);
  expect(new Set(kinds(await run(input('out'))))).toEqual(new Set(['kept']));
});

test('a picture without its record is made again', async () => {
  await run(input('out'));
  rmSync(`${at('out', unitPath(planUnits(plan)[3]))}.json`);
  expect(kinds(await run(input('out'))).filter((kind) => kind === 'made')).toHaveLength(1);
});

test('a folder that holds another run is refused', async () => {
  await run(input('out'));
  const other = { ...plan, size: 64 };
  await expect(new RunStore(at('out')).begin(other)).rejects.toThrow('holds a run with other');
  await expect(readRun([at('nothing')])).rejects.toThrow('holds no run');
});

test('an unreadable photo is listed, and the others are done', async () => {
  writeFileSync(at('photos', 'photo-1.png'), 'no picture');
  const events = await run(input('out'));
  expect(kinds(events).filter((kind) => kind === 'lost')).toHaveLength(4);
  const [html] = await report('out');
  expect(html).toContain('photo-1.png cannot be read');
  expect(html).toContain('(4)');
});

test('a mask that leaves nothing known is a failure with a reason', async () => {
  mkdirSync(at('white'));
  const white = sharp({ create: { width: 9, height: 9, channels: 3, background: '#fff' } });
  await white.png().toFile(at('white', 'all.png'));
  const masks = [{ name: 'white', folder: at('white') }];
  const covered = { ...plan, masks };
  const events = await run(input('out', { plan: covered, units: planUnits(covered) }));
  expect(events[0]).toMatchObject({ kind: 'lost', reason: 'the mask white leaves nothing known' });
});

test('a method that fails on some photos is counted with them', async () => {
  const openMaker = async ({ name }: { name: string }): Promise<Maker> => ({
    ...maker(name),
    make: async (task) => {
      if (name === 'noisy' && task.photoName === 'photo-2.png') throw new Error('out of luck');
      return maker(name).make(task);
    },
  });
  await run(input('out', { openMaker }));
  const [html, , means, , counts] = await report('out');
  expect(html).toContain('out of luck');
  expect(counts).toContain('noisy,ellipse,4,2,0,0');
  expect(means).toMatch(/psnr,ellipse,noisy,2,/);
});

test('a method that cannot be opened is told once, and its units wait', async () => {
  const openMaker = async ({ name }: { name: string }) => {
    if (name === 'grey') throw new Error('not installed');
    return maker(name);
  };
  const events = await run(input('out', { openMaker }));
  expect(events[0]).toEqual({ kind: 'closed', method: 'grey', reason: 'not installed' });
  expect(events).toHaveLength(7);
  expect(kinds(await run(input('out'))).filter((kind) => kind === 'made')).toHaveLength(6);
});

test('what a method changes outside the hole is put back and told', async () => {
  const openMaker = async (): Promise<Maker> => ({
    make: async ({ photo }) => ({
      picture: { ...photo, data: photo.data.map((value, i) => (i % 4 < 3 ? 255 - value : 255)) },
      nfe: null,
    }),
    release: async () => undefined,
  });
  const it = input('out', { openMaker });
  await run(it);
  expect(await it.store.record(it.units[0])).toMatchObject({ changedOutside: true });
  const square = await sharp(at('photos', 'photo-0.png'))
    .resize(size, size, { fit: 'cover' })
    .removeAlpha()
    .raw()
    .toBuffer();
  const kept = await sharp(it.store.picture(it.units[0])).raw().toBuffer();
  // The first pixel is outside every ellipse of this seed; the record says that others changed.
  expect([...kept.subarray(0, 3)]).toEqual([...square.subarray(0, 3)]);
});

test('a full disk stops the run with a sentence', async () => {
  mkdirSync(at('out'));
  // Writing to /dev/full fails as on a full disk.
  symlinkSync('/dev/full', at('out', `file.${process.pid}.part`));
  const writing = writeWhole(at('out', 'file'), 'text');
  await expect(writing).rejects.toMatchObject({
    code: 'storageFull',
    message: expect.stringContaining('run the same command again') as string,
  });
});

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CaseReport,
  largestError,
  type ParityRow,
  type SkippedRow,
} from '../../src/lab/parity/family.js';
import { caseNetworks } from '../../src/lab/parity/networks.js';
import { runParity } from '../../src/lab/parity/run.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const copies = join(repository, 'test/fixtures');
const fullSet = join(repository, '../shared/fixtures');
const samplerFamilies = ['diffusion', 'schedule', 'hf/ddpm-scheduler', 'repaint-trace'];

async function rowsOf(root: string, only = samplerFamilies) {
  const rows: (ParityRow | SkippedRow)[] = [];
  const environment = { root, backend: 'node', ...caseNetworks(root, 'node') } as const;
  for await (const row of runParity(environment, only)) rows.push(row);
  return rows;
}

const compared = (rows: (ParityRow | SkippedRow)[]) =>
  rows.filter((row): row is ParityRow => !('skipped' in row));

describe('the sampler against recorded numbers', () => {
  it('holds every tolerance on the copies kept with the tests', async () => {
    const rows = await rowsOf(copies);
    expect(rows.filter((row) => 'skipped' in row || !row.ok)).toEqual([]);
    expect(new Set(rows.map((row) => row.family))).toEqual(new Set(samplerFamilies));
    const quantities = new Set(compared(rows).map((row) => row.quantity));
    for (const name of ['x_in', 'x_after', 'undo', 'pred_xstart', 'whole run sample']) {
      expect(quantities).toContain(name);
    }
  });

  it.skipIf(!existsSync(fullSet))('holds every tolerance on the full set', async () => {
    const rows = await rowsOf(fullSet);
    expect(rows.filter((row) => 'skipped' in row || !row.ok)).toEqual([]);
    expect(compared(rows).length).toBeGreaterThan(500);
  });
});

describe('runParity', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'parity-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  async function write(path: string, json: unknown): Promise<void> {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), typeof json === 'string' ? json : JSON.stringify(json));
  }

  it('fails a schedule that differs, and only that one', async () => {
    const schedule = { params: { t_T: 2, jump_length: 1, jump_n_sample: 1 }, length: 3 };
    const good = { ...schedule, times: [1, 0, -1], network_calls: 2, undo_steps: 0 };
    await write('schedule/mine.json', { schedules: [good, { ...good, times: [1, 0, 1] }] });
    const rows = compared(await rowsOf(root));
    expect(rows.filter((row) => !row.ok)).toMatchObject([
      { family: 'schedule', quantity: 'times', maxAbs: 2, tolerance: 0, ok: false },
    ]);
  });

  it('says what is missing or odd in one failed row a case, and goes on', async () => {
    await write('diffusion/broken.json', '{');
    await write('diffusion/lonely.json', {
      noise_schedule: 'linear',
      diffusion_steps: 100,
      timestep_respacing: '5',
      t: [0],
      combos: [
        {
          key: 'k',
          model_var_type: 'learned',
          model_mean_type: 'epsilon',
          clip_denoised: true,
          model_output: 'model_output',
          channels_used: 6,
        },
      ],
    });
    await write('diffusion/maps.json', { maps: { '10|5': [0, 2, 4, 7, 9] } });
    await write('schedule/odd.json', { schedules: [{ params: { t_T: 2, jump_size: 1 } }] });
    await mkdir(join(root, 'repaint-trace/empty'), { recursive: true });
    const rows = compared(await rowsOf(root));
    const failures = rows.filter((row) => !row.ok).map((row) => `${row.case}: ${row.message}`);
    expect(failures).toEqual([
      expect.stringContaining('broken: broken.json is not JSON'),
      expect.stringMatching(/lonely\/k: ENOENT.*lonely\.safetensors/),
      expect.stringContaining('jump_length'),
      expect.stringMatching(/empty: ENOENT.*walk\.json/),
    ]);
    expect(rows.find((row) => row.case === 'maps/10|5')).toMatchObject({ ok: true, maxAbs: 0 });
  });

  it('skips what it does not know, visibly', async () => {
    await mkdir(join(root, 'video/one'), { recursive: true });
    await write('diffusion/notes.json', { hello: 1 });
    expect(await rowsOf(root, [])).toEqual([
      expect.objectContaining({ case: 'notes', skipped: expect.stringContaining('neither') }),
      { family: 'video', case: 'one', skipped: 'family "video" is not supported yet' },
    ]);
  });

  it('notices a recorded run that is off by a little, or that it cannot replay', async () => {
    const name = 'analytic-noclip-nsample';
    const from = join(copies, 'repaint-trace', name);
    const folder = join(root, 'repaint-trace', name);
    await cp(from, folder, { recursive: true });
    const tensorFile = join(folder, 'trace.safetensors');
    const bytes = await readFile(tensorFile);
    const headerLength = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString());
    const at = 8 + headerLength + header.x_after.data_offsets[0] + 4 * 3 * 256 * 5;
    bytes.writeFloatLE(bytes.readFloatLE(at) + 1e-3, at);
    await writeFile(tensorFile, bytes);
    const failed = compared(await rowsOf(root)).filter((row) => !row.ok);
    expect(failed.map((row) => row.quantity)).toContain('whole run x_after');
    failed.forEach((row) => expect(row.maxAbs).toBeGreaterThan(row.tolerance!));

    const walk = JSON.parse(await readFile(join(folder, 'walk.json'), 'utf8'));
    walk.conf.inpa_inj_sched_prev = false;
    await writeFile(join(folder, 'walk.json'), JSON.stringify(walk));
    expect(await rowsOf(root)).toEqual([
      { family: 'repaint-trace', case: name, skipped: 'inpa_inj_sched_prev is false' },
    ]);
  });

  it('refuses a folder that is none or holds no family', async () => {
    await expect(rowsOf(join(root, 'none'))).rejects.toThrow('is not a folder');
    await expect(rowsOf(root)).rejects.toThrow('holds no family folder');
  });
});

describe('CaseReport', () => {
  it('keeps the worst of one quantity and never forgets a failure', () => {
    const report = new CaseReport('f', 'c');
    const by = { tolerance: 0.5 };
    report.compare('q', [1], [1.25], by);
    report.compare('q', [1], [1.125], by);
    expect(report.rows()).toMatchObject([{ maxAbs: 0.25, ok: true }]);
    report.compare('q', [1], [3], by);
    report.compare('q', [1], [1], by);
    expect(report.rows()).toMatchObject([{ maxAbs: 2, ok: false }]);
    report.compare('length', [1], [1, 2], by);
    report.compare('nan', [NaN], [1], by);
    expect(report.rows().slice(1)).toMatchObject([
      { maxAbs: null, ok: false, message: 'expected 2 values, got 1' },
      { maxAbs: null, ok: false, message: 'a value is not a finite number' },
    ]);
  });

  it('measures errors absolutely or in units of the value', () => {
    expect(largestError([110], [100], 'absolute')).toBe(10);
    expect(largestError([110], [100], 'max(1, |value|)')).toBeCloseTo(0.1);
    expect(largestError([0.2], [0.1], 'max(1, |value|)')).toBeCloseTo(0.1);
    expect(largestError([0.2], [0.1], '|value|')).toBeCloseTo(1);
    expect(largestError([1, NaN], [1, 2], 'absolute')).toBeNaN();
    expect(largestError([-Infinity], [-Infinity], 'absolute')).toBe(0);
  });
});

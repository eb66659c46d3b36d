import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** Runs the command line as a user would, from another folder. */
function repaintFill(...args: string[]) {
  const bin = join(repository, 'src/cli/bin.mjs');
  return run(process.execPath, [bin, ...args], { cwd: tmpdir() });
}

/** Runs a command in this process; returns what it printed. */
async function printed(...args: string[]): Promise<string> {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line));
  await main(['node', 'repaint-fill', ...args]);
  return `${lines.join('\n')}\n`;
}

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const paper = ['walk', '--steps', '250', '--jump-length', '10', '--jump-samples', '10'];

describe('repaint-fill walk', () => {
  it('prints the cost of the paper setting', async () => {
    const { stdout } = await repaintFill(...paper);
    expect(stdout).toMatch(/network calls +2410\n/);
    expect(stdout).toMatch(/undo steps +2160\n/);
    expect(stdout).toContain('249..230, 231..240, 239..230');
  });

  it('gives the whole walk as JSON', async () => {
    const walk = JSON.parse(await printed(...paper, '--json'));
    expect(walk).toMatchObject({
      sampler: 'repaint',
      steps: 250,
      networkCalls: 2410,
      undoSteps: 2160,
    });
    expect(walk.times).toHaveLength(4571);
    expect(walk.transitions[0]).toEqual({ kind: 'denoise', t: 249 });
    expect(walk.timesteps.at(-1)).toBe(999);
  });

  it('plans the other samplers and the further parameters', async () => {
    const sdedit = await printed(...paper, '--sampler', 'sdedit', '--json');
    expect(JSON.parse(sdedit)).toMatchObject({ networkCalls: 2375, undoSteps: 0 });
    const late = await printed(...paper, '--start-resampling', '100', '--json');
    expect(JSON.parse(late)).toMatchObject({ networkCalls: 1150, undoSteps: 900 });
  });

  it('keeps the figure of the documentation as the presets are', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'walk-'));
    const file = join(folder, 'walks.svg');
    await printed('walk', '--presets', '--svg', file);
    const made = await readFile(file, 'utf8');
    await rm(folder, { recursive: true });
    const kept = await readFile(join(repository, 'docs/walks.svg'), 'utf8');
    expect(made, 'renew it: npx repaint-fill walk --presets --svg docs/walks.svg').toBe(kept);
  });

  it('draws t over the transitions', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'walk-'));
    const file = join(folder, 'walk.svg');
    await printed(
      'walk',
      '--steps',
      '10',
      '--jump-length',
      '2',
      '--jump-samples',
      '2',
      '--svg',
      file,
    );
    const svg = await readFile(file, 'utf8');
    await rm(folder, { recursive: true });
    expect(svg.match(/points="([^"]*)"/)![1].split(' ')).toHaveLength(10);
    expect(svg).toContain('18 network calls, 8 undo steps');
  });

  it('says what is wrong and leaves with another code', async () => {
    await expect(repaintFill('walk', '--steps', '20', '--train-steps', '10')).rejects.toMatchObject(
      {
        code: 2,
        stderr: expect.stringContaining('1..10, got 20'),
      },
    );
    await expect(repaintFill('walk', '--steps', 'many')).rejects.toMatchObject({ code: 2 });
  });
});

describe('repaint-fill parity', () => {
  const fixtures = join(repository, 'test/fixtures');

  it('prints JSON rows and leaves with 0 when all hold', async () => {
    const rows = JSON.parse(await printed('parity', fixtures, '--family', 'schedule', '--json'));
    expect(process.exitCode ?? 0).toBe(0);
    expect(rows.length).toBeGreaterThan(60);
    expect(rows[0]).toEqual({
      family: 'schedule',
      case: expect.stringContaining('t_T=250'),
      quantity: 'times',
      maxAbs: 0,
      tolerance: 0,
      ok: true,
    });
  });

  it('leaves with 1 when one does not hold, and with 2 when there is no such folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parity-'));
    await mkdir(join(folder, 'diffusion'));
    await writeFile(join(folder, 'diffusion/maps.json'), '{"maps": {"10|5": [0, 2, 5, 7, 9]}}');
    expect(await printed('parity', folder)).toContain('0 hold, 1 do not, 0 skipped');
    expect(process.exitCode).toBe(1);
    expect(await printed('parity', join(folder, 'diffusion'))).toContain('0 hold, 1 do not');
    await rm(folder, { recursive: true });
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await printed('parity', folder);
    expect(process.exitCode).toBe(2);
  });
});

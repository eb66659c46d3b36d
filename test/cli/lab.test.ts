/** The lab from the command line, in this process: a real model, real files, mistakes in sentences. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test, vi, type MockInstance } from 'vitest';
import { main } from '../../src/cli/main.js';

let folder: string;
let log: MockInstance;
let error: MockInstance;
const at = (...names: string[]) => path.join(folder, ...names);

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'lab-cli-'));
  mkdirSync(at('photos'));
  const svg =
    '<svg width="64" height="64"><rect width="64" height="64" fill="#484"/><circle cx="20" cy="20" r="9" fill="#fff"/></svg>';
  await sharp(Buffer.from(svg)).png().toFile(at('photos', 'dot.png'));
  log = vi.spyOn(console, 'log').mockReturnValue();
  error = vi.spyOn(console, 'error').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(folder, { recursive: true });
});

const lab = (...args: string[]) => main(['node', 'repaint-fill', 'lab', ...args]);
const said = () => error.mock.calls.flat().join('\n');
const printed = () => log.mock.calls.flat().join('\n');

const run = (...args: string[]) =>
  lab(
    ...['run', '--photos', at('photos'), '--masks', 'ellipse', '--size', '64', '--json'],
    ...['--out', at('out'), '--features', at('none'), ...args],
  );

/** Without `--features`, and with a cache folder of its own: no network of features is there. */
async function runWithoutFeatures(...args: string[]): Promise<void> {
  vi.stubEnv('XDG_CACHE_HOME', folder);
  await lab(
    ...['run', '--photos', at('photos'), '--masks', 'ellipse', '--size', '64', '--json'],
    ...['--out', at('out'), ...args],
  );
  vi.unstubAllEnvs();
}

test('a fill of the shipped model is made, measured and reported', async () => {
  await runWithoutFeatures('--methods', 'quick=--prior model --steps 3 --jump-samples 1');
  expect(JSON.parse(printed())).toMatchObject({ made: 1, lost: 0 });
  const file = at('out', 'units', 'quick', 'ellipse', 'dot.png-1.json');
  const record = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  // The model's own pixels differ nowhere outside the hole.
  expect(record).toMatchObject({ status: 'made', nfe: 3, changedOutside: false });
  await lab('report', at('out'), '--photos', at('photos'), '--json');
  expect(readFileSync(at('out', 'report.csv'), 'utf8')).toContain('psnr,ellipse,quick,1,');
});

test('the photo fills itself, the same for the same seed', async () => {
  await runWithoutFeatures(
    '--methods',
    'one=--prior photo --preset draft,two=--prior photo --preset draft',
  );
  expect(JSON.parse(printed())).toMatchObject({ made: 2, lost: 0 });
  const made = ['one', 'two'].map((method) =>
    readFileSync(at('out', 'units', method, 'ellipse', 'dot.png-1.png')),
  );
  expect(made[0].equals(made[1])).toBe(true);
});

test('a method whose Python is not there is skipped with a sentence', async () => {
  await runWithoutFeatures('--methods', 'telea', '--python', at('no-python'));
  expect(JSON.parse(printed())).toMatchObject({ made: 0, skipped: [{ method: 'telea' }] });
  expect(said()).toContain('telea is skipped: ');
  expect(said()).toContain('give another --python');
  expect(process.exitCode).toBeUndefined();
});

test('options that fill does not have are told, and the method is skipped', async () => {
  await runWithoutFeatures('--methods', 'odd=--colour red');
  expect(said()).toContain('"--colour red" are no options of fill');
});

test('mistakes are told in a sentence with exit code 2', async () => {
  const mistakes: [string[], string][] = [
    [['--methods', 'moon'], 'no method "moon"'],
    [[], 'No method is named'],
    [['--methods', 'draft', '--masks', 'moon'], 'no mask "moon"'],
    [['--methods', 'draft', '--shard', '4/3'], '--shard must be i/n'],
    [['--methods', 'draft', '--photos', at('nowhere')], 'Cannot read the folder'],
    [['--methods', 'draft', '--lpips', at('nothing.onnx')], 'Cannot read'],
  ];
  for (const [args, sentence] of mistakes) {
    error.mockClear();
    await runWithoutFeatures(...args);
    expect(said(), args.join(' ')).toContain(sentence);
    expect(process.exitCode, args.join(' ')).toBe(2);
  }
});

test('a features file that is none is told', async () => {
  writeFileSync(at('none'), 'nothing');
  await run('--methods', 'draft');
  expect(said()).toContain('is no feature network');
  expect(process.exitCode).toBe(1);
});

test('masks are listed, and written with the squares they belong to', async () => {
  await lab('masks');
  expect(printed()).toContain('super-resolve-2x');
  const where = ['--photos', at('photos'), '--out', at('masks'), '--size', '64'];
  await lab('masks', '--masks', 'half', ...where);
  const mask = await sharp(at('masks', 'masks', 'dot-half.png'))
    .greyscale()
    .raw()
    .toBuffer();
  expect([mask[31], mask[32]]).toEqual([0, 255]);
  expect(await sharp(at('masks', 'photos', 'dot.png')).metadata()).toMatchObject({ width: 64 });
});

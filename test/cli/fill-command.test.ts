/** What the command does around the run, with a machine and a run of the test's own. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { openNodeRuntime } from '../../src/cli/node-runtime.js';
import { runFill, type FillEvent } from '../../src/fill/run.js';
import { randomStream } from '../../src/lab/masks/random.js';
import type { ModelCard } from '../../src/protocol/model-card.js';
import { modelFolder } from '../checkpoint/fixture-folders.js';
import { mutationCount } from '../checkpoint/mutations.js';

vi.mock('../../src/fill/run.js');
vi.mock(import('../../src/cli/node-runtime.js'), async (original) => ({
  ...(await original()),
  openNodeRuntime: vi.fn(),
}));

const cardFile = path.join(modelFolder('garden-64'), 'card.json');
const card = JSON.parse(readFileSync(cardFile, 'utf8')) as ModelCard;
/** Where the interrupted fills stand. */
const stopped = { level: 0, transition: 3, xt: Float32Array.of(0.1, NaN, -2), x0Hat: null };
let folder: string;
const at = (name: string) => path.join(folder, name);

/** The `fill` subcommand in this process, with a machine that has a model of this card. */
async function fill(model: ModelCard, ...args: string[]): Promise<void> {
  const runtime = { card: model, device: 'none', release: () => Promise.resolve() };
  vi.mocked(openNodeRuntime).mockResolvedValue(
    runtime as Awaited<ReturnType<typeof openNodeRuntime>>,
  );
  const files = [at('photo.png'), '--region', at('mask.png'), '--out', at('out')];
  await main(['node', 'repaint-fill', 'fill', ...files, '--json', ...args]);
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'fill-command-'));
  const grey = sharp({ create: { width: 48, height: 48, channels: 3, background: '#777' } });
  await grey.png().toFile(at('photo.png'));
  const box =
    '<svg width="48" height="48"><rect x="9" y="9" width="9" height="9" fill="white"/></svg>';
  await sharp(Buffer.from(box)).png().toFile(at('mask.png'));
  vi.spyOn(console, 'log').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(folder, { recursive: true });
});

test('Ctrl+C keeps every fill of a batch that is made, and makes no other', async () => {
  const made: number[] = [];
  vi.mocked(runFill).mockImplementation(async function* ({ seeds, plan }) {
    for (const [fill, seed] of seeds.entries()) {
      // Fills 0 and 1 are made at once; the key is pressed while the first is being written.
      if (fill === 2)
        yield { kind: 'call', snapshot: () => Promise.resolve(stopped) } as unknown as FillEvent;
      made.push(fill);
      const { width, height } = plan.maskBounds;
      const layer = { width, height, data: new Uint8ClampedArray(4 * width * height) };
      yield { kind: 'filled', fill, seed, layer };
      process.emit('SIGINT');
    }
  });
  const said = vi.spyOn(console, 'error').mockReturnValue();
  await fill(card, '--fills', '3');
  expect(made).toEqual([0, 1]);
  expect(said.mock.calls.flat().join()).toContain('the same command with --resume goes on');
  expect(readdirSync(at('out')).sort()).toEqual([
    expect.stringMatching(/^\.repaint-fill-[0-9a-f]{16}\.resume$/),
    'fill-1.png',
    'fill-2.png',
    'preview-1.png',
    'preview-2.png',
  ]);
  expect(process.exitCode).toBe(130);

  const froms: unknown[] = [];
  vi.mocked(runFill).mockImplementation(async function* (_request, _runtime, from) {
    froms.push(from);
    yield* [];
  });
  // Another seed is another fill: nothing of it was interrupted.
  await fill(card, '--fills', '3', '--seed', '7', '--resume');
  await fill(card, '--fills', '3', '--resume');
  expect(froms).toEqual([null, stopped]);
  // What is done needs no point to resume from.
  expect(readdirSync(at('out')).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a damaged point to resume from is told in a sentence', async () => {
  vi.mocked(runFill).mockImplementation(async function* () {
    process.emit('SIGINT');
    yield { kind: 'call', snapshot: () => Promise.resolve(stopped) } as unknown as FillEvent;
  });
  const said = vi.spyOn(console, 'error').mockReturnValue();
  await fill(card);
  const [name] = readdirSync(at('out'));
  const whole = readFileSync(at(`out/${name}`));
  const random = randomStream(14, 'damage');
  vi.mocked(runFill).mockClear();
  for (let round = 0; round < mutationCount / 35; round++) {
    const offset = random.below(whole.length);
    const bytes = Buffer.from(whole);
    bytes[offset] ^= 1 << random.below(8);
    writeFileSync(at(`out/${name}`), round % 4 === 0 ? whole.subarray(0, offset) : bytes);
    await fill(card, '--resume');
    expect(said.mock.lastCall?.[0]).toMatch(/is damaged.*start without --resume/);
    expect(process.exitCode).toBe(2);
  }
  expect(vi.mocked(runFill)).not.toHaveBeenCalled();
});

test('--version is the package’s', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await main(['node', 'repaint-fill', '--version']);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(write).toHaveBeenCalledExactlyOnceWith(`${version}\n`);
  expect(process.exitCode).toBe(0);
});

/** A run that makes nothing but clear layers. */
function makeClearLayers(): void {
  vi.mocked(runFill).mockImplementation(async function* ({ seeds, plan }) {
    const { width, height } = plan.maskBounds;
    const layer = { width, height, data: new Uint8ClampedArray(4 * width * height) };
    for (const [fill, seed] of seeds.entries()) yield { kind: 'filled', fill, seed, layer };
  });
}

test('a soft mask is not grown unless asked, a hard one is; the options are the settings', async () => {
  vi.spyOn(console, 'error').mockReturnValue();
  makeClearLayers();
  const settings = () => vi.mocked(runFill).mock.lastCall![0].settings;
  await fill(card, '--fills', '1');
  expect(settings()).toMatchObject({ growPx: 4, featherPx: 4, fillTransparent: false });
  await fill(card, '--fills', '1', '--grow', '0', '--feather', '0', '--fill-transparent');
  expect(settings()).toMatchObject({ growPx: 0, featherPx: 0, fillTransparent: true });
  const soft = await sharp(at('mask.png')).flatten({ background: '#000' }).blur(3).png().toBuffer();
  writeFileSync(at('mask.png'), soft);
  await fill(card, '--fills', '1');
  expect(settings()).toMatchObject({ growPx: 0 });
  await fill(card, '--fills', '1', '--grow', '2');
  expect(settings()).toMatchObject({ growPx: 2 });
});

test('results of an earlier run, and the photo, are never replaced without being asked', async () => {
  const error = vi.spyOn(console, 'error').mockReturnValue();
  makeClearLayers();
  await fill(card, '--fills', '1');
  writeFileSync(at('out/preview-1.png'), 'mine');
  await fill(card, '--fills', '1', '--invert', '--prior', 'model');
  expect(readdirSync(at('out')).sort()).toEqual([
    'fill-1.png',
    'fill-2.png',
    'preview-1.png',
    'preview-2.png',
  ]);
  expect(readFileSync(at('out/preview-1.png'), 'utf8')).toBe('mine');
  const lines = error.mock.calls.map(([line]) => String(line));
  expect(lines).toContainEqual(
    expect.stringMatching(/^region: 3.5 % of the photo, what is opaque/),
  );
  expect(lines).toContainEqual(expect.stringMatching(/^warning: the region covers 96.5 %/));
  await fill(card, '--fills', '1', '--force', '--format', 'jpeg');
  expect((await sharp(at('out/preview-1.jpg')).metadata()).format).toBe('jpeg');
  expect(readdirSync(at('out'))).not.toContain('fill-3.png');
});

test('a folder that cannot be written to is told before the first fill, with exit code 1', async () => {
  const error = vi.spyOn(console, 'error').mockReturnValue();
  makeClearLayers();
  vi.mocked(runFill).mockClear();
  writeFileSync(at('out'), 'a file');
  await fill(card, '--fills', '1');
  expect(error).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(/^Cannot write .*out: it is a file, not a folder\./),
  );
  expect(process.exitCode).toBe(1);
  expect(runFill).not.toHaveBeenCalled();
});

test('more steps than the model has are the user’s mistake, told in a sentence', async () => {
  const error = vi.spyOn(console, 'error').mockReturnValue();
  const short = { ...card, diffusion: { ...card.diffusion, numTrainTimesteps: 100 } };
  await fill(short, '--prior', 'model', '--steps', '101');
  expect(error).toHaveBeenCalledExactlyOnceWith('steps must be an integer in 1..100, got 101');
  expect(process.exitCode).toBe(2);
});

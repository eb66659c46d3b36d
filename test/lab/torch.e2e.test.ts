/**
 * What stands on PyTorch. The chain from photos to a fill: the trainer on the processor, with a tiny
 * network and for seconds, then our own reader and our own walk, so that what it exports cannot drift
 * from what we read. And LPIPS, exported as the docs say.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { buildModel, readModelCard } from '../../src/cli/model-build.js';
import { encodePng } from '../../src/lab/evaluation/photos.js';
import { openLpips } from '../../src/lab/measure/lpips.js';
import { CaseReport } from '../../src/lab/parity/family.js';
import { checkUNet2DCase } from '../../src/lab/parity/hf-unet2d.js';
import { expectParity } from '../checkpoint/expect-parity.js';
import { modelFolder } from '../checkpoint/fixture-folders.js';
import { callCli } from '../cli/run-cli.js';
import { filled as filledPicture, original } from './pictures.js';

const kit = fileURLToPath(new URL('../../models/training', import.meta.url));
const scripts = readdirSync(kit).filter((name) => name.endsWith('.py'));

function canRun(...args: string[]): boolean {
  try {
    execFileSync('python3', args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
/** Asked without importing them, which takes torch seconds. */
const findPackages =
  'import sys, importlib.util as u\nsys.exit(not all(u.find_spec(name) for name in sys.argv[1:]))';
const hasPython = canRun('--version');
const hasTorch = hasPython && canRun('-c', findPackages, 'torch', 'numpy', 'PIL', 'safetensors');
if (!hasTorch)
  // eslint-disable-next-line no-console -- a skip that says why
  console.info('The trainer is not tried: python3 has no torch, numpy, pillow or safetensors.');

describe('the training kit', () => {
  test.skipIf(!hasPython)('is Python that compiles', () => {
    const check = 'import ast, sys\nfor f in sys.argv[1:]: ast.parse(open(f).read(), f)';
    execFileSync('python3', ['-c', check, ...scripts.map((name) => path.join(kit, name))]);
  });

  it('has the words of the card that ships', async () => {
    const words = JSON.parse(readFileSync(path.join(kit, 'garden-64.json'), 'utf8')) as object;
    expect(Object.keys(words)).toHaveLength(6);
    expect(await readModelCard(modelFolder('garden-64'))).toMatchObject(words);
  });

  it('names in its readme only options that there are', () => {
    const source = readFileSync(path.join(kit, 'train.py'), 'utf8');
    const named = readFileSync(path.join(kit, 'README.md'), 'utf8').match(/--[a-z][a-z-]+/g)!;
    const ours = named.filter((option) => !['--region', '--model', '--help'].includes(option));
    expect(ours.length).toBeGreaterThan(5);
    for (const option of ours) expect(source).toContain(`"${option}"`);
  });
});

describe.skipIf(!hasTorch)('a tiny network', () => {
  let folder: string;
  const at = (...names: string[]) => path.join(folder, ...names);

  const train = async (...more: string[]) => {
    const tiny = ['--channels', '32,32', '--layers', '1', '--batch', '2', '--schedule', '0:32=1'];
    const paths = ['--data', at('photos'), '--out', at('run'), '--id', 'tiny'];
    const rest = ['--device', 'cpu', '--threads', '1', '--log-every', '2', ...more];
    const args = [path.join(kit, 'train.py'), ...paths, ...tiny, ...rest];
    return promisify(execFile)('python3', args);
  };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'training-'));
    for (const [name, colour] of [
      ['red', '#c33'],
      ['green', '#3c3'],
      ['none', '#33c'],
    ]) {
      mkdirSync(at('photos', name), { recursive: true });
      const svg = `<svg width="96" height="80"><rect width="96" height="80" fill="${colour}"/><circle cx="48" cy="40" r="20" fill="#fff"/></svg>`;
      for (let i = 0; i < 3; i++)
        await sharp(Buffer.from(svg))
          .png()
          .toFile(at('photos', name, `${i}.png`));
    }
    writeFileSync(at('photos', 'none', 'broken.png'), 'no picture');
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is trained, converted and fills', { timeout: 240_000 }, async () => {
    const { stdout } = await train('--crops', '16');
    expect(stdout).toMatch(/none\/broken\.png cannot be read and is left out/);

    const model = at('run', 'tiny');
    const card = await readModelCard(model);
    expect(card.classes.map(({ name }) => name)).toEqual(['green', 'red']);
    expect(card.training).toMatchObject({ cropsSeen: 16, steps: 2, cropsBySize: { 32: 16 } });

    const report = new CaseReport('models', 'tiny');
    await checkUNet2DCase(model, report, { backend: 'node' }, 2);
    expectParity(report);

    await buildModel(model, at('built'));
    const region =
      '<svg width="96" height="80"><rect x="30" y="30" width="20" height="20" fill="#fff"/></svg>';
    await sharp(Buffer.from(region)).flatten().png().toFile(at('mask.png'));
    const walk = ['--steps', '3', '--jump-samples', '1', '--threads', '1'];
    const filled = await callCli(
      ...['fill', at('photos', 'red', '0.png'), '--region', at('mask.png'), '--out', at('fills')],
      ...['--model', at('built'), '--prior', 'model', '--class', 'red', ...walk],
    );
    expect(filled, filled.stderr).toMatchObject({ code: 0 });
    const { channels } = await sharp(at('fills', 'fill-1.png')).stats();
    expect(channels[3].max).toBe(255);
    expect(channels[0].stdev).toBeGreaterThan(0);
  });

  it('goes on where it stopped, as the same network only', { timeout: 240_000 }, async () => {
    expect((await train('--crops', '32')).stdout).toMatch(/going on from .*last\.pt: 16 crops/);
    expect((await readModelCard(at('run', 'tiny'))).training).toMatchObject({ cropsSeen: 32 });
    await expect(train('--crops', '48', '--classes', 'red')).rejects.toMatchObject({
      stderr: expect.stringMatching(/another network or other classes/) as string,
    });
  });
});

const ofLpips = ['lpips', 'torchvision', 'onnx', 'onnxscript', 'numpy', 'PIL'];

test.skipIf(!hasPython || !canRun('-c', findPackages, ...ofLpips))(
  "LPIPS exported as docs/lab.md says gives lpips' own distance",
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lpips-'));
    try {
      const recipe = /```py\n(import lpips[^]*?)```/.exec(readFileSync('docs/lab.md', 'utf8'))![1];
      // A backbone of random weights: the trained ones are no package's.
      const random = recipe.replace("net='alex'", "net='alex', pnet_rand=True");
      expect(random).not.toBe(recipe);
      writeFileSync(path.join(folder, 'a.png'), await encodePng(original));
      writeFileSync(path.join(folder, 'b.png'), await encodePng(filledPicture));
      const oracle = `
import numpy as np
from PIL import Image
read = lambda f: torch.tensor(np.array(Image.open(f))).permute(2, 0, 1)[None].float() / 127.5 - 1
with torch.no_grad(): print('distance', float(net(read('a.png'), read('b.png'))))
`;
      const script = `import torch\ntorch.manual_seed(0)\n${random}${oracle}`;
      const options = {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'],
      };
      const said = String(execFileSync('python3', ['-c', script], options));
      const expected = Number(/distance (\S+)/.exec(said)![1]);
      const lpips = await openLpips(path.join(folder, 'lpips-alex.onnx'), 1);
      expect(expected).toBeGreaterThan(0.001);
      // float32 in both, summed in other orders.
      expect(await lpips.distance(original, filledPicture)).toBeCloseTo(expected, 5);
      expect(await lpips.distance(original, original)).toBeCloseTo(0, 6);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  300_000,
);

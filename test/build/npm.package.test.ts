/**
 * Packs the command line, installs the package into an empty folder and uses it there, as someone
 * who has no checkout does. Needs `npm run build:cli`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import sharp from 'sharp';

const root = path.resolve(import.meta.dirname, '../..');
const fixtures = path.join(root, 'test/fixtures');
const garden = path.join(root, 'models/garden-64');

let folder: string;
let installed: string;

/** What the user of the package types, in a folder of their own. */
function call(line: string) {
  const PATH = `${path.join(folder, 'node_modules/.bin')}${path.delimiter}${process.env['PATH']}`;
  const env = { ...process.env, PATH, REPAINT_FILL_HOME: path.join(folder, 'home') };
  const { status, stdout, stderr } = spawnSync(line, {
    cwd: folder,
    env,
    shell: true,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

/** A piece of a sample photo, and a mask of its size with a white box in it. */
async function writePhotoAndMask() {
  const size = { width: 128, height: 96 };
  const sample = path.join(installed, 'assets/samples/dahlia.jpg');
  const photo = sharp(sample).extract({ left: 100, top: 100, ...size });
  await photo.png().toFile(path.join(folder, 'photo.png'));
  const plain = (width: number, height: number, background: string) =>
    sharp({ create: { width, height, channels: 3, background } }).png();
  const box = { input: await plain(24, 20, 'white').toBuffer(), left: 40, top: 40 };
  await plain(size.width, size.height, 'black')
    .composite([box])
    .toFile(path.join(folder, 'mask.png'));
}

const pixelsOf = (name: string) => sharp(path.join(folder, name)).removeAlpha().raw().toBuffer();

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'repaint-package-')));
  installed = path.join(folder, 'node_modules/repaint-fill');
  // onnxruntime-node's install script fetches CUDA, which only some Linux machines can use.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
  const npm = (args: string[], cwd: string) =>
    execFileSync('npm', [...args, ...quiet], {
      cwd,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
  const tarball = npm(['pack', '--pack-destination', folder], root).trim();
  npm(['init', '-y'], folder);
  npm(['install', '--prefer-offline', `./${tarball}`], folder);
  await writePhotoAndMask();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the npm package, installed in an empty folder', () => {
  it('brings the runtimes and nothing that only builds or draws the panel', () => {
    const packages = readdirSync(path.join(folder, 'node_modules'));
    expect(packages).toEqual(expect.arrayContaining(['onnxruntime-node', 'sharp']));
    for (const name of ['onnxruntime-web', 'lit', 'vega', 'webpack', 'tsx', 'zod']) {
      expect(packages).not.toContain(name);
    }
    const built = path.join(installed, 'build/cli');
    expect(readdirSync(built)).toContain('THIRD-PARTY-NOTICES.txt');
    const sbom = JSON.parse(readFileSync(path.join(built, 'sbom.cdx.json'), 'utf8')) as {
      components: { name: string }[];
    };
    const told = sbom.components.map(({ name }) => name);
    expect(told).toEqual(expect.arrayContaining(['onnxruntime-node', 'sharp', 'zod', 'garden-64']));
    expect(told).not.toContain('webpack');
  });

  it('lists its commands', () => {
    const { code, stdout, stderr } = call('repaint-fill --help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of ['fill', 'model', 'walk', 'lab', 'parity']) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
  });

  it('ends without a word when its reader has seen enough', () => {
    // More than a pipe holds, so that it is still writing when the pipe is closed.
    const walk = 'repaint-fill walk --steps 1000 --jump-length 10 --jump-samples 20 --json';
    expect(call(walk).stdout.length).toBeGreaterThan(100_000);
    const { stdout, stderr } = call(`${walk} | head -c 100`);
    expect(stdout).toHaveLength(100);
    expect(stderr).toBe('');
  });

  it('fills from the photo, into the folder it is called in', async () => {
    const { code, stdout } = call(
      'repaint-fill fill photo.png --region mask.png --fills 1 --preset draft --seed 7',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('seed 7: fill-1.png, preview-1.png');
    const [before, after] = [await pixelsOf('photo.png'), await pixelsOf('preview-1.png')];
    expect(after.length).toBe(before.length);
    const at = (x: number, y: number) => (y * 128 + x) * 3;
    const rows = (image: Buffer, from: number, to: number) =>
      image.subarray(at(0, from), at(0, to));
    expect(rows(after, 0, 30).equals(rows(before, 0, 30))).toBe(true);
    expect(rows(after, 40, 60).equals(rows(before, 40, 60))).toBe(false);
  });

  it('refuses shipped weights that are not its own, even where their manifest vouches for them', () => {
    const model = path.join(installed, 'build/models/garden-64');
    const whole = path.join(folder, 'whole');
    cpSync(model, whole, { recursive: true });
    const graph = readFileSync(path.join(model, 'model.onnx'));
    graph[graph.length - 1] ^= 1;
    writeFileSync(path.join(model, 'model.onnx'), graph);
    const manifest = readFileSync(path.join(model, 'model.json'), 'utf8');
    const { onnx } = JSON.parse(manifest) as { onnx: { sha256: string } };
    const changed = createHash('sha256').update(graph).digest('hex');
    writeFileSync(path.join(model, 'model.json'), manifest.replace(onnx.sha256, changed));
    const line = 'repaint-fill fill photo.png --region mask.png --prior model --preset draft';
    const { code, stderr } = call(line);
    cpSync(whole, model, { recursive: true });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The weights of the model "garden-64" are not those .*\n$/);
  });

  it('adds a checkpoint after trying it on the sample photos, lists it and fills with it', () => {
    const checkpoint = path.join(folder, 'checkpoint');
    mkdirSync(checkpoint);
    const weights = 'diffusion_pytorch_model.fp16.safetensors';
    for (const name of ['config.json', 'scheduler_config.json', weights]) {
      cpSync(path.join(garden, name), path.join(checkpoint, name));
    }
    const added = call(`repaint-fill model add checkpoint/${weights} --id mine`);
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(added.stdout).toMatch(/^tested {4}timestep \d+/m);
    expect(readdirSync(path.join(folder, 'home/models'))).toEqual(['added-mine']);
    expect(call('repaint-fill model list').stdout).toMatch(/^garden-64 .*\nmine /);
    const filled = call(
      'repaint-fill fill photo.png --region mask.png --fills 1 --model mine --class 1 --steps 4 --out with-mine',
    );
    expect(filled.code).toBe(0);
    expect(readdirSync(path.join(folder, 'with-mine'))).toEqual(['fill-1.png', 'preview-1.png']);
  });

  it('compares with recorded numbers, and says where the browser is needed for it', () => {
    const compared = call(`repaint-fill parity "${fixtures}" --family schedule hf/unet2d`);
    expect(compared.stdout).toMatch(/^[1-9]\d+ hold, 0 do not, 0 skipped$/m);
    expect(compared.code).toBe(0);
    for (const backend of ['wasm', 'webgpu']) {
      const refused = call(`repaint-fill parity "${fixtures}" --on ${backend}`);
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toMatch(/^--on \w+ runs in a checkout of the project only.*\n$/);
    }
  });
});

/** The command as its user runs it, with the shipped model, on a small photo. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shippedFolder } from '../../src/cli/model-build.js';
import { callCli, root } from './run-cli.js';

let folder: string;
const file = (name: string) => path.join(folder, name);

const run = (...args: string[]) => callCli('fill', ...args);

function mask(name: string, width: number, height: number, shape: string): Promise<unknown> {
  const svg = `<svg width="${width}" height="${height}"><rect width="100%" height="100%"/>${shape}</svg>`;
  return sharp(Buffer.from(svg)).png().toFile(file(name));
}

async function pixels(name: string) {
  return sharp(file(name)).ensureAlpha().raw().toBuffer();
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'repaint-fill-'));
  const crop = { left: 260, top: 150, width: 80, height: 72 };
  await sharp(path.join(root, 'assets/samples/dahlia.jpg'))
    .extract(crop)
    .png()
    .toFile(file('photo.png'));
  await mask('mask.png', 80, 72, '<ellipse cx="40" cy="36" rx="18" ry="16" fill="white"/>');
  await mask('empty.png', 80, 72, '');
  await mask('full.png', 80, 72, '<rect width="80" height="72" fill="white"/>');
  await mask('other.png', 60, 72, '<rect width="9" height="9" fill="white"/>');
  await mask('tiny.png', 20, 20, '<rect width="9" height="9" fill="white"/>');
  await sharp(file('photo.png'))
    .resize(20, 20, { fit: 'fill' })
    .png()
    .toFile(file('tiny-photo.png'));
  writeFileSync(file('broken.jpg'), 'no picture');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quick = [
  '--prior',
  'model',
  '--preset',
  'draft',
  '--fills',
  '1',
  '--steps',
  '6',
  '--jump-length',
  '2',
  '--jump-samples',
  '2',
];

describe('repaint-fill fill', () => {
  test('writes a layer and a preview that leave the photo alone, the same for the same seed', async () => {
    const out = (name: string) => [
      '--region',
      file('mask.png'),
      '--seed',
      '7',
      '--out',
      file(name),
    ];
    const [first, second] = [
      await run(file('photo.png'), ...out('a'), ...quick),
      await run(file('photo.png'), ...out('b'), ...quick, '--json'),
    ];
    expect(first).toMatchObject({ code: 0 });
    expect(first.stderr).toMatch(/region: 15.7 % of the photo, what is white in .*mask\.png/);
    expect(first.stdout).toMatch(/seed 7: fill-1\.png, preview-1\.png\n10 calls a fill: 10 at /);
    expect(JSON.parse(second.stdout)).toMatchObject({ nfe: 10, fills: [{ seed: 7 }] });
    expect(
      Buffer.compare(readFileSync(file('a/fill-1.png')), readFileSync(file('b/fill-1.png'))),
    ).toBe(0);
    const [photo, region, layer, preview] = await Promise.all(
      ['photo.png', 'mask.png', 'a/fill-1.png', 'a/preview-1.png'].map(pixels),
    );
    let changed = 0;
    for (let i = 0; i < photo.length; i += 4) {
      const isSame = photo.subarray(i, i + 4).equals(preview.subarray(i, i + 4));
      const [x, y] = [(i / 4) % 80, Math.floor(i / 320)];
      // Grown by four pixels, the ellipse of 18 x 16 stays within one of 24 x 22.
      if (((x - 40) / 24) ** 2 + ((y - 36) / 22) ** 2 > 1)
        expect([isSame, layer[i + 3]]).toEqual([true, 0]);
      if (region[i] === 255) expect(layer[i + 3]).toBe(255);
      if (!isSame) changed++;
    }
    expect(changed).toBeGreaterThan(500);
  });

  test.each([
    ['a photo that is not there', ['nowhere.png', '--region', 'mask.png'], /Cannot read the photo/],
    ['a photo that is none', ['broken.jpg', '--region', 'mask.png'], /Cannot read the photo/],
    [
      'a photo under 32 px',
      ['tiny-photo.png', '--region', 'tiny.png'],
      /20 x 20 pixels; each side must be 32/,
    ],
    [
      'a mask of another size',
      ['photo.png', '--region', 'other.png'],
      /60 x 72 pixels, the photo 80 x 72/,
    ],
    ['an empty mask', ['photo.png', '--region', 'empty.png'], /nothing white or opaque/],
    [
      'a mask that covers everything',
      ['photo.png', '--region', 'full.png'],
      /covers the whole photo/,
    ],
    [
      'an unknown class',
      ['photo.png', '--region', 'mask.png', '--class', 'cactus'],
      /no class "cactus"; choose one of/,
    ],
    [
      'a number out of range',
      ['photo.png', '--region', 'mask.png', '--fills', '0'],
      /expected an integer from 1/,
    ],
  ])(
    'refuses %s in one sentence, with exit code 2',
    async (_, [photo, flag, region, ...rest], sentence) => {
      const { code, stderr } = await run(
        file(photo),
        flag,
        file(region),
        ...rest,
        '--out',
        file('x'),
      );
      expect(stderr).toMatch(sentence);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(code).toBe(2);
    },
  );

  test('says that a model’s file is damaged, with exit code 1', async () => {
    const model = file('model');
    cpSync(await shippedFolder('garden-64'), model, { recursive: true });
    const weights = path.join(model, 'model.onnx');
    const bytes = readFileSync(weights);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(weights, bytes);
    const { code, stderr } = await run(
      file('photo.png'),
      '--region',
      file('mask.png'),
      '--model',
      model,
    );
    expect(stderr).toMatch(/model\.onnx of the model "garden-64" is damaged/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });
});

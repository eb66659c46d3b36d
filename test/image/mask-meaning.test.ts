/** Masks as people save them, drawn here and encoded by sharp. */
import { existsSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { coveredShare, hasSoftEdges } from '../../src/image/coverage.js';
import { readMask, type MaskOptions, type MaskReading } from '../../src/image/mask-meaning.js';

const [width, height] = [160, 120];
const disc = (colour: string, more = '') =>
  `<ellipse cx="80" cy="60" rx="40" ry="30" fill="${colour}" ${more}/>`;

function drawn(shapes: string, ground?: string): Sharp {
  const rect = ground ? `<rect width="100%" height="100%" fill="${ground}"/>` : '';
  return sharp(Buffer.from(`<svg width="${width}" height="${height}">${rect}${shapes}</svg>`));
}

/** Decodes, as the command line does, and reads. */
async function read(file: Sharp | Buffer, options: MaskOptions = {}): Promise<MaskReading> {
  const bytes = Buffer.isBuffer(file) ? file : await file.png().toBuffer();
  const image = sharp(bytes, { ignoreIcc: true }).toColourspace('srgb').ensureAlpha();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return readMask({ ...info, data: new Uint8ClampedArray(data) }, options);
}

async function lightness(file: Sharp): Promise<number[]> {
  const bytes = await sharp(await file.png().toBuffer())
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
  return [...bytes].filter((_, i) => i % 3 === 0);
}

const truth = await lightness(drawn(disc('#fff'), '#000'));
const largestError = ({ coverage }: MaskReading, expected = truth) =>
  coverage.data.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);

/** Pixels that are wholly in, or wholly out, in truth, and not in the reading. */
function mistaken({ coverage }: MaskReading): number {
  return truth.filter((value, i) => value % 255 === 0 && coverage.data[i] !== value).length;
}

describe('a black and white mask', () => {
  test('is its white', async () => {
    const reading = await read(drawn(disc('#fff'), '#000'));
    expect(reading).toMatchObject({ meaning: { kind: 'white' }, looksLikePhoto: false });
    expect(largestError(reading)).toBe(0);
    expect(hasSoftEdges(reading.coverage)).toBe(false);
  });

  test.each<[string, (mask: Sharp) => Sharp]>([
    ['a palette', (mask) => mask.png({ palette: true, colours: 16 })],
    ['sixteen bits', (mask) => mask.toColourspace('rgb16').png()],
    ['one channel', (mask) => mask.toColourspace('b-w').png()],
    ['lossless WebP', (mask) => mask.webp({ lossless: true })],
    ['TIFF', (mask) => mask.tiff({ compression: 'lzw' })],
    ['GIF', (mask) => mask.gif()],
  ])('is the same in %s', async (_, encode) => {
    const reading = await read(await encode(drawn(disc('#fff'), '#000')).toBuffer());
    // A palette of few greys moves antialiased pixels a little.
    expect(largestError(reading)).toBeLessThan(24);
    expect(mistaken(reading)).toBe(0);
  });

  test.each([10, 30, 50, 75, 95])('saved as JPEG of quality %i has no dots', async (quality) => {
    const file = await drawn(disc('#fff'), '#000').jpeg({ quality }).toBuffer();
    const reading = await read(file, { isLossy: true });
    expect(hasSoftEdges(reading.coverage)).toBe(false);
    // A few pixels right at the edge, of 9,000, are on its other side.
    expect(mistaken(reading)).toBeLessThan(quality < 50 ? 50 : 4);
    // Saved once more, as PNG, its noise is told by itself, but for what touches the edge.
    const again = await read(await sharp(file).png().toBuffer());
    const far = again.coverage.data.filter((value, i) => value > 0 && truth[i] === 0).length;
    expect(far).toBeLessThan(120);
  });

  test.each([
    ['a transparent corner', '<rect width="10" height="10" fill="#fff"/>'],
    [
      'one pixel that is not quite opaque',
      '<rect width="1" height="1" fill="#fff" fill-opacity="0.01"/>',
    ],
  ])('with %s is still its white', async (_, hole) => {
    const cut = Buffer.from(`<svg width="${width}" height="${height}">${hole}</svg>`);
    const mask = await drawn(disc('#fff'), '#000').png().toBuffer();
    const file = await sharp(mask)
      .ensureAlpha()
      .composite([{ input: cut, blend: 'dest-out' }])
      .png()
      .toBuffer();
    expect((await sharp(file).stats()).isOpaque).toBe(false);
    expect(largestError(await read(file))).toBe(0);
  });

  test.each([0.1, 0.3, 0.5, 0.8])('as a layer of opacity %f counts in full', async (opacity) => {
    const layer = await drawn(disc('#fff'), '#000').ensureAlpha(opacity).png().toBuffer();
    expect(largestError(await read(layer))).toBeLessThanOrEqual(1);
    for (const background of ['#fff', '#000']) {
      const flat = await sharp(layer).flatten({ background }).png().toBuffer();
      expect(largestError(await read(flat))).toBeLessThanOrEqual(5);
    }
  });

  test('in video range is stretched', async () => {
    expect(largestError(await read(drawn(disc('#ebebeb'), '#101010')))).toBeLessThanOrEqual(1);
    const soft = drawn(disc('#ebebeb'), '#101010').blur(5);
    const expected = (await lightness(soft.clone())).map((value) => ((value - 16) * 255) / 219);
    expect(largestError(await read(soft), expected)).toBeLessThanOrEqual(1);
  });

  test('is turned round when asked', async () => {
    const reading = await read(drawn(disc('#000'), '#fff'), { isInverted: true });
    expect(largestError(reading)).toBe(0);
    expect(coveredShare((await read(drawn(disc('#000'), '#fff'))).coverage)).toBeGreaterThan(0.8);
  });
});

describe('a soft mask', () => {
  test.each([1, 2, 6, 15])('blurred by %i pixels is followed as it is', async (sigma) => {
    const blurred = drawn(disc('#fff'), '#000').blur(sigma);
    const expected = await lightness(blurred.clone());
    const reading = await read(blurred);
    expect(largestError(reading, expected)).toBe(0);
    expect(hasSoftEdges(reading.coverage)).toBe(true);
    const jpeg = await drawn(disc('#fff'), '#000').blur(sigma).jpeg().toBuffer();
    // What JPEG changes of it at quality 80, and the ends of the range that are cleaned.
    expect(largestError(await read(jpeg, { isLossy: true }), expected)).toBeLessThan(20);
  });

  test('without a single white pixel is followed too', async () => {
    const small = drawn('<circle cx="80" cy="60" r="6" fill="#fff"/>', '#000').blur(6);
    const expected = await lightness(small.clone());
    expect(Math.max(...expected)).toBeLessThan(200);
    expect(largestError(await read(small), expected)).toBe(0);
  });

  test('of opacity is followed, whatever its colour', async () => {
    const expected = await lightness(drawn(disc('#fff'), '#000').blur(4));
    for (const colour of ['#f00', '#000', '#fff'])
      expect(largestError(await read(drawn(disc(colour)).blur(4)), expected)).toBeLessThanOrEqual(
        2,
      );
  });

  test('of plain steps keeps them', async () => {
    const steps = drawn(
      '<rect x="20" y="20" width="60" height="60" fill="#808080"/><rect x="80" y="20" width="20" height="60" fill="#fff"/>',
      '#000',
    );
    expect(largestError(await read(steps), await lightness(steps.clone()))).toBe(0);
  });
});

describe('a brush of one colour', () => {
  const colours = ['#f00', '#0f0', '#00f', '#800000', '#000080', '#ff0', '#808080', '#404040'];

  test.each(colours)(
    '%s counts in full on black, on nothing, and half transparent',
    async (colour) => {
      for (const mask of [
        drawn(disc(colour), '#000'),
        drawn(disc(colour)),
        drawn(disc(colour, 'fill-opacity="0.4"')),
      ])
        expect(largestError(await read(mask))).toBeLessThanOrEqual(2);
    },
  );

  test.each([
    ['#f00', '#fff'],
    ['#fff', '#f00'],
    ['#f0f', '#0f0'],
    ['#fff', '#333'],
    ['#fff', '#888'],
  ])('%s is told from a ground of %s', async (colour, ground) => {
    const reading = await read(drawn(disc(colour), ground));
    expect(largestError(reading)).toBeLessThanOrEqual(1);
  });

  test.each([30, 75, 95])(
    'red, saved as JPEG of quality %i, is hard all the same',
    async (quality) => {
      const file = await drawn(disc('#f00'), '#000').jpeg({ quality }).toBuffer();
      const reading = await read(file, { isLossy: true });
      expect(hasSoftEdges(reading.coverage)).toBe(false);
      // Colours are kept at half the size: a rim of a pixel may be off, not more.
      expect(mistaken(reading)).toBeLessThan(40);
    },
  );

  test('among others on nothing is all that is opaque', async () => {
    const reading = await read(drawn(disc('#f00') + '<rect width="20" height="20" fill="#00f"/>'));
    expect(reading.meaning.kind).toBe('opaque');
    expect([reading.coverage.data[5 * width + 5], reading.coverage.data[60 * width + 80]]).toEqual([
      255, 255,
    ]);
  });
});

describe('a photo', () => {
  const photo = 'assets/samples/dahlia.jpg';

  test('with an erased hole is all that is opaque; turned round, the hole', async () => {
    expect(existsSync(photo)).toBe(true);
    const hole = await drawn(disc('#fff')).png().toBuffer();
    const base = sharp(photo).resize(width, height, { fit: 'fill' }).ensureAlpha();
    const file = await base
      .composite([{ input: hole, blend: 'dest-out' }])
      .png()
      .toBuffer();
    const reading = await read(file, { isInverted: true });
    expect(reading.meaning).toEqual({ kind: 'opaque' });
    expect(largestError(reading)).toBeLessThanOrEqual(1);
  });

  test('given as a mask is told', async () => {
    const file = await sharp(photo).resize(width, height).png().toBuffer();
    expect((await read(file)).looksLikePhoto).toBe(true);
  });
});

test.each([
  ['#000', 0],
  ['#fff', 255],
])('a mask that is all %s is %i everywhere, noise or not', async (colour, value) => {
  const file = await drawn('', colour).jpeg({ quality: 20 }).toBuffer();
  expect(new Set((await read(file, { isLossy: true })).coverage.data)).toEqual(new Set([value]));
});

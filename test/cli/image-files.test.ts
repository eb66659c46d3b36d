/** Photos and masks as people have them, read in this process. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/cli-error.js';
import { readPhoto, readRegion } from '../../src/cli/image-files.js';
import { layerFile, previewFile } from '../../src/cli/result-images.js';

let folder: string;
const at = (name: string) => path.join(folder, name);
const size = { width: 60, height: 40 };
/** A picture that differs at every pixel. */
const numbers = Uint8Array.from({ length: 3 * 60 * 40 }, (_, i) => (i * 31 + (i >> 4) * 7) % 256);
const picture = () => sharp(numbers, { raw: { ...size, channels: 3 } });
const asPng = { format: 'png', quality: 90, fillTransparent: false } as const;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'image-files-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function save(name: string, bytes: Buffer): string {
  writeFileSync(at(name), bytes);
  return at(name);
}

/** A fill of 8 x 6 pixels of one colour, half opaque on its left. */
const fill = {
  width: 8,
  height: 6,
  data: Uint8ClampedArray.from(
    { length: 4 * 48 },
    (_, i) => [200, 30, 90, i % 32 < 16 ? 128 : 255][i % 4],
  ),
};
const place = { x: 20, y: 10 };
const isInFill = (i: number) => {
  const [x, y] = [i % size.width, Math.floor(i / size.width)];
  return x >= 20 && x < 28 && y >= 10 && y < 16;
};

async function rawOf(bytes: Buffer) {
  return sharp(bytes, { ignoreIcc: true })
    .raw({ depth: 'ushort' })
    .toColourspace('rgb16')
    .toBuffer({ resolveWithObject: true });
}

describe('a preview', () => {
  test('of sixteen bits keeps them, bit for bit outside the fill', async () => {
    const deep = Uint16Array.from({ length: numbers.length }, (_, i) => (i * 7919) % 65536);
    const raw = { ...size, channels: 3 as const };
    const file = save(
      'deep.png',
      await sharp(deep, { raw }).toColourspace('rgb16').png().toBuffer(),
    );
    const preview = await previewFile(fill, place, await readPhoto(file), asPng);
    expect(await sharp(preview).metadata()).toMatchObject({ depth: 'ushort', channels: 3 });
    const { data } = await rawOf(preview);
    const values = new Uint16Array(Uint8Array.from(data).buffer);
    for (let i = 0; i < size.width * size.height; i++) {
      const same = [0, 1, 2].every((c) => values[3 * i + c] === deep[3 * i + c]);
      if (!isInFill(i)) expect(same).toBe(true);
    }
    // Opaque: 8 bits as 16. Half opaque: 128 of 255 of it.
    const opaque = 3 * (12 * 60 + 26);
    expect([...values.subarray(opaque, opaque + 3)]).toEqual([200 * 257, 30 * 257, 90 * 257]);
    const half = 3 * (12 * 60 + 21);
    const mixed = (200 * 257 * 128) / 255 + (deep[half] * 127) / 255;
    expect(Math.abs(values[half] - mixed)).toBeLessThanOrEqual(1);
  });

  test('of a grey photo has its one channel', async () => {
    for (const space of ['b-w', 'grey16']) {
      const file = save(`${space}.png`, await picture().toColourspace(space).png().toBuffer());
      const photo = await readPhoto(file);
      expect(photo.isGrey).toBe(true);
      const grey = { ...fill, data: fill.data.map((value, i) => (i % 4 < 3 ? 77 : value)) };
      const preview = await previewFile(grey, place, photo, asPng);
      const depth = space === 'b-w' ? 'uchar' : 'ushort';
      expect(await sharp(preview).metadata()).toMatchObject({ channels: 1, depth });
      expect((await sharp(await layerFile(grey, place, photo)).metadata()).channels).toBe(4);
    }
  });

  test('keeps profile, EXIF and density, turned upright, and no number outside the fill changes', async () => {
    const tagged = picture()
      .withIccProfile('p3')
      .withExif({ IFD0: { Copyright: 'Ada' } });
    const file = save(
      'turned.png',
      await tagged.withMetadata({ orientation: 6, density: 300 }).png().toBuffer(),
    );
    const photo = await readPhoto(file);
    expect([photo.width, photo.height]).toEqual([40, 60]);
    const preview = await previewFile(fill, place, photo, asPng);
    const metadata = await sharp(preview).metadata();
    expect(metadata).toMatchObject({ density: 300, orientation: 1, channels: 3 });
    expect(metadata.icc?.equals((await sharp(file).metadata()).icc!)).toBe(true);
    expect(metadata.exif?.toString('latin1')).toContain('Ada');
    const [before, after] = await Promise.all(
      [readFileSync(file), preview].map((bytes) =>
        sharp(bytes, { ignoreIcc: true }).autoOrient().raw().toBuffer(),
      ),
    );
    for (let i = 0; i < 40 * 60; i++) {
      const [x, y] = [i % 40, Math.floor(i / 40)];
      if (x >= 20 && x < 28 && y >= 10 && y < 16) continue;
      expect(after.subarray(3 * i, 3 * i + 3).equals(before.subarray(3 * i, 3 * i + 3))).toBe(true);
    }
    const layer = await sharp(await layerFile(fill, place, photo)).metadata();
    expect(layer).toMatchObject({ channels: 4, density: 300 });
    expect(layer.icc?.equals(metadata.icc!)).toBe(true);
  });

  test.each(['jpeg', 'webp'] as const)(
    'as %s has the profile too, and the asked quality',
    async (format) => {
      const file = save(
        'p3.png',
        await picture()
          .withIccProfile('p3')
          .withExif({ IFD0: { Copyright: 'Ada' } })
          .png()
          .toBuffer(),
      );
      const photo = await readPhoto(file);
      const [low, high] = await Promise.all(
        [20, 100].map((quality) => previewFile(fill, place, photo, { ...asPng, format, quality })),
      );
      expect(low.length).toBeLessThan(high.length / 2);
      const metadata = await sharp(high).metadata();
      expect(metadata.format).toBe(format);
      expect(metadata.icc?.equals((await sharp(file).metadata()).icc!)).toBe(true);
      expect(metadata.exif?.toString('latin1')).toContain('Ada');
    },
  );

  test('keeps the photo’s alpha, unless what is transparent was filled', async () => {
    const alpha = Uint8Array.from({ length: 4 * 60 * 40 }, (_, i) =>
      i % 4 < 3 ? 90 : i % 240 < 100 ? 0 : 160,
    );
    const file = save(
      'cutout.png',
      await sharp(alpha, { raw: { ...size, channels: 4 } })
        .png()
        .toBuffer(),
    );
    const photo = await readPhoto(file);
    // The layer's alpha is within the photo's, as a run makes it.
    const within = {
      ...fill,
      data: fill.data.map((value, i) => (i % 4 < 3 ? value : (i >> 2) % 8 < 5 ? 0 : 160)),
    };
    const { data } = await sharp(await previewFile(within, place, photo, asPng))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const alphaOf = (values: Uint8Array) => [...values].filter((_, i) => i % 4 === 3);
    expect(alphaOf(data)).toEqual(alphaOf(alpha));
    expect([...data.subarray(4 * (12 * 60 + 26), 4 * (12 * 60 + 26) + 4)]).toEqual([
      200, 30, 90, 160,
    ]);
    const filled = await previewFile(fill, place, photo, { ...asPng, fillTransparent: true });
    const over = await sharp(filled).raw().toBuffer();
    expect([...over.subarray(4 * (12 * 60 + 24), 4 * (12 * 60 + 24) + 4)]).toEqual([
      200, 30, 90, 255,
    ]);
    const flat = await previewFile(within, place, photo, {
      ...asPng,
      format: 'jpeg',
      quality: 100,
    });
    expect((await sharp(flat).metadata()).hasAlpha).toBe(false);
  });
});

/** A BMP of 24 or 32 bits, bottom up. */
function bmp(bits: 24 | 32): Buffer {
  const { width, height } = size;
  const row = Math.ceil((width * bits) / 32) * 4;
  const file = Buffer.alloc(54 + row * height);
  file.write('BM');
  [
    [2, file.length],
    [10, 54],
    [14, 40],
    [18, width],
    [22, height],
  ].forEach(([offset, value]) => file.writeUInt32LE(value, offset));
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  for (let i = 0; i < width * height; i++) {
    const to = 54 + (height - 1 - Math.floor(i / width)) * row + (i % width) * (bits / 8);
    for (let c = 0; c < 3; c++) file[to + c] = numbers[3 * i + 2 - c];
  }
  return file;
}

describe('a photo', () => {
  test.each([24, 32] as const)('is read from a BMP of %i bits', async (bits) => {
    const photo = await readPhoto(save('photo.bmp', bmp(bits)));
    expect(photo).toMatchObject({ ...size, hasAlpha: false });
    expect([...photo.pixels.data.filter((_, i) => i % 4 < 3)]).toEqual([...numbers]);
    expect(photo.pixels.data[3]).toBe(255);
  });

  test('of inks is filled in sRGB, and that is said', async () => {
    const cmyk = await picture().toColourspace('cmyk').withIccProfile('cmyk').jpeg().toBuffer();
    const photo = await readPhoto(save('cmyk.jpg', cmyk));
    expect(photo.remarks).toEqual([expect.stringMatching(/is CMYK; it is filled/)]);
    const preview = await sharp(await previewFile(fill, place, photo, asPng)).metadata();
    expect(preview).toMatchObject({ space: 'srgb', channels: 3 });
  });

  test('that moves is its first frame, and that is said', async () => {
    const frames = Buffer.concat([Buffer.alloc(60 * 40 * 3, 10), Buffer.alloc(60 * 40 * 3, 200)]);
    const strip = () =>
      sharp(frames, { raw: { width: 60, height: 80, channels: 3, pageHeight: 40 } });
    for (const [name, bytes] of [
      ['a.gif', await strip().gif().toBuffer()],
      ['a.webp', await strip().webp({ lossless: true }).toBuffer()],
    ] as const) {
      const photo = await readPhoto(save(name, bytes));
      expect(photo).toMatchObject(size);
      expect(photo.pixels.data[0]).toBe(10);
      expect(photo.remarks).toEqual([expect.stringMatching(/its first is used/)]);
    }
  });

  test.each<[string, () => Promise<Buffer> | Buffer, RegExp]>([
    [
      'x.heic',
      () => readFileSync('test/fixtures/photos/photo.heic'),
      /it is HEIC, which cannot be read here; save it as JPEG/,
    ],
    [
      'x.psd',
      () =>
        Buffer.concat([
          Buffer.from('8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x28\0\0\0\x3c\0\x08\0\x03', 'latin1'),
          Buffer.alloc(40),
        ]),
      /it is Photoshop/,
    ],
    [
      'cut.jpg',
      async () => (await picture().jpeg().toBuffer()).subarray(0, 1500),
      /the JPEG file is cut off/,
    ],
    [
      'cut.png',
      async () => (await picture().png().toBuffer()).subarray(0, 400),
      /the PNG file is cut off/,
    ],
    [
      'holed.png',
      async () => (await picture().png().toBuffer()).fill(7, 300, 900),
      /the PNG file is damaged/,
    ],
    ['empty.png', () => Buffer.alloc(0), /it is empty/],
    ['text.png', () => Buffer.from('no picture'), /it is no picture/],
    // 31 KB that would be decoded to two gigabytes.
    [
      'large.png',
      () => hugePng(16_000, 16_000),
      /16000 x 16000 pixels; each side must be 32 to 8000/,
    ],
    ['wide.png', () => hugePng(12_000, 9_000), /12000 x 9000 pixels; each side must be 32 to 8000/],
    [
      'small.png',
      () => picture().resize(20, 20).png().toBuffer(),
      /20 x 20 pixels; each side must be 32 to 8000/,
    ],
  ])('%s is refused in one sentence', async (name, make, sentence) => {
    const error: unknown = await readPhoto(save(name, await make())).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(sentence);
    expect((error as UsageError).message).not.toContain('\n');
  });

  test('that is a folder, or not there, is refused in one sentence', async () => {
    await expect(readPhoto(folder)).rejects.toThrow(/it is a folder/);
    await expect(readPhoto(at('nowhere.png'))).rejects.toThrow(/there is no such file/);
  });
});

/** Only the header is right: whatever decodes it fails in another way. */
function hugePng(width: number, height: number): Buffer {
  const header = Buffer.from(
    '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\0\x08\x02\0\0\0',
    'latin1',
  );
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return Buffer.concat([
    header,
    Buffer.alloc(4),
    Buffer.from('\0\0\0\0IEND\xae\x42\x60\x82', 'latin1'),
  ]);
}

describe('a region mask', () => {
  const drawn = (colour: string) =>
    sharp(
      Buffer.from(
        `<svg width="60" height="40"><rect width="60" height="40"/><rect x="10" y="10" width="20" height="10" fill="${colour}"/></svg>`,
      ),
    ).removeAlpha();

  test('tells what was taken for the region and its share', async () => {
    const file = save('mask.png', await drawn('#fff').png().toBuffer());
    const region = await readRegion(file, size, false);
    expect(region).toMatchObject({
      taken: `8.3 % of the photo, what is white in ${file}`,
      warnings: [],
    });
    const marked = await readRegion(
      save('red.png', await drawn('#f00').png().toBuffer()),
      size,
      false,
    );
    expect(marked.taken).toMatch(
      /^8.3 % of the photo, what is not of the background's colour #000000/,
    );
  });

  test('is warned of above half of the photo, each way round', async () => {
    const file = save('mask.png', await drawn('#fff').png().toBuffer());
    const region = await readRegion(file, size, true);
    expect(region.taken).toMatch(/^91.7 % of the photo, all but what is white/);
    expect(region.warnings).toEqual([expect.stringMatching(/covers 91.7 % .* leave out --invert/)]);
    const inverted = save('inverted.png', await drawn('#fff').negate().png().toBuffer());
    expect((await readRegion(inverted, size, false)).warnings[0]).toMatch(/give --invert/);
    expect((await readRegion(inverted, size, true)).warnings).toEqual([]);
  });

  test('of a JPEG, and of WebP, is what the PNG is', async () => {
    const png = await readRegion(
      save('mask.png', await drawn('#fff').png().toBuffer()),
      size,
      false,
    );
    for (const [name, bytes] of [
      ['mask.jpg', await drawn('#fff').jpeg({ quality: 60 }).toBuffer()],
      ['mask.webp', await drawn('#fff').webp({ quality: 40 }).toBuffer()],
    ] as const)
      expect((await readRegion(save(name, bytes), size, false)).coverage).toEqual(png.coverage);
  });

  test.each([
    ['of another size', '#fff', { width: 61, height: 40 }, /60 x 40 pixels, the photo 61 x 40/],
    ['with nothing in it', '#000', size, /nothing white or opaque/],
  ])('%s is refused', async (_, colour, photo, sentence) => {
    const file = save('mask.png', await drawn(colour).png().toBuffer());
    await expect(readRegion(file, photo, false)).rejects.toThrow(sentence);
  });
});

import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  isAnimatedPng,
  isCutOff,
  isLossy,
  kindTitle,
  readHeader,
} from '../../src/image/file-kind.js';

const image = () => sharp({ create: { width: 90, height: 60, channels: 3, background: '#936' } });

describe('the header of a file', () => {
  test.each([
    ['jpg', () => image().jpeg()],
    ['png', () => image().png()],
    ['webp', () => image().webp()],
    ['avif', () => image().avif()],
    ['gif', () => image().gif()],
    ['tiff', () => image().tiff()],
  ])('says that it is %s, and how large', async (kind, encode) => {
    expect(await readHeader(await encode().toBuffer())).toEqual({ kind, width: 90, height: 60 });
  });

  test('says nothing of what is no picture', async () => {
    for (const text of ['', 'no picture', 'RIFF', '\xff\xd8'])
      expect(await readHeader(Buffer.from(text, 'latin1'))).toBeNull();
    expect((await readHeader(Buffer.from('%PDF-1.7')))?.kind).toBe('pdf');
  });

  test('never throws and never hangs, whatever the bytes', async () => {
    const files = await Promise.all(
      [image().jpeg(), image().png(), image().webp(), image().avif(), image().tiff()].map((it) =>
        it.toBuffer(),
      ),
    );
    for (const file of files) {
      for (let k = 0; k < 300; k++) {
        const bytes = Uint8Array.from(file);
        for (let i = 0; i < 8; i++)
          bytes[(k * 131 + i * 7919) % Math.min(bytes.length, 400)] = (k * 37 + i * 101) % 256;
        await readHeader(bytes);
      }
    }
  });
});

test.each([
  ['jpg', () => image().jpeg()],
  ['png', () => image().png()],
  ['webp', () => image().webp()],
])('a %s whose end is missing is cut off', async (kind, encode) => {
  const bytes = await encode().toBuffer();
  expect(isCutOff(kind, bytes)).toBe(false);
  expect(isCutOff(kind, Buffer.concat([bytes, Buffer.alloc(40)]))).toBe(false);
  expect(isCutOff(kind, bytes.subarray(0, bytes.length - 20))).toBe(true);
});

test('is lossy or not, WebP by what it holds', async () => {
  expect(isLossy('jpg', await image().jpeg().toBuffer())).toBe(true);
  expect(isLossy('png', await image().png().toBuffer())).toBe(false);
  expect(isLossy('webp', await image().webp().toBuffer())).toBe(true);
  expect(isLossy('webp', await image().webp({ lossless: true }).toBuffer())).toBe(false);
  // With a profile the picture's chunk is not the first one.
  const extended = image().withIccProfile('p3').webp({ lossless: true });
  expect(isLossy('webp', await extended.toBuffer())).toBe(false);
});

test('a PNG that moves is told from one that does not', async () => {
  const png = await image().png().toBuffer();
  expect(isAnimatedPng('png', png)).toBe(false);
  const frames = Buffer.from('\0\0\0\x08acTL\0\0\0\x02\0\0\0\0\0\0\0\0', 'latin1');
  expect(isAnimatedPng('png', Buffer.concat([png.subarray(0, 33), frames, png.subarray(33)]))).toBe(
    true,
  );
});

test('kinds have the names that people know', () => {
  expect(['jpg', 'heif', 'heic', 'bmp', 'webp'].map(kindTitle)).toEqual([
    'JPEG',
    'HEIC',
    'HEIC',
    'BMP',
    'WebP',
  ]);
});

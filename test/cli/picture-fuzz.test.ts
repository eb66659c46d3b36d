/**
 * Hostile pictures: damaged photos and masks of each kind that is read are decoded or refused with
 * one sentence, quickly and within bounds.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encode as encodeBmp } from 'bmp-ts';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/cli-error.js';
import { readPhoto, readRegion } from '../../src/cli/image-files.js';
import { maxImageSide } from '../../src/image/file-kind.js';
import { expectSentences, mutationCount } from '../checkpoint/mutations.js';

const folder = mkdtempSync(path.join(tmpdir(), 'pictures-'));
afterAll(() => rmSync(folder, { recursive: true }));
const size = { width: 96, height: 64 };
const file = path.join(folder, 'picture');

const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
const picture = () => sharp({ create: { ...size, channels: 3, noise, background: 'grey' } });
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64"><g id="a"><rect x="9" y="9" width="9" height="9" fill="white"/></g><use href="#a" x="20"/></svg>`;

const kinds: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  PNG: () =>
    picture()
      .png()
      .withExif({ IFD0: { Copyright: 'nobody' } })
      .toBuffer(),
  JPEG: () =>
    picture()
      .jpeg()
      .withExif({ IFD0: { Copyright: 'nobody' } })
      .toBuffer(),
  WebP: () => picture().webp().toBuffer(),
  AVIF: () => picture().avif({ effort: 0 }).toBuffer(),
  TIFF: () => picture().tiff().toBuffer(),
  GIF: () => picture().gif().toBuffer(),
  BMP: async () => {
    const data = await picture().ensureAlpha().raw().toBuffer();
    return encodeBmp({ ...size, data, bitPP: 24 }).data;
  },
  SVG: () => Promise.resolve(new TextEncoder().encode(svg)),
};

/** Reads a file as photo and as mask. Returns the refusal's sentence, or null. */
async function outcome(bytes: Uint8Array): Promise<string | null> {
  writeFileSync(file, bytes);
  try {
    const photo = await readPhoto(file);
    expect(photo.pixels.data.length).toBe(4 * photo.width * photo.height);
    expect(Math.max(photo.width, photo.height)).toBeLessThanOrEqual(maxImageSide);
    const { coverage } = await readRegion(file, photo, false);
    expect(coverage.data.length).toBe(photo.width * photo.height);
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

describe('damaged pictures', () => {
  test.each(Object.entries(kinds))(
    'of %s are read or refused with one sentence',
    async (_, make) => {
      const bytes = new Uint8Array(await make());
      const sentence = /^(Cannot read the|The) (photo|region mask) [^\n]+[.]$/;
      const head: [number, number] = [0, Math.min(bytes.length, 300)];
      // Some kinds decode whatever comes: what is refused is counted, not asked for.
      const limits = { sentence, allowedMs: 5000, copies: mutationCount / 10, leastRefused: 0 };
      await expectSentences(bytes, [head, [0, bytes.length]], outcome, limits);
    },
    3_600_000,
  );

  test('that ask for far more than they hold are read or refused with one sentence', async () => {
    const laughs = Array.from({ length: 12 }, (_, i) => {
      const uses = `<use href="#l${i}"/>`.repeat(10);
      return `<g id="l${i + 1}">${uses}</g>`;
    });
    const bomb = svg.replace(
      '<g id="a">',
      `<g id="l0"><rect width="9" height="9"/></g>${laughs.join('')}<g id="a">`,
    );
    const secret = svg.replace(
      '<use',
      '<image href="file:///etc/passwd" width="9" height="9"/><use',
    );
    for (const text of [bomb, secret, svg.replace('width="96"', 'width="1e9"')]) {
      const said = await outcome(new TextEncoder().encode(text));
      if (said !== null) expect(said).toMatch(/^(Cannot read the|The) photo [^\n]+[.]$/);
    }
  }, 240_000);
});

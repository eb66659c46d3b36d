/** Expanding on the command line: the photo inside is untouched, all around it is filled. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseMargins } from '../../src/cli/expand.js';
import { main } from '../../src/cli/main.js';

let folder: string;
const file = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'repaint-expand-'));
  const data = Buffer.from(Array.from({ length: 3 * 72 * 60 }, (_, i) => 90 + ((7 * i) % 60)));
  await sharp(data, { raw: { width: 72, height: 60, channels: 3 } })
    .png()
    .toFile(file('photo.png'));
});

afterAll(() => rmSync(folder, { recursive: true }));

test('margins are four whole numbers, one above 0', () => {
  expect(parseMargins('0,200,0,20')).toEqual({ top: 0, right: 200, bottom: 0, left: 20 });
  for (const text of ['', '1,2,3', '0,0,0,0', '1,2,3,-4', '1,,2,3', 'a,1,2,3', '1.5,0,0,0'])
    expect(() => parseMargins(text)).toThrow(/four whole numbers of pixels/);
});

test('a photo grows by its margins and keeps its own pixels', async () => {
  vi.spyOn(console, 'error').mockReturnValue();
  vi.spyOn(console, 'log').mockReturnValue();
  const args = [
    '--expand',
    '4,20,0,9',
    '--grow',
    '0',
    '--fills',
    '1',
    '--preset',
    'draft',
    '--json',
  ];
  await main(['node', 'repaint-fill', 'fill', file('photo.png'), ...args, '--out', file('o')]);
  const preview = sharp(file('o/preview-1.png'));
  const { width, height, channels } = await preview.metadata();
  expect({ width, height, channels }).toEqual({ width: 101, height: 64, channels: 3 });
  const inside = { left: 9, top: 4, width: 72, height: 60 };
  const kept = await sharp(await preview.toBuffer())
    .extract(inside)
    .raw()
    .toBuffer();
  expect(kept.equals(await sharp(file('photo.png')).raw().toBuffer())).toBe(true);
  // The photo has no pixel darker than 90: nothing of the empty canvas shows.
  const whole = await sharp(file('o/preview-1.png')).raw().toBuffer();
  expect(Math.min(...whole)).toBeGreaterThan(80);
});

/** Varying an earlier result on the command line. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { samplesFolder } from '../../src/cli/places.js';
import { callCli } from './run-cli.js';

let folder: string;
const file = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'repaint-vary-'));
  const photo = sharp(path.join(samplesFolder, 'cat.jpg')).resize(160, 120, { fit: 'cover' });
  await photo.png().toFile(file('photo.png'));
  const box =
    '<svg width="160" height="120"><rect x="46" y="34" width="60" height="52" fill="white"/></svg>';
  await sharp(Buffer.from(box)).png().toFile(file('mask.png'));
  await sharp(Buffer.from(box)).resize(80, 60).png().toFile(file('small.png'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function fill(out: string, ...args: string[]) {
  const input = ['fill', file('photo.png'), '--region', file('mask.png'), '--preset', 'draft'];
  return callCli(...input, '--fills', '1', '--json', '--out', file(out), ...args);
}

async function difference(a: string, b: string): Promise<number> {
  const [one, other] = await Promise.all(
    [a, b].map((name) => sharp(file(name)).removeAlpha().raw().toBuffer()),
  );
  return one.reduce((sum, value, i) => sum + Math.abs(value - other[i]), 0) / one.length;
}

test('a layer and a preview are varied alike, by as much as the strength says', async () => {
  const { stdout } = await fill('first');
  const { nfe } = JSON.parse(stdout) as { nfe: number };
  const results = {
    same: ['--from', file('first/fill-1.png'), '--strength', '0'],
    usual: ['--from', file('first/fill-1.png')],
    flat: ['--from', file('first/preview-1.png')],
  };
  const calls: number[] = [];
  for (const [name, args] of Object.entries(results)) {
    const said = await fill(name, '--seed', '5', ...args);
    expect(said.stderr).not.toMatch(/error/i);
    expect(said.code).toBe(0);
    calls.push((JSON.parse(said.stdout) as { nfe: number }).nfe);
  }
  // What a strength changes is in test/prior/photo-fill.test.ts.
  const [none, usual] = calls;
  expect(none).toBeLessThan(usual);
  expect(usual).toBeLessThan(nfe);
  expect(calls[2]).toBe(usual);
  // The layer's colours under its soft edge are whole, the preview's are mixed with the photo's.
  expect(await difference('flat/preview-1.png', 'usual/preview-1.png')).toBeLessThan(
    await difference('flat/preview-1.png', 'first/preview-1.png'),
  );
});

test('what cannot be varied is said in a sentence', async () => {
  const small = await fill('refused', '--from', file('small.png'));
  expect(small.code).not.toBe(0);
  expect(small.stderr).toMatch(/The fill .*small.png is 80 x 60 pixels, the photo 160 x 120/);
  const alone = await fill('refused', '--strength', '0.3');
  expect(alone.stderr).toMatch(/--strength needs a fill to vary: give one with --from/);
});

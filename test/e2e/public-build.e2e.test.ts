/** The public build in the workbench: pixels come from a rendition of the page, stable calls only. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodePng } from '../../src/image/png.js';
import { BenchPage } from './bench-page.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = fileURLToPath(new URL('../../build/public', import.meta.url));
const ellipse = { x: 290, y: 190, width: 34, height: 30 };
let bench: BenchPage;

beforeAll(async () => {
  const args = ['webpack', '--config-node-env', 'production', '--output-path', folder];
  await promisify(execFile)('npx', args, { cwd: root });
  bench = await BenchPage.open({ addOnFolder: folder });
});

afterAll(async () => {
  await bench?.close();
});

it('fills from a rendition of the page', { timeout: 300_000 }, async () => {
  await bench.page.keyboard.press('e');
  const { x, y, width, height } = ellipse;
  await bench.drag([x, y], [x + width, y + height]);
  await bench.panel.getByTestId('region-size').waitFor();
  await bench.panel.getByTestId('fills').getByText('1', { exact: true }).click();
  await bench.chooseDraft();
  await bench.panel.getByTestId('generate').click();
  await expect.poll(() => bench.fillLayers(), { timeout: 240_000 }).toHaveLength(1);
  const [layer] = await bench.fillLayers();
  const image = decodePng(new Uint8Array(await bench.bitmapBytes(layer)));
  // The layer covers the ellipse on the page, at the rendition's resolution or finer.
  const { geometry } = layer.children[0];
  expect(geometry).toMatchObject({ kind: 'image' });
  if (geometry.kind !== 'image') return;
  expect(Math.abs(geometry.width - width)).toBeLessThan(5);
  expect(image.width).toBeGreaterThanOrEqual(Math.floor(geometry.width));
  const [, , , , left, top] = layer.matrix;
  expect(Math.hypot(left - x, top - y)).toBeLessThan(5);
  await bench.screenshot('7-public-build');
  expect(bench.problems).toEqual([]);
});

/**
 * The user's flow with the shipped model on wasm: select, Generative fill, layers. Needs the dev
 * build and the workbench's build (`npm test` makes them).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePng } from '../../src/image/png.js';
import type { RgbaImage } from '../../src/image/raster.js';
import type { NodeData } from '../../src/workbench/document.js';
import { BenchPage } from './bench-page.js';

/** A small ellipse on the dahlia, so that, grown, one level of 64 px is all there is to walk. */
const ellipse = { x: 290, y: 190, width: 26, height: 24 };
/** By so much a region grows before it is filled, and a mouse lands that much beside. */
const grown = 4 + 1.5;
const seed = 7;
const slow = { timeout: 240_000 };
let bench: BenchPage;

beforeAll(async () => {
  bench = await BenchPage.open();
});

afterAll(async () => {
  await bench.close();
});

const fillLayers = () => bench.fillLayers();

async function pixelsOf(layer: NodeData): Promise<RgbaImage> {
  return decodePng(new Uint8Array(await bench.bitmapBytes(layer)));
}

async function setNumber(testId: string, value: number): Promise<void> {
  const field = bench.panel.getByTestId(testId).locator('input');
  await field.fill(String(value));
  await field.press('Enter');
}

/** The pixels a fill's layer puts on the page, by the ellipse it was asked for. */
function outsideOpacity({ width, height, data }: RgbaImage, at: { x: number; y: number }): number {
  let most = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = (at.x + x + 0.5 - ellipse.x - ellipse.width / 2) / (ellipse.width / 2 + grown);
      const v = (at.y + y + 0.5 - ellipse.y - ellipse.height / 2) / (ellipse.height / 2 + grown);
      if (u * u + v * v > 1) most = Math.max(most, data[4 * (y * width + x) + 3]);
    }
  }
  return most;
}

async function waitForFills(count: number): Promise<void> {
  await expect.poll(async () => (await fillLayers()).length, slow).toBe(count);
  await bench.panel.getByTestId('progress').waitFor({ state: 'detached' });
}

describe('one fill, end to end', () => {
  it('asks for a region first', async () => {
    await bench.panel.getByTestId('generate').waitFor();
    await expect
      .poll(() => bench.panel.getByTestId('generate').getAttribute('disabled'))
      .not.toBeNull();
    await bench.panel.getByTestId('selection-problem').waitFor();
    await bench.screenshot('1-nothing-selected');
  });

  it('shows the region it has read, its size and what a fill will cost', async () => {
    await bench.page.keyboard.press('e');
    const { x, y, width, height } = ellipse;
    await bench.drag([x, y], [x + width, y + height]);
    const size = bench.panel.getByTestId('region-size');
    // The mouse lands on whole screen pixels: a pixel more or less on each side.
    await expect.poll(() => size.innerText()).toMatch(/(2[5-8]) × (2[3-6]) px/);
    await bench.fillFrom('model');
    await bench.panel.getByTestId('fills').getByText('2', { exact: true }).click();
    await bench.chooseDraft();
    // Draft: T = 25, j = 5, r = 3 is 65 steps for each fill.
    await expect
      .poll(() => bench.panel.getByTestId('plan').innerText(), slow)
      .toMatch(/2 fills, 65 steps each/);
    await bench.screenshot('2-region');
  });

  it('fills, showing counted progress and a preview, and adds each fill above the photo', async () => {
    await bench.chooseTenSteps();
    await bench.panel.getByTestId('edge').getByRole('button').click();
    await bench.panel.getByTestId('fixed-seed').click();
    await setNumber('seed', seed);
    await bench.panel.getByTestId('generate').click();
    const calls = bench.panel.getByTestId('calls');
    await expect.poll(() => calls.innerText(), slow).toMatch(/^\d+ of 20 steps/);
    const first = Number.parseInt(await calls.innerText(), 10);
    await expect
      .poll(async () => Number.parseInt(await calls.innerText(), 10), slow)
      .toBeGreaterThan(first);
    await bench.screenshot('3-filling');
    await waitForFills(2);
    const kinds = (await bench.artboard()).children.map(({ geometry }) => geometry.kind);
    expect(kinds).toEqual(['media', 'media', 'media', 'ellipse']);
    await bench.screenshot('4-filled');
  });

  it('leaves every pixel outside the region to the photo below', async () => {
    for (const layer of await fillLayers()) {
      const [a, b, c, d, x, y] = layer.matrix;
      // Pixel for pixel: no turn, no scale, whole pixels.
      expect([a, b, c, d].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, 0, 0, 1]);
      expect([x - Math.round(x), y - Math.round(y)].every((rest) => Math.abs(rest) < 1e-9)).toBe(
        true,
      );
      const image = await pixelsOf(layer);
      expect(layer.children[0].geometry).toMatchObject({
        width: image.width,
        height: image.height,
      });
      expect(outsideOpacity(image, { x, y })).toBe(0);
      // Opaque inside the feather: the middle of the layer.
      const middle = Math.floor(image.height / 2) * image.width + Math.floor(image.width / 2);
      expect(image.data[4 * middle + 3]).toBe(255);
    }
  });

  it('shows one fill at a time, and the original', async () => {
    const visible = async () => (await fillLayers()).map(({ opacity }) => opacity);
    await bench.panel.getByTestId('fill').first().click();
    await expect
      .poll(async () => (await visible()).filter((opacity) => opacity > 0))
      .toHaveLength(1);
    const before = await visible();
    await bench.panel.getByTestId('fill').last().click();
    await expect.poll(visible).toEqual(before.map((opacity) => 1 - opacity));
    await bench.panel.getByTestId('original').click();
    await expect.poll(visible).toEqual([0, 0]);
  });

  it('makes the same pixels from the same seed', async () => {
    const layers = await fillLayers();
    const seedOf = (layer: NodeData) =>
      (JSON.parse(layer.addOnData['repaintFill']) as { seed: number }).seed;
    expect(new Set(layers.map(seedOf))).toEqual(new Set([seed, seed + 1]));
    await bench.panel.getByTestId('fills').getByText('1', { exact: true }).click();
    await setNumber('seed', seed);
    await bench.panel.getByTestId('generate').click();
    await waitForFills(3);
    const again = await fillLayers();
    const made = again.find(({ id }) => !layers.some((layer) => layer.id === id))!;
    const original = layers.find((layer) => seedOf(layer) === seedOf(made))!;
    expect(await pixelsOf(made)).toEqual(await pixelsOf(original));
  });

  it('stops when cancelled, and keeps what there is', async () => {
    await bench.panel.getByTestId('fills').getByText('4', { exact: true }).click();
    await bench.panel.getByTestId('generate').click();
    await bench.panel.getByTestId('cancel').click();
    await bench.panel.getByTestId('progress').waitFor({ state: 'detached' });
    expect(await fillLayers()).toHaveLength(3);
    await expect
      .poll(() => bench.panel.getByTestId('generate').getAttribute('disabled'))
      .toBeNull();
  });

  it('keeps and deletes fills', async () => {
    const keptLayers = async () =>
      (await fillLayers()).filter(({ addOnData }) => addOnData['repaintFillKept']);
    await bench.panel.getByTestId('fill').first().click();
    await bench.panel.getByTestId('keep').click();
    await expect.poll(async () => (await keptLayers()).length).toBe(1);
    await bench.panel.getByTestId('fill').first().click();
    await bench.panel.getByTestId('delete').click();
    // The kept fill and the one that is left.
    await expect.poll(async () => (await fillLayers()).length).toBe(2);
    expect(await keptLayers()).toHaveLength(1);
  });

  it('follows the host into the dark and into Chinese', async () => {
    await bench.page.getByTestId('theme').click();
    await bench.page.getByTestId('locale').selectOption('zh-CN');
    await expect
      .poll(() => bench.panel.getByTestId('generate').innerText())
      .toContain('生成式填充');
    await bench.screenshot('5-dark-chinese');
    await bench.page.getByTestId('locale').selectOption('en-US');
  });

  it('says what is missing when the photo goes away while filling, and loses nothing', async () => {
    await bench.panel.getByTestId('fills').getByText('1', { exact: true }).click();
    await bench.panel.getByTestId('generate').click();
    await bench.panel.getByTestId('calls').waitFor();
    const [photo] = (await bench.artboard()).children;
    await bench.command({ kind: 'delete', ids: [photo.id] });
    await bench.panel.getByTestId('problem').first().waitFor(slow);
    await bench.screenshot('6-photo-gone');
  });

  it('has thrown nothing on the way', () => {
    expect(bench.problems).toEqual([]);
  });
});

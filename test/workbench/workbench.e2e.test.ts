/**
 * The workbench in Chromium with the dev build's `dist/` in it: the page serves its user, and the
 * panel hears of it. Needs `npm run build:dev` and `npm run build:workbench`.
 */
import { mkdirSync } from 'node:fs';
import { chromium, type Browser, type FrameLocator, type Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Command, DocumentData } from '../../src/workbench/document.js';
import type { Workbench } from '../../src/workbench/page/workbench.js';
import { startWorkbench, type RunningWorkbench } from '../../src/workbench/server/serve.js';
import { chromiumArgs, findChromium } from '../../src/lab/chromium.mjs';

/** Ignored by git. */
const screenshots = 'build/screenshots';
let workbench: RunningWorkbench;
let browser: Browser;
let page: Page;
let panel: FrameLocator;

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  workbench = await startWorkbench(0);
  browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArgs });
});

afterAll(async () => {
  await browser?.close();
  await workbench?.close();
});

beforeEach(async () => {
  await page?.close();
  page = await browser.newPage({ viewport: { width: 1440, height: 860 }, colorScheme: 'light' });
  await page.goto(workbench.url);
  await page.getByTestId('layer').first().waitFor();
  panel = page.frameLocator('[data-testid=panel-frame]');
  // Something of the panel's own is on the screen.
  await panel.getByRole('button', { name: 'Generative fill' }).waitFor();
});

function snapshot(): Promise<DocumentData> {
  return page.evaluate((): Workbench['current'] & object => window.workbench!.current!);
}

function send(command: Command): Promise<void> {
  return page.evaluate((sent) => window.workbench!.send(sent), command);
}

/** Drags over the stage, in parts of its size. */
async function drag(...points: readonly (readonly [number, number])[]): Promise<void> {
  const box = (await page.locator('#stage').boundingBox())!;
  const at = ([x, y]: readonly [number, number]) =>
    [box.x + box.width * x, box.y + box.height * y] as const;
  await page.mouse.move(...at(points[0]));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 4 });
  await page.mouse.up();
}

const kinds = async () => (await snapshot()).artboard.children.map(({ geometry }) => geometry.kind);

/** The line under the thumbnail, such as "Region 178 × 202 px". */
const regionLine = () => panel.getByText(/^Region \d+ × \d+ px/);

describe('the add-on in its frame', () => {
  it('is sandboxed and cross-origin, as in the host', async () => {
    const frame = page.getByTestId('panel-frame');
    expect(await frame.getAttribute('sandbox')).toBe(
      'allow-scripts allow-same-origin allow-downloads',
    );
    expect(await frame.getAttribute('allow')).toBeNull();
    const url = new URL((await frame.getAttribute('src'))!);
    expect(url.origin).not.toBe(new URL(page.url()).origin);
    expect((await frame.boundingBox())!.width).toBe(320);
    const [top, inner] = page.frames();
    expect(await top.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await inner.evaluate(() => crossOriginIsolated)).toBe(false);
  });

  it('comes with the headers of the host, its files unchanged', async () => {
    const origin = new URL((await page.getByTestId('panel-frame').getAttribute('src'))!).origin;
    const code = await page.request.get(`${origin}/code.js`);
    expect(code.headers()).toMatchObject({
      'cross-origin-embedder-policy': 'credentialless',
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': '*',
    });
    const override = await page.request.get(`${origin}/add-on-console-override.js`);
    expect([override.status(), await override.text()]).toEqual([200, '']);
    expect((await page.request.get(`${origin}/nothing.js`)).status()).toBe(404);
  });

  it('follows theme and language', async () => {
    await page.getByTestId('theme').click();
    await panel.locator('sp-theme[color=dark]').first().waitFor();
    await page.getByTestId('locale').selectOption('zh-CN');
    await panel.getByRole('button', { name: '生成式填充' }).waitFor();
    await page.screenshot({ path: `${screenshots}/workbench-dark-zh.png` });
  });
});

describe('a region drawn', () => {
  it.each([
    ['r', 'rectangle', [0.4, 0.4], [0.6, 0.6]],
    ['e', 'ellipse', [0.4, 0.4], [0.6, 0.6]],
  ] as const)('with %s is a selected %s that the panel shows', async (key, kind, from, to) => {
    await page.keyboard.press(key);
    await drag(from, to);
    await regionLine().waitFor();
    expect(await kinds()).toEqual(['media', kind]);
    const { artboard, selection } = await snapshot();
    expect(selection).toEqual([artboard.children[1].id]);
    await page.screenshot({ path: `${screenshots}/workbench-${kind}.png` });
  });

  it('with the lasso is a path', async () => {
    await page.keyboard.press('l');
    await drag([0.4, 0.4], [0.6, 0.42], [0.55, 0.6], [0.42, 0.58]);
    await regionLine().waitFor();
    expect(await kinds()).toEqual(['media', 'path']);
  });

  it('has the size in pixels of the photo that was dragged', async () => {
    await send({
      kind: 'addShape',
      geometry: { kind: 'rectangle', width: 120, height: 80, radii: [0, 0, 0, 0] },
      matrix: [1, 0, 0, 1, 200, 150],
      isSelected: true,
    });
    await panel.getByText('Region 120 × 80 px').waitFor();
  });

  it('is moved by arrow keys, removed by Delete and brought back by undo', async () => {
    await page.keyboard.press('r');
    await drag([0.4, 0.4], [0.6, 0.6]);
    const before = (await snapshot()).artboard.children[1].matrix;
    await page.keyboard.press('Shift+ArrowRight');
    const after = (await snapshot()).artboard.children[1].matrix;
    expect(after[4] - before[4]).toBeCloseTo(10, 9);
    await page.keyboard.press('Delete');
    expect(await kinds()).toEqual(['media']);
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    expect((await snapshot()).artboard.children[1].matrix).toEqual(before);
    await page.keyboard.press('Control+Shift+z');
    expect((await snapshot()).artboard.children[1].matrix).toEqual(after);
  });
});

describe('the page', () => {
  it('opens with a photo that undo leaves in place', async () => {
    expect(await page.getByTestId('undo').isDisabled()).toBe(true);
    await page.keyboard.press('Control+z');
    expect(await kinds()).toEqual(['media']);
  });

  it('is rendered pixel for pixel, in the size of the document', async () => {
    const difference = await page.evaluate(async () => {
      const { current, bitmaps } = window.workbench!;
      const image = current!.artboard.children[0].children[0].geometry;
      const pixels = (drawn: ImageBitmap) => {
        const context = new OffscreenCanvas(drawn.width, drawn.height).getContext('2d')!;
        context.drawImage(drawn, 0, 0);
        return context.getImageData(0, 0, drawn.width, drawn.height).data;
      };
      if (image.kind !== 'image') throw new Error('no photo');
      const original = pixels(bitmaps.image(image.bitmap)!);
      const blob = await window.workbench!.renderPage(null, null);
      const rendered = pixels(await createImageBitmap(blob));
      if (rendered.length !== original.length) return 'another size';
      return original.reduce((most, value, k) => Math.max(most, Math.abs(value - rendered[k])), 0);
    });
    expect(difference).toBe(0);
  });

  it('lists its layers: hidden, locked, reordered and deleted by their buttons', async () => {
    await page.keyboard.press('r');
    await drag([0.4, 0.4], [0.6, 0.6]);
    await page.getByRole('button', { name: 'Hide: Rectangle' }).click();
    await page.getByRole('button', { name: 'Lock: Photo' }).click();
    await page.getByRole('button', { name: 'Send backward: Rectangle' }).click();
    const [shape, photo] = (await snapshot()).artboard.children;
    expect([shape.opacity, photo.isLocked]).toEqual([0, true]);
    expect(await kinds()).toEqual(['rectangle', 'media']);
    await page.getByRole('button', { name: 'Delete: Rectangle' }).click();
    expect(await kinds()).toEqual(['media']);
  });

  it('opens samples and files, and says when a file is no picture', async () => {
    await page.getByTestId('sample').selectOption('temple.jpg');
    await page.getByText(/danielbuechele/).waitFor();
    const input = page.getByTestId('open-file');
    await input.setInputFiles({
      name: 'notes.jpg',
      mimeType: 'image/jpeg',
      buffer: Buffer.from('no picture'),
    });
    await page.getByRole('alert').getByText('no picture that the browser can read').waitFor();
    await input.setInputFiles('assets/samples/cat.jpg');
    await page.getByRole('alert').waitFor({ state: 'detached' });
    expect(await kinds()).toEqual(['media']);
  });
});

/**
 * The workbench in Chromium with the dev build's `dist/` in it: the page serves its user, and the
 * panel hears of it. Needs `npm run build:dev` and `npm run build:workbench`.
 */
import { mkdirSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
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

/** Opens the page anew; without the add-on, in a third of the time, where only the page is looked at. */
async function open({ hasPanel }: { readonly hasPanel: boolean }): Promise<void> {
  await page?.context().close();
  const viewport = { width: 1440, height: 860 };
  const context = await browser.newContext({ viewport, colorScheme: 'light' });
  page = await context.newPage();
  if (!hasPanel) await context.route('**/index.js', (route) => route.fulfill({ body: '' }));
  await page.goto(workbench.url);
  await page.getByTestId('layer').first().waitFor();
  panel = page.frameLocator('[data-testid=panel-frame]');
  // Something of the panel's own is on the screen.
  if (hasPanel) await panel.getByRole('button', { name: 'Generative fill' }).waitFor();
}

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

/** The document with the photo alone, as the page opens it. */
async function removeShapes(): Promise<void> {
  const [, ...shapes] = (await snapshot()).artboard.children;
  await send({ kind: 'delete', ids: shapes.map(({ id }) => id) });
}

const kinds = async () => (await snapshot()).artboard.children.map(({ geometry }) => geometry.kind);

/** The line under the thumbnail, such as "Region 178 × 202 px". */
const regionLine = () => panel.getByText(/^Region \d+ × \d+ px/);

describe('the add-on in its frame', () => {
  beforeAll(() => open({ hasPanel: true }));

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
  beforeAll(() => open({ hasPanel: true }));
  beforeEach(removeShapes);

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

  it('can be drawn, moved and resized without a mouse', async () => {
    await page.locator('#stage').focus();
    await page.keyboard.press('e');
    await page.keyboard.press('Enter');
    await regionLine().waitFor();
    const ellipse = async () => (await snapshot()).artboard.children[1];
    // A third of 640 x 427, in the middle.
    const { geometry, matrix } = await ellipse();
    expect(geometry).toMatchObject({ kind: 'ellipse', rx: 107, ry: 71.5 });
    expect(matrix).toEqual([1, 0, 0, 1, 213, 142]);
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Control+Shift+ArrowRight');
    await page.keyboard.press('Control+ArrowUp');
    const [a, , , d, x, y] = (await ellipse()).matrix;
    expect([a * 214, d * 143, x, y].map((value) => Math.round(value))).toEqual([
      224, 142, 213, 152,
    ]);
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
});

describe('the panel', () => {
  beforeAll(() => open({ hasPanel: true }));

  it('is opened anew on the same document, and hears of it', async () => {
    await page.keyboard.press('r');
    await drag([0.4, 0.4], [0.6, 0.6]);
    await regionLine().waitFor();
    const before = await snapshot();
    await panel.locator('body').evaluate((body) => (body.dataset['old'] = 'yes'));
    await page.getByTestId('reload-panel').click();
    await panel.locator('body:not([data-old])').waitFor();
    await regionLine().waitFor();
    expect(await snapshot()).toEqual(before);
    // Undo still knows what was before.
    await page.keyboard.press('Control+z');
    expect(await kinds()).toEqual(['media']);
  });

  it('is one of the builds there are, named as the host names them', async () => {
    const names = await page.getByTestId('build').locator('option').allInnerTexts();
    expect(names[0].trim()).toMatch(/^RePaint Fill/);
  });
});

describe('a region drawn on the page', () => {
  beforeAll(() => open({ hasPanel: false }));
  beforeEach(removeShapes);

  it('is opaque, as the host makes its shapes', async () => {
    await page.keyboard.press('r');
    await drag([0.4, 0.4], [0.6, 0.6]);
    const { opacity, colours } = await page.evaluate(async () => {
      const { current } = window.workbench!;
      const [, shape] = current!.artboard.children;
      const image = await createImageBitmap(await window.workbench!.renderPage(null, null));
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
      context.drawImage(image, 0, 0);
      const [, , , , x, y] = shape.matrix;
      const { data } = context.getImageData(x + 10, y + 10, 20, 20);
      const seen = new Set<string>();
      for (let k = 0; k < data.length; k += 4) seen.add(data.slice(k, k + 4).join());
      return { opacity: shape.opacity, colours: [...seen] };
    });
    // A rendition shows the shape, of one colour, and nothing of the photo below.
    expect({ opacity, colours }).toEqual({ opacity: 1, colours: ['139,144,153,255'] });
  });

  it('moves by mouse, in one step of undo', async () => {
    await page.keyboard.press('e');
    await drag([0.4, 0.4], [0.6, 0.6]);
    const before = (await snapshot()).artboard.children[1].matrix;
    await page.keyboard.press('v');
    await drag([0.5, 0.5], [0.6, 0.45]);
    const moved = (await snapshot()).artboard.children[1].matrix;
    const [dx, dy] = [moved[4] - before[4], moved[5] - before[5]];
    expect(moved.slice(0, 4)).toEqual(before.slice(0, 4));
    const box = (await page.locator('#stage').boundingBox())!;
    expect(dx / dy).toBeCloseTo((0.1 * box.width) / (-0.05 * box.height), 1);
    await page.keyboard.press('Control+z');
    expect((await snapshot()).artboard.children[1].matrix).toEqual(before);
  });

  it('resizes about its own handles: the corner that is not dragged stays', async () => {
    await page.keyboard.press('e');
    await drag([0.4, 0.4], [0.6, 0.6]);
    const before = (await snapshot()).artboard.children[1];
    await page.keyboard.press('v');
    await drag([0.6, 0.6], [0.65, 0.65]);
    const after = (await snapshot()).artboard.children[1];
    expect(after.matrix[0]).toBeGreaterThan(1.1);
    expect(after.matrix[4]).toBeCloseTo(before.matrix[4], 1);
    expect(after.matrix[5]).toBeCloseTo(before.matrix[5], 1);
  });

  it('begins where the drag begins, also on a handle of the shape before', async () => {
    await page.keyboard.press('r');
    await drag([0.4, 0.4], [0.55, 0.55]);
    const before = (await snapshot()).artboard.children[1];
    await drag([0.55, 0.55], [0.65, 0.65]);
    const { artboard } = await snapshot();
    expect(artboard.children.map(({ geometry }) => geometry.kind)).toEqual([
      'media',
      'rectangle',
      'rectangle',
    ]);
    expect(artboard.children[1]).toEqual(before);
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
  beforeEach(() => open({ hasPanel: false }));

  it('suggests what to do until something is drawn', async () => {
    await page.getByTestId('hint').waitFor();
    await page.keyboard.press('r');
    await drag([0.4, 0.4], [0.6, 0.6]);
    await page.getByTestId('hint').waitFor({ state: 'detached' });
  });

  it('has pages of their own layers and selections', async () => {
    await page.getByTestId('page').selectOption({ label: 'New page' });
    expect(await kinds()).toEqual([]);
    await page.getByTestId('page').selectOption({ label: 'Page 1' });
    expect(await kinds()).toEqual(['media']);
  });

  it('stays usable at 200 % zoom of a laptop’s screen', async () => {
    await page.setViewportSize({ width: 683, height: 384 });
    const stage = (await page.locator('#stage').boundingBox())!;
    expect(stage.width).toBeGreaterThan(300);
    expect(stage.height).toBeGreaterThanOrEqual(240);
    // Nothing is cut off at the side, and every tool is within reach.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      683,
    );
    await page.getByTestId('tool-rectangle').click();
    await drag([0.3, 0.3], [0.5, 0.5]);
    expect(await kinds()).toEqual(['media', 'rectangle']);
    await page.screenshot({ path: `${screenshots}/workbench-200.png`, fullPage: true });
  });

  it.each(['light', 'dark'] as const)('has nothing for axe to find in the %s', async (theme) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.reload();
    await page.getByTestId('layer').first().waitFor();
    await page.locator('#stage').focus();
    await page.keyboard.press('Enter');
    await page.getByTestId('layer').nth(1).waitFor();
    // The panel has its own tests.
    const found = await new AxeBuilder({ page }).exclude('iframe').analyze();
    expect(found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual(
      [],
    );
  });

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

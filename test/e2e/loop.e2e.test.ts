/**
 * What a designer does all day, on both builds: mark, fill from the photo, compare, keep, fill again
 * on top, take back, and go on after the panel was closed in the middle. Pixels come from the photo's
 * file in the development build, from a rendition of the page in the public one.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePng } from '../../src/image/png.js';
import { BenchPage } from './bench-page.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const publicFolder = fileURLToPath(new URL('../../build/public', import.meta.url));
const patient = { timeout: 240_000 };
/** In `npm run soak`. */
const reloads = 50;
const ellipse = { x: 290, y: 190, width: 34, height: 30 };

async function buildPublic(): Promise<string> {
  const args = ['webpack', '--config-node-env', 'production', '--output-path', publicFolder];
  await promisify(execFile)('npx', args, { cwd: root });
  return publicFolder;
}

describe.each([
  ['development', (): Promise<string | undefined> => Promise.resolve(undefined)],
  ['public', buildPublic],
] as const)('the loop in the %s build', (name, build) => {
  let bench: BenchPage;
  const at = (testId: string) => bench.panel.getByTestId(testId);
  const layers = () => bench.fillLayers();

  beforeAll(async () => {
    bench = await BenchPage.open({ addOnFolder: await build(), allowsStorage: true });
  });
  afterAll(() => bench?.close());

  /** Until all that was asked for is on the page. */
  async function waitForLayers(count: number): Promise<void> {
    await expect.poll(async () => (await layers()).length, patient).toBe(count);
    await at('progress').waitFor({ state: 'detached', ...patient });
  }

  /** The panel lets go of whatever it has written down, once all of it is on the page. */
  async function expectNothingLeft(): Promise<void> {
    const keys = () =>
      bench.frame.evaluate(
        () =>
          new Promise<unknown>((resolve, reject) => {
            const opening = indexedDB.open('repaint-fill');
            opening.onerror = reject;
            opening.onsuccess = () => {
              const { result: db } = opening;
              const asked = db.transaction('entries').objectStore('entries').getAllKeys();
              asked.onsuccess = () => resolve(asked.result);
              db.close();
            };
          }),
      );
    await expect.poll(keys, patient).toEqual([]);
  }

  const isDisabled = (testId: string) => at(testId).first().getAttribute('disabled');

  async function press(testId: string): Promise<void> {
    await expect.poll(() => isDisabled(testId), patient).toBeNull();
    await at(testId).first().click();
  }

  it('marks with the brush on the photo alone', async () => {
    const [photo] = (await bench.artboard()).children;
    await bench.command({ kind: 'select', ids: [photo.id] });
    await at('region-picture').waitFor();
    const box = (await at('region-picture').boundingBox())!;
    const spot = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
    await bench.page.mouse.move(...spot(0.45, 0.5));
    await bench.page.mouse.down();
    await bench.page.mouse.move(...spot(0.5, 0.52));
    await bench.page.mouse.move(...spot(0.55, 0.5));
    await bench.page.mouse.up();
    await expect.poll(() => at('region-size').innerText(), patient).toMatch(/Region \d+ × \d+ px/);
  });

  it('fills it from the photo, and compares', async () => {
    await at('fills').getByText('1', { exact: true }).click();
    await bench.chooseDraft();
    await press('generate');
    await waitForLayers(1);
    await at('fill').waitFor();
    await expect.poll(() => at('compared').innerText()).toMatch(/^Fill 1, /);
    await at('hold').focus();
    await bench.page.keyboard.down(' ');
    await expect.poll(() => at('compared').innerText()).toMatch(/^Original/);
    await bench.page.keyboard.up(' ');
    await expect.poll(() => at('compared').innerText()).toMatch(/^Fill 1, /);
    await bench.screenshot(`7-loop-${name}`);
  });

  it('keeps it, and fills again on top of it', async () => {
    await press('keep');
    await expect.poll(() => at('original').innerText()).toMatch(/Kept/);
    await press('again');
    await waitForLayers(2);
    const [below, above] = await layers();
    expect(below.addOnData['repaintFillKept']).toBeDefined();
    expect(above.addOnData['repaintFillKept']).toBeUndefined();
    await expect.poll(() => at('fill').count()).toBe(1);
  });

  it('takes the second fill back in one step, and gives it again', async () => {
    await bench.page.getByTestId('undo').click();
    await expect.poll(async () => (await layers()).length).toBe(1);
    await bench.page.getByTestId('redo').click();
    await expect.poll(async () => (await layers()).length).toBe(2);
    await expect.poll(() => at('fill').count()).toBe(1);
  });

  it('makes another like it', async () => {
    await at('fill').first().click();
    await press('more-like');
    await waitForLayers(3);
    await expect.poll(() => at('recipe').first().innerText()).toMatch(/40% away from fill 2/);
  });

  it('goes on after the panel was closed in the middle of a shape’s fills', async () => {
    await press('mark-clear');
    await bench.page.getByTestId('tool-ellipse').click();
    const { x, y, width, height } = ellipse;
    await bench.drag([x, y], [x + width, y + height]);
    await expect.poll(() => at('gallery').first().innerText(), patient).toMatch(/another region/);
    await at('quality').click();
    await bench.panel.locator('sp-menu-item[value=best]').click();
    await at('fills').getByText('2', { exact: true }).click();
    await press('generate');
    await expect.poll(() => at('calls').innerText(), patient).toMatch(/^\d+ of/);
    await bench.page.getByTestId('reload-panel').click();
    await at('resume').waitFor(patient);
    await bench.screenshot(`8-loop-left-${name}`);
    await at('resume').click();
    await waitForLayers(5);
    await expectNothingLeft();
    // The layer covers the ellipse on the page, at the photo's or the rendition's resolution.
    const layer = (await layers()).at(-1)!;
    const { geometry } = layer.children[0];
    if (geometry.kind !== 'image') throw new Error('the layer is no image');
    const image = decodePng(new Uint8Array(await bench.bitmapBytes(layer)));
    expect(Math.abs(geometry.width - width - 8)).toBeLessThan(5);
    expect(image.width).toBeGreaterThanOrEqual(Math.floor(geometry.width));
    const [, , , , left, top] = layer.matrix;
    expect(Math.hypot(left + 4 - x, top + 4 - y)).toBeLessThan(5);
    expect(bench.problems).toEqual([]);
  });

  /** A layer's left edge, top, width and height on the page. */
  async function placeOf(index: number): Promise<number[]> {
    const layer = (await layers()).at(index)!;
    const { geometry } = layer.children[0];
    if (geometry.kind !== 'image') throw new Error('the layer is no image');
    return [layer.matrix[4], layer.matrix[5], geometry.width, geometry.height];
  }

  /** The rectangle drawn last: a drag ends on whole pixels of the screen. */
  async function drawn(): Promise<readonly [number, number, number, number]> {
    const { matrix, geometry } = (await bench.artboard()).children.at(-1)!;
    if (geometry.kind !== 'rectangle') throw new Error('the topmost node is no rectangle');
    return [matrix[4], matrix[5], geometry.width, geometry.height];
  }

  /** The layer covers the rectangle and what it is grown by, but not past its right edge. */
  function expectPlace(place: readonly number[], shape: readonly number[]): void {
    // By 4 pixels, of the photo or of a rendition twice the page's size.
    const grown = name === 'public' ? 4 / 2 : 4 * 0.6;
    const [x, y, width, height] = shape;
    const expected = [x - grown, y - grown, width + grown, height + 2 * grown];
    // Rounded outwards to whole pixels, at both ends.
    place.forEach((value, k) =>
      expect(Math.abs(value - expected[k]), `${place}`).toBeLessThan(1.3),
    );
  }

  it('expands a photo where a shape reaches past its edge, and again past a kept expansion', async () => {
    await bench.page.reload();
    await bench.page.getByTestId('layer').first().waitFor();
    const [photo] = (await bench.artboard()).children;
    const matrix = [0.6, 0, 0, 0.6, 60, 80] as const;
    await bench.command({ kind: 'transform', changes: [{ id: photo.id, matrix }] });
    await bench.page.getByTestId('tool-rectangle').click();
    // The photo ends at 60 + 0.6 * 640 = 444.
    await bench.drag([410, 120], [500, 180]);
    const first = await drawn();
    const past = /^Reaches \d+ px past the right edge: the picture will be expanded there\.$/;
    await expect.poll(() => at('expansion').innerText(), patient).toMatch(past);
    await at('fills').getByText('1', { exact: true }).click();
    await bench.chooseDraft();
    await press('generate');
    await waitForLayers(1);
    await bench.screenshot(`9-loop-expanded-${name}`);
    expectPlace(await placeOf(0), first);
    await press('keep');
    await expect.poll(() => at('original').innerText()).toMatch(/Kept/);
    // Beyond the photo, on what was kept, the picture goes on; for the next visit too.
    await bench.page.getByTestId('reload-panel').click();
    await at('original').waitFor(patient);
    await bench.drag([480, 140], [540, 170]);
    const second = await drawn();
    await expect.poll(() => at('gallery').first().innerText(), patient).toMatch(/another region/);
    await expect.poll(() => at('expansion').innerText(), patient).toMatch(past);
    expect(await bench.pictureAt({ x: 495, y: 150 })).not.toEqual([0, 0, 0]);
    await press('generate');
    await waitForLayers(2);
    expectPlace(await placeOf(1), second);
    expect(bench.problems).toEqual([]);
  });

  it('refuses a shape that lies wholly beside the photo', async () => {
    await bench.drag([560, 20], [600, 60]);
    await expect
      .poll(() => at('selection-problem').getAttribute('data-code'), patient)
      .toBe('regionOutsideImage');
  });

  /** Asks for one fill of the marked region by a seed, as the button does. */
  async function ask(): Promise<void> {
    await expect.poll(() => isDisabled('generate'), patient).toBeNull();
    await bench.frame.evaluate(() => {
      const { session } = document.querySelector('repaint-panel')!;
      session.choose({ ...session.choices, fills: 1, seed: 7, preset: 'best' });
      session.fill();
    });
    await expect.poll(() => at('calls').innerText(), patient).toMatch(/^\d+ of/);
  }

  /** Takes the only fill off the page. Returns: its file. */
  async function taken(): Promise<number[]> {
    await waitForLayers(1);
    const [layer] = await layers();
    const bytes = await bench.bitmapBytes(layer);
    await bench.command({ kind: 'delete', ids: [layer.id] });
    await expect.poll(() => at('gallery').count(), patient).toBe(0);
    return bytes;
  }

  it.runIf(process.env['FUZZ'])(
    'goes on to the same bytes wherever the panel is reloaded',
    async () => {
      await bench.page.reload();
      await bench.page.getByTestId('layer').first().waitFor();
      await bench.page.getByTestId('tool-ellipse').click();
      await bench.drag([290, 190], [340, 230]);
      await ask();
      const whole = await taken();
      // The first one of a visit takes longer.
      await ask();
      const begun = performance.now();
      expect(await taken()).toEqual(whole);
      const takenMs = performance.now() - begun;
      let resumed = 0;
      for (let k = 0; k < reloads; k++) {
        await ask();
        await bench.page.waitForTimeout((k / reloads) * takenMs);
        await bench.page.getByTestId('reload-panel').click();
        // What was finished and not on the page yet is offered, too.
        const offered = at('resume').or(at('add-stranded'));
        await offered.or(at('fill')).first().waitFor(patient);
        if ((await offered.count()) > 0) {
          await offered.first().click();
          resumed++;
        }
        expect(await taken()).toEqual(whole);
        await expectNothingLeft();
      }
      process.stdout.write(`soak: ${resumed} of ${reloads} reloads before the fill was done\n`);
      // The others were made by then.
      expect(resumed).toBeGreaterThan(reloads / 2);
      expect(bench.problems).toEqual([]);
    },
    1_800_000,
  );
});

import { page, userEvent } from 'vitest/browser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { firstChoices } from '../../src/ui/fill/choices.js';
import type { SelectionBell } from '../../src/ui/host/sandbox-client.js';
import type { RepaintPanel } from '../../src/ui/panel.js';
import { FakeSandbox, marked, photo, rectangle, refused } from './fake-host.js';
import { FakeShelf } from './fake-shelf.js';
import type { FakeWorkers } from './fake-worker.js';
import { eventually, type FakeApp, focused, redPng, visit } from './visit.js';

let sandbox: FakeSandbox;
let workers: FakeWorkers;
let bell: SelectionBell;
let app: FakeApp;
let panel: RepaintPanel;
let stored: Map<string, unknown>;

/** Opens the panel as a visit of the user's would. */
async function openPanel(): Promise<void> {
  ({ workers, bell, app, panel } = await visit({ sandbox, stored, shelf: new FakeShelf() }));
}

const at = (testId: string) => page.getByTestId(testId);
const button = () => at('generate');
const element = (testId: string) => at(testId).element() as HTMLElement;

/** Starts a fill. Returns: its request, as the worker got it. */
async function startFill() {
  workers.last.ready();
  await eventually(() => expect(element('generate')).not.toHaveAttribute('disabled'));
  await button().click();
  await eventually(() => expect(workers.last.requests.length).toBeGreaterThan(0));
  return workers.last.requests.at(-1)!;
}

async function deliver(jobId: string, fill: number, seed: number): Promise<void> {
  const before = sandbox.added.length;
  workers.last.say({ kind: 'filled', jobId, fill, seed, png: await redPng(80, 60) });
  await eventually(() => expect(sandbox.added.length).toBe(before + 1));
}

beforeEach(async () => {
  await page.viewport(320, 900);
  sandbox = new FakeSandbox();
  stored = new Map();
});

afterEach(() => panel.remove());

describe('at the start', () => {
  test('the model is loaded at once and the button says what it waits for', async () => {
    await openPanel();
    expect(workers.last.sent).toEqual([
      {
        kind: 'load',
        model: { kind: 'shipped', manifestUrl: 'https://example.test/model.json' },
        backend: null,
        precision: null,
      },
    ]);
    workers.last.say({ kind: 'loading', loadedBytes: 5e6, totalBytes: 26e6 });
    await expect.element(at('plan')).toHaveTextContent('Loading the model: 5 MB of 26 MB');
    expect(element('generate')).toHaveAttribute('disabled');
    expect(element('generate').title).toContain('Loading the model');
  });

  test('the region, its size and the plan are shown, and the button is enabled', async () => {
    await openPanel();
    workers.last.ready();
    await expect.element(at('region-size')).toHaveTextContent('Region 80 × 60 px');
    await expect.element(at('plan')).toHaveTextContent(/^About .* for 3 fills, [\d,]+ steps each/);
    expect(element('generate')).not.toHaveAttribute('disabled');
  });

  test('the button is in sight on a small screen', async () => {
    await page.viewport(320, 560);
    await openPanel();
    workers.last.ready();
    await expect.element(button()).toBeVisible();
    expect(element('generate').getBoundingClientRect().bottom).toBeLessThan(560);
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(320);
  });

  test('a selection that cannot be filled is explained, and a new one is read', async () => {
    const good = sandbox.reading;
    sandbox.reading = refused('imageWithoutShapes');
    await openPanel();
    await expect
      .element(at('selection-problem'))
      .toHaveTextContent('The photo is selected, but no region is marked.');
    sandbox.reading = good;
    bell.selectionChanged();
    await expect.element(at('region-size')).toHaveTextContent('Region 80 × 60 px');
  });

  test('an empty selection is asked for again shortly', async () => {
    const good = sandbox.reading;
    const answers = [refused('noSelection'), good];
    sandbox.readSelection = async () => answers.shift() ?? good;
    await openPanel();
    await expect.element(at('region-size')).toHaveTextContent('80 × 60');
    expect(answers).toEqual([]);
  });

  test('the slow fallback and refused storage are said plainly', async () => {
    await openPanel();
    workers.last.ready({ backend: 'wasm', fallbackReason: 'no adapter', storage: 'memory' });
    await expect.element(at('slow-fallback')).toHaveTextContent('WebGPU is not available here');
    await expect.element(at('storage-refused')).toHaveTextContent('refuses storage');
  });

  test('a model that cannot be loaded can be tried again', async () => {
    await openPanel();
    const first = workers.last;
    first.say({ kind: 'failed', jobId: null, code: 'modelHash', message: 'sha256 differs' });
    await expect.element(at('problem')).toHaveTextContent('its checksum is wrong');
    await at('retry-model').click();
    expect(workers.last).not.toBe(first);
    workers.last.ready();
    await eventually(() => expect(element('generate')).not.toHaveAttribute('disabled'));
    await expect.element(at('problem')).not.toBeInTheDocument();
  });
});

describe('marking in the panel', () => {
  const picture = () => element('region-picture');

  /** Where a pixel of the photo, 400 x 300, lies in the picture. */
  function spot(x: number, y: number): { x: number; y: number } {
    const { clientWidth, clientHeight } = picture();
    const scale = Math.min(clientWidth / 400, clientHeight / 300);
    const [left, top] = [(clientWidth - 400 * scale) / 2, (clientHeight - 300 * scale) / 2];
    return { x: left + x * scale, y: top + y * scale };
  }

  async function drag(from: [number, number], to: [number, number]): Promise<void> {
    const box = picture().getBoundingClientRect();
    const send = (kind: string, [x, y]: [number, number]) => {
      const at = spot(x, y);
      const place = { clientX: box.x + at.x, clientY: box.y + at.y, pointerId: 1, button: 0 };
      picture().dispatchEvent(new PointerEvent(kind, { ...place, bubbles: true }));
    };
    send('pointerdown', from);
    send('pointermove', to);
    send('pointerup', to);
    await panel.updateComplete;
  }

  async function openEditor(): Promise<void> {
    await openPanel();
    workers.last.ready();
    // Synthetic pointers cannot be captured.
    picture().setPointerCapture = () => undefined;
    // Drawn once it has been laid out; a canvas begins 300 pixels wide.
    await eventually(() => expect((picture() as HTMLCanvasElement).width).not.toBe(300));
  }

  test('adds to the host’s shapes, takes away from them, and goes into the fill', async () => {
    await openEditor();
    await at('tool-rectangle').click();
    await drag([180, 60], [220, 120]);
    await expect.element(at('region-size')).toHaveTextContent(/Region (119|12[01]) × 6[0-2] px/);
    await at('subtract').click();
    await drag([90, 50], [140, 130]);
    await expect.element(at('region-size')).toHaveTextContent(/Region (79|8[01]) × 6[0-2] px/);
    const request = await startFill();
    const { maskBounds, contextBounds } = request.plan;
    const { growPx } = request.settings;
    expect(Math.abs(maskBounds.x - (140 - growPx))).toBeLessThanOrEqual(1);
    const covered = request.selection.data.reduce((sum, value) => sum + value / 255, 0);
    const expected = (80 + 2 * growPx) * (60 + 2 * growPx);
    expect(Math.abs(covered - expected)).toBeLessThan(2 * (80 + 60) + 4 * growPx ** 2);
    expect(request.selection.width).toBe(contextBounds.width);
  });

  test('is taken back by undo and done again by redo', async () => {
    await openEditor();
    await drag([20, 20], [60, 20]);
    await expect.element(at('region-size')).not.toHaveTextContent('Region 80 × 60 px');
    await at('mark-undo').click();
    await expect.element(at('region-size')).toHaveTextContent('Region 80 × 60 px');
    await at('mark-redo').click();
    await expect.element(at('region-size')).not.toHaveTextContent('Region 80 × 60 px');
    await at('mark-clear').click();
    await expect.element(at('region-size')).toHaveTextContent('Region 80 × 60 px');
    await at('mark-invert').click();
    await expect.element(at('region-size')).toHaveTextContent('Region 400 × 300 px');
    await expect.element(at('region-large')).toBeVisible();
  });

  test('is done by the keyboard alone', async () => {
    await openEditor();
    picture().focus();
    // From the middle, 200, 150, to the right and down, outside of the host's shape.
    await userEvent.keyboard('r{ArrowDown}{Enter}{ArrowRight}{ArrowRight}{ArrowDown}{ArrowDown}');
    await userEvent.keyboard('{Enter}');
    await expect.element(at('region-size')).not.toHaveTextContent('Region 80 × 60 px');
    await userEvent.keyboard('{Control>}z{/Control}');
    await expect.element(at('region-size')).toHaveTextContent('Region 80 × 60 px');
    await userEvent.keyboard('{Enter}{ArrowDown}{Escape}');
    await expect.element(at('region-size')).toHaveTextContent('Region 80 × 60 px');
  });

  test('needs no shape: a photo that is selected alone is enough', async () => {
    sandbox.reading = refused('imageWithoutShapes', photo);
    await openEditor();
    await expect.element(at('selection-problem')).toHaveTextContent('no region is marked');
    await drag([150, 100], [200, 100]);
    await expect.element(at('region-size')).toHaveTextContent(/Region 7\d × 2\d px/);
    const request = await startFill();
    expect(request.selection.data.some((value) => value === 255)).toBe(true);
    // What was marked stays when the host's selection is read again.
    bell.selectionChanged();
    await expect.element(at('region-size')).toHaveTextContent(/Region 7\d × 2\d px/);
  });

  test('is there again after a reload, to the pixel, and gone once it was cleared', async () => {
    sandbox.reading = refused('imageWithoutShapes', photo);
    const keptMarks = () => [...stored.keys()].filter((key) => key.startsWith('marks/'));
    await openEditor();
    await drag([150, 100], [200, 130]);
    await expect.element(at('region-size')).toBeVisible();
    const { id } = panel.session.region!;
    await expect.poll(keptMarks).toHaveLength(1);
    panel.remove();
    await openEditor();
    await expect.poll(() => panel.session.region?.id).toBe(id);
    picture().focus();
    await userEvent.keyboard('{Delete}');
    await expect.element(at('selection-problem')).toHaveTextContent('no region is marked');
    await expect.poll(keptMarks).toEqual([]);
  });

  test('takes a mask image, stretched to the photo', async () => {
    await openEditor();
    const canvas = new OffscreenCanvas(40, 30);
    const context = canvas.getContext('2d')!;
    context.fillRect(0, 0, 40, 30);
    context.fillStyle = '#fff';
    context.fillRect(20, 10, 10, 10);
    const file = new File([await canvas.convertToBlob()], 'mask.png', { type: 'image/png' });
    await userEvent.upload(at('mask-file'), file);
    // The shape from 100 and the mask's square to 300, with a soft edge from enlarging.
    await expect.element(at('region-size')).toHaveTextContent(/Region 20\d × 14\d px/);
  });
});

describe('a fill', () => {
  test('sends only the context, with one seed a fill', async () => {
    await openPanel();
    const request = await startFill();
    const { contextBounds, maskBounds } = request.plan;
    // Grown by four pixels; a disc leaves three pixels of each corner.
    expect(maskBounds).toEqual({ x: 96, y: 56, width: 88, height: 68 });
    expect(request.source).toMatchObject({ width: contextBounds.width });
    expect(request.source.width).toBeLessThan(400);
    expect(request.selection.data.filter((value) => value === 255)).toHaveLength(88 * 68 - 12);
    expect(new Set(request.seeds).size).toBe(3);
  });

  test('shows steps, pace, time left and the preview as the worker tells them', async () => {
    await openPanel();
    const { jobId } = await startFill();
    workers.last.progress(jobId, 120, 390);
    await expect.element(at('calls')).toHaveTextContent('120 of 390 steps, 12 ms each');
    await expect.element(at('pace')).toHaveTextContent('About 1 min 5 s left');
    const data = new Uint8ClampedArray(4 * 4).fill(255);
    workers.last.say({ kind: 'preview', jobId, fill: 0, image: { width: 2, height: 2, data } });
    await eventually(() => expect((element('preview') as HTMLCanvasElement).width).toBe(2));
  });

  test('shows each of the fills that are made at once', async () => {
    await openPanel();
    const { jobId } = await startFill();
    workers.last.progress(jobId, 120, 390, 2);
    const progress = at('progress');
    await expect.element(progress).toHaveTextContent('Fills 1 to 2 of 3');
    for (const [fill, side] of [1, 2].entries()) {
      const data = new Uint8ClampedArray(4 * side * side).fill(255);
      workers.last.say({
        kind: 'preview',
        jobId,
        fill,
        image: { width: side, height: side, data },
      });
    }
    const widths = () =>
      at('preview')
        .elements()
        .map((canvas) => (canvas as HTMLCanvasElement).width);
    await expect.poll(widths).toEqual([1, 2]);
  });

  test('becomes a layer where the region is, newest shown, and can be compared', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    await deliver(jobId, 0, seeds[0]);
    await deliver(jobId, 1, seeds[1]);
    expect(sandbox.added[0]).toMatchObject({
      image: { id: photo.id, pageId: photo.page.id },
      pixelsToPage: [1, 0, 0, 1, 96, 56],
      size: { width: 88, height: 68 },
      record: { seed: seeds[0], modelId: 'garden-64', modelSha256: 'a'.repeat(64) },
    });
    await expect.poll(() => sandbox.shown).toEqual(['layer-2']);
    await at('fill').nth(0).click();
    await expect.poll(() => sandbox.shown).toEqual(['layer-1']);
    const edits = sandbox.edits.length;
    await userEvent.keyboard('{ArrowRight}');
    await expect.element(at('compared')).toHaveTextContent('Fill 2');
    expect(sandbox.edits).toHaveLength(edits);
    await userEvent.keyboard('{Enter}');
    await expect.poll(() => sandbox.shown).toEqual(['layer-2']);
    await at('original').click();
    await expect.poll(() => sandbox.shown).toEqual([]);
  });

  test('is kept or deleted', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    await deliver(jobId, 0, seeds[0]);
    await deliver(jobId, 1, seeds[1]);
    await expect.poll(() => at('fill').elements().length).toBe(2);
    await at('delete').click();
    await expect.poll(() => sandbox.layers.map(({ id }) => id)).toEqual(['layer-1']);
    await at('fill').nth(0).click();
    const readSelection = vi.spyOn(sandbox, 'readSelection');
    await at('keep').click();
    await expect.element(at('original')).toHaveTextContent('Kept');
    // What is kept is part of the picture, which is shown anew.
    await expect.poll(() => readSelection.mock.calls.length).toBeGreaterThan(0);
    expect(sandbox.layers).toMatchObject([{ id: 'layer-1', isKept: true, isVisible: true }]);
  });

  test('is kept alone, or all are removed, and nothing hidden is left', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    for (const fill of [0, 1, 2]) await deliver(jobId, fill, seeds[fill]);
    workers.last.say({ kind: 'done', jobId, outcome: 'complete' });
    await at('fill').nth(1).click();
    await at('keep-only').click();
    await expect
      .poll(() => sandbox.layers)
      .toMatchObject([{ id: 'layer-2', isKept: true, isVisible: true }]);
    await expect.element(at('keep-only')).not.toBeInTheDocument();
    await at('again').click();
    await expect.poll(() => workers.last.requests.length).toBe(2);
    const again = workers.last.requests[1];
    await deliver(again.jobId, 0, again.seeds[0]);
    await deliver(again.jobId, 1, again.seeds[1]);
    await at('remove-tries').click();
    await expect.poll(() => sandbox.layers.map(({ id }) => id)).toEqual(['layer-2']);
    // Each was one action, so each is one step of undo.
    const removed = sandbox.edits.filter(({ remove = [] }) => remove.length > 0);
    expect(removed.map(({ remove }) => remove)).toEqual([
      ['layer-1', 'layer-3', 'shape'],
      ['layer-4', 'layer-5', 'shape'],
    ]);
  });

  test('has its marker seen again only when no fill is left that it would hide', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    for (const fill of [0, 1]) await deliver(jobId, fill, seeds[fill]);
    workers.last.say({ kind: 'done', jobId, outcome: 'complete' });
    await expect.poll(() => at('fill').elements().length).toBe(2);
    await at('delete').click();
    await expect.poll(() => sandbox.layers.length).toBe(1);
    expect(sandbox.markers).toMatchObject([{ isVisible: false }]);
    await at('fill').click();
    await at('delete').click();
    await expect.poll(() => sandbox.markers).toMatchObject([{ isVisible: true }]);
  });

  test('lets its marker be removed, and stays', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    await deliver(jobId, 0, seeds[0]);
    workers.last.say({ kind: 'done', jobId, outcome: 'complete' });
    await at('remove-marker').click();
    await expect.poll(() => sandbox.markers).toEqual([]);
    await expect.element(at('remove-marker')).not.toBeInTheDocument();
    expect(sandbox.layers.length).toBe(1);
  });

  test('is compared with the original also when it is kept', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    await deliver(jobId, 0, seeds[0]);
    await at('keep').click();
    await expect.element(at('compared')).toHaveTextContent('kept');
    await expect
      .element(at('hold'))
      .toHaveAttribute('title', 'Hold to see: Original, without a fill');
    const [before, after] = at('stage').element().querySelectorAll('img');
    expect(before.src).not.toBe(after.src);
  });

  test('has a marker that is shown and selected again', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    await deliver(jobId, 0, seeds[0]);
    workers.last.say({ kind: 'done', jobId, outcome: 'complete' });
    await expect.element(at('marker')).toHaveTextContent('Show marker');
    await at('marker').click();
    await expect.poll(() => sandbox.markers).toMatchObject([{ isVisible: true }]);
    await expect.element(at('marker')).toHaveTextContent('Hide marker');
    await at('marker').click();
    await expect.poll(() => sandbox.markers).toMatchObject([{ isVisible: false }]);
    sandbox.reading = refused('noSelection');
    bell.selectionChanged();
    await at('select-region').click();
    await expect.poll(() => sandbox.edits.at(-1)).toEqual({ show: ['shape'], select: ['shape'] });
    expect(sandbox.markers).toMatchObject([{ isVisible: true }]);
  });

  test('is scrolled to on a small screen, but not under the hand that marks', async () => {
    await page.viewport(320, 530);
    await openPanel();
    const { jobId, seeds } = await startFill();
    await deliver(jobId, 0, seeds[0]);
    const top = () =>
      panel.renderRoot.querySelector('repaint-fill-gallery')!.getBoundingClientRect().top;
    await expect.poll(top).toBeLessThan(40);
    panel.remove();
    sandbox = new FakeSandbox();
    await openPanel();
    const next = await startFill();
    element('region-picture').focus();
    window.scrollTo(0, 0);
    await deliver(next.jobId, 0, next.seeds[0]);
    await expect.element(at('fill')).toBeInTheDocument();
    expect(top()).toBeGreaterThan(200);
  });

  test('is scrolled to also from below, where settings were last looked at', async () => {
    await page.viewport(320, 530);
    await openPanel();
    const { jobId, seeds } = await startFill();
    window.scrollTo(0, document.documentElement.scrollHeight);
    await deliver(jobId, 0, seeds[0]);
    const top = () =>
      panel.renderRoot.querySelector('repaint-fill-gallery')!.getBoundingClientRect().top;
    await expect.poll(top).toBeGreaterThanOrEqual(0);
    expect(top()).toBeLessThan(40);
  });

  test('has its marker out of the way also where it ends before its fill is added', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    const png = await redPng(80, 60);
    workers.last.say({ kind: 'filled', jobId, fill: 0, seed: seeds[0], png });
    workers.last.say({ kind: 'done', jobId, outcome: 'complete' });
    await expect.poll(() => sandbox.added.length).toBe(1);
    await expect.element(at('marker')).toHaveTextContent('Show marker');
    expect(sandbox.edits.filter(({ show }) => show?.includes('shape'))).toEqual([]);
  });

  test('takes the marker out of the way, and gives it back when nothing comes', async () => {
    await openPanel();
    const { jobId } = await startFill();
    expect(sandbox.markers).toMatchObject([{ nodeId: 'shape', isVisible: false }]);
    await at('cancel').click();
    workers.last.say({ kind: 'done', jobId, outcome: 'cancelled' });
    await expect.poll(() => sandbox.markers).toMatchObject([{ isVisible: true }]);
  });

  test('again uses new seeds and joins the same gallery', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    await deliver(jobId, 0, seeds[0]);
    workers.last.say({ kind: 'done', jobId, outcome: 'complete' });
    await at('again').click();
    await expect.poll(() => workers.last.requests.length).toBe(2);
    const second = workers.last.requests[1];
    expect(second.seeds).not.toContain(seeds[0]);
    await deliver(second.jobId, 0, second.seeds[0]);
    await expect.poll(() => at('fill').elements().length).toBe(2);
    expect(at('gallery').elements()).toHaveLength(1);
  });

  test('is started once, however often the button is pressed', async () => {
    await openPanel();
    workers.last.ready();
    await eventually(() => expect(element('generate')).not.toHaveAttribute('disabled'));
    await button().dblClick();
    await expect.element(at('progress')).toBeVisible();
    panel.session.fill();
    panel.session.fillAgain();
    await eventually(() => expect(workers.last.requests).toHaveLength(1));
    await expect.element(at('generate-next')).not.toBeInTheDocument();
  });

  test('takes the button’s place, in sight on a small screen', async () => {
    await page.viewport(320, 560);
    await openPanel();
    await startFill();
    await expect.element(at('generate')).not.toBeInTheDocument();
    const { top, bottom } = element('cancel').getBoundingClientRect();
    expect(top).toBeGreaterThan(0);
    expect(bottom).toBeLessThanOrEqual(560);
  });

  test('of another region is queued while one runs, and can be cancelled', async () => {
    await openPanel();
    await startFill();
    sandbox.reading = marked(rectangle({ x: 20, y: 20, width: 30, height: 30 }));
    bell.selectionChanged();
    await at('generate-next').click();
    await expect.element(at('queued')).toHaveTextContent('Queued: 3 fills');
    await at('cancel-queued').click();
    const cancel = workers.last.sent.at(-1)!;
    expect(cancel).toEqual({ kind: 'cancel', jobId: workers.last.requests[1].jobId });
  });

  test('stops on Cancel and keeps what is finished', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    await deliver(jobId, 0, seeds[0]);
    await at('cancel').click();
    await expect.element(at('cancel')).toHaveTextContent('Stopping');
    workers.last.say({ kind: 'done', jobId, outcome: 'cancelled' });
    await expect.element(at('progress')).not.toBeInTheDocument();
    expect(sandbox.layers).toHaveLength(1);
  });

  test('whose worker dies can be continued on a new one', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    await deliver(jobId, 0, seeds[0]);
    workers.last.onCrash('out of stack');
    await expect.element(at('problem')).toHaveTextContent('background process ended');
    workers.last.ready();
    await at('resume').click();
    expect(workers.workers).toHaveLength(2);
    expect(workers.last.requests[0].seeds).toEqual(seeds.slice(1));
    await expect.element(at('progress')).toBeVisible();
  });

  test('whose photo was deleted can be added at the top of the page', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    sandbox.notAdded = 'targetGone';
    workers.last.say({ kind: 'filled', jobId, fill: 0, seed: seeds[0], png: await redPng(80, 60) });
    await expect.element(at('problem')).toHaveTextContent('The photo was deleted');
    expect(sandbox.layers).toEqual([]);
    await expect.element(at('add-stranded')).not.toBeInTheDocument();
    await at('place-stranded').click();
    await expect.poll(() => sandbox.layers.length).toBe(1);
    await expect.element(at('problem')).not.toBeInTheDocument();
  });

  test('whose page is not open is added by itself when it is opened again', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    Object.assign(sandbox, { notAdded: 'otherPage', pageId: 'another' });
    workers.last.say({ kind: 'filled', jobId, fill: 0, seed: seeds[0], png: await redPng(80, 60) });
    await expect.element(at('problem')).toHaveTextContent('on another page');
    bell.selectionChanged();
    await expect.element(at('problem')).toHaveTextContent('on another page');
    expect(sandbox.layers).toEqual([]);
    Object.assign(sandbox, { notAdded: null, pageId: photo.page.id });
    bell.selectionChanged();
    await expect.poll(() => sandbox.layers.length).toBe(1);
    await expect.element(at('problem')).not.toBeInTheDocument();
  });

  test('that was added is added once, though the host fails right after', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    const { readPage } = sandbox;
    sandbox.readPage = () => Promise.reject(new Error('busy'));
    workers.last.say({ kind: 'filled', jobId, fill: 0, seed: seeds[0], png: await redPng(80, 60) });
    await expect.element(at('problem')).toHaveTextContent('does not answer');
    await expect.element(at('add-stranded')).not.toBeInTheDocument();
    sandbox.readPage = readPage;
    bell.selectionChanged();
    await expect.element(at('fill')).toBeVisible();
    expect(sandbox.added).toHaveLength(1);
  });

  test('without a place can be had as a file, or let go', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    sandbox.notAdded = 'targetChanged';
    workers.last.say({ kind: 'filled', jobId, fill: 0, seed: seeds[0], png: await redPng(80, 60) });
    await expect.element(at('problem')).toHaveTextContent('mirrored, stretched or replaced');
    const names: string[] = [];
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      names.push(`${this.download} ${this.protocol}`);
    });
    await at('download-stranded').click();
    click.mockRestore();
    expect(names).toEqual([`fill-${seeds[0]}.png blob:`]);
    await at('drop-stranded').click();
    await expect.element(at('problem')).not.toBeInTheDocument();
  });

  test('that the host refuses is kept and can be added later', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    sandbox.refusal = new Error('the document is busy');
    workers.last.say({ kind: 'filled', jobId, fill: 0, seed: seeds[0], png: await redPng(80, 60) });
    await expect.element(at('problem')).toHaveTextContent('could not be added');
    await at('add-stranded').click();
    await expect.poll(() => sandbox.layers.length).toBe(1);
  });
});

describe('the keyboard stays near when what it worked with goes', () => {
  test('from Cancel to the card’s title, then to the main button', async () => {
    await openPanel();
    const { jobId } = await startFill();
    await expect.element(at('cancel')).toBeVisible();
    element('cancel').focus();
    await userEvent.keyboard('{Enter}');
    await eventually(() => expect(focused()).toBe('progress-title'));
    workers.last.say({ kind: 'done', jobId, outcome: 'cancelled' });
    await eventually(() => expect(focused()).toBe('generate'));
  });

  test('from Delete to what is shown instead, then to the main button', async () => {
    await openPanel();
    const { jobId, seeds } = await startFill();
    await deliver(jobId, 0, seeds[0]);
    await deliver(jobId, 1, seeds[1]);
    workers.last.say({ kind: 'done', jobId, outcome: 'complete' });
    await expect.poll(() => at('fill').elements().length).toBe(2);
    element('delete').focus();
    await userEvent.keyboard('{Enter}');
    await eventually(() => expect(focused()).toBe('original'));
    await userEvent.keyboard('{ArrowRight}');
    await eventually(() => expect(element('keep')).not.toHaveAttribute('disabled'));
    element('keep').focus();
    await userEvent.keyboard('{Enter}');
    await expect.element(at('original')).toHaveTextContent('Kept');
    await eventually(() => expect(focused()).toBe('original'));
  });
});

describe('a fill from the photo', () => {
  beforeEach(() => stored.set('choices', firstChoices));

  test('needs no model: it can begin before one is loaded, and after that failed', async () => {
    await openPanel();
    await eventually(() => expect(element('generate')).not.toHaveAttribute('disabled'));
    await expect.element(at('plan')).toHaveTextContent(/^About .* for 3 fills, \d+ steps each$/);
    expect(workers.last.sent.map(({ kind }) => kind)).not.toContain('load');
    panel.session.choose({ ...panel.session.choices, prior: 'both' });
    await expect.element(at('plan')).toHaveTextContent('Preparing the model');
    expect(workers.last.sent.filter(({ kind }) => kind === 'load')).toHaveLength(1);
    panel.session.choose({ ...panel.session.choices, prior: 'photo' });
    workers.last.say({
      kind: 'failed',
      jobId: null,
      code: 'modelFetch',
      message: 'no such file',
    });
    await eventually(() => expect(panel.session.model.state.kind).toBe('failed'));
    element('generate').click();
    await eventually(() => expect(workers.last.requests).toHaveLength(1));
    const { levels } = workers.last.requests[0].plan;
    expect(levels.length).toBeGreaterThan(0);
    expect(levels.map(({ network }) => network)).not.toContain('model');
  });

  test('has no class; choosing another prior brings the classes', async () => {
    await openPanel();
    await expect.element(at('prior')).toBeVisible();
    await expect.element(at('grow')).not.toBeInTheDocument();
    panel.session.choose({ ...panel.session.choices, prior: 'both' });
    await expect.element(at('grow')).toBeVisible();
  });
});

describe('what is remembered', () => {
  test('the choices and the gallery come back after a reload', async () => {
    await openPanel();
    panel.session.choose({ ...panel.session.choices, fills: 2, preset: 'draft' });
    const { jobId, seeds } = await startFill();
    expect(seeds).toHaveLength(2);
    await deliver(jobId, 0, seeds[0]);
    // The region without a fill, and the fill.
    const pictures = () => [...stored.keys()].filter((key) => key.startsWith('picture/'));
    await expect.poll(() => pictures().length).toBe(2);
    panel.remove();
    await openPanel();
    expect(panel.session.choices).toMatchObject({ fills: 2, preset: 'draft' });
    await expect.element(at('fill')).toBeVisible();
    for (const tile of ['original', 'fill']) {
      expect(element(tile).querySelector('img')?.src).toMatch(/^data:image\/jpeg/);
    }
  });
});

describe('the class to grow', () => {
  test('is named from the start, as it was remembered', async () => {
    stored.set('choices', { ...firstChoices, prior: 'model', classLabel: 1, className: 'fern' });
    await openPanel();
    await expect.element(page.getByRole('button', { name: /^Fern/ })).toBeVisible();
    workers.last.ready();
    await expect.element(page.getByRole('button', { name: /^Fern/ })).toBeVisible();
  });

  test('is shown once the model tells its classes, and while it is loaded anew', async () => {
    stored.set('choices', { ...firstChoices, prior: 'model', classLabel: 1 });
    await openPanel();
    workers.last.ready();
    await expect.element(page.getByRole('button', { name: /^Fern/ })).toBeVisible();
    panel.session.restartModel();
    await expect.element(at('plan')).toHaveTextContent('model');
    await expect.element(page.getByRole('button', { name: /^Fern/ })).toBeVisible();
    workers.last.ready();
    await expect.element(at('plan')).toHaveTextContent('steps each');
    await expect.element(page.getByRole('button', { name: /^Fern/ })).toBeVisible();
  });
});

describe('the host’s look', () => {
  test('theme and language are followed while the panel is open', async () => {
    await openPanel();
    workers.last.ready();
    app.change('themechange', { theme: 'dark' });
    app.change('localechange', { locale: 'zh-CN' });
    await expect.element(button()).toHaveTextContent('生成式填充');
    await expect.element(at('region-size')).toHaveTextContent('区域 80 × 60 像素');
    const theme = panel.renderRoot.querySelector('sp-theme')!;
    expect(theme.getAttribute('color')).toBe('dark');
    expect(document.documentElement.lang).toBe('zh-CN');
    // The fields' accessible names follow too.
    await expect.element(page.getByRole('button', { name: /这里要长出什么/ })).toBeVisible();
    app.change('localechange', { locale: 'en-GB' });
    await expect.element(button()).toHaveTextContent('Generative fill');
    await expect.element(page.getByRole('button', { name: /What should grow here/ })).toBeVisible();
  });
});

/** What is made of a fill that is there: others like it, a favourite, its settings again. */
import { page } from 'vitest/browser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { presets } from '../../src/protocol/presets.js';
import { firstChoices } from '../../src/ui/fill/choices.js';
import { FakeSandbox } from './fake-host.js';
import { FakeShelf } from './fake-shelf.js';
import { eventually, redPng, visit, type Visit } from './visit.js';

let sandbox: FakeSandbox;
let stored: Map<string, unknown>;
let open: Visit;

const at = (testId: string) => page.getByTestId(testId);
const session = () => open.panel.session;
const worker = () => open.workers.last;

async function openPanel(): Promise<void> {
  open = await visit({ sandbox, stored, shelf: new FakeShelf(), documentId: 'document' });
}

async function deliver(jobId: string, seed: number, [width, height] = [88, 68]): Promise<void> {
  const before = sandbox.added.length;
  const png = await redPng(width, height);
  worker().say({ kind: 'filled', jobId, fill: 0, seed, png });
  await eventually(() => expect(sandbox.added.length).toBe(before + 1));
}

/** Fills the marked region and ends the job. Returns: the request. */
async function fill(count = 1) {
  const before = worker().requests.length;
  await expect.element(at('generate')).toBeEnabled();
  await at('generate').click();
  await eventually(() => expect(worker().requests.length).toBe(before + 1));
  const request = worker().requests.at(-1)!;
  for (const seed of request.seeds.slice(0, count)) await deliver(request.jobId, seed);
  worker().say({ kind: 'done', jobId: request.jobId, outcome: 'complete' });
  await expect.element(at('generate')).toBeVisible();
  return request;
}

beforeEach(async () => {
  await page.viewport(320, 1200);
  sandbox = new FakeSandbox();
  stored = new Map<string, unknown>([['choices', { ...firstChoices, prior: 'photo' }]]);
  await openPanel();
});
afterEach(() => open.panel.remove());

describe('more like a fill', () => {
  test('starts from its pixels, where they lie, and in a part of the steps', async () => {
    const first = await fill();
    session().choose({ ...session().choices, preset: 'draft' });
    const slider = at('strength').element() as HTMLInputElement;
    slider.value = '30';
    slider.dispatchEvent(new Event('input'));
    await at('more-like').click();
    await eventually(() => expect(worker().requests.length).toBe(2));
    const { chosen, plan, seeds, source } = worker().requests[1];
    expect(plan.nfe).toBeLessThan(first.plan.nfe);
    expect(plan.levels[0].startTimestep).not.toBeNull();
    expect(new Set([...seeds, ...first.seeds]).size).toBe(6);
    expect(chosen).toMatchObject({ width: source.width, height: source.height });
    const { contextBounds, maskBounds } = plan;
    const pixel = (x: number, y: number) => {
      const i = 4 * ((y - contextBounds.y) * source.width + x - contextBounds.x);
      return [...chosen!.data.slice(i, i + 4)];
    };
    expect(pixel(maskBounds.x + 1, maskBounds.y + 1)).toEqual([208, 32, 32, 255]);
    expect(pixel(maskBounds.x - 2, maskBounds.y)).toEqual([0, 0, 0, 0]);
    await deliver(worker().requests[1].jobId, seeds[0]);
    expect(sandbox.added[1].record).toMatchObject({ like: 1, strength: 0.3 });
    await expect.element(at('recipe').first()).toHaveTextContent('30% away from fill 1');
  });

  test('whose pixels are gone is refused in a sentence, and the marker comes back', async () => {
    await fill();
    open.panel.remove();
    await openPanel();
    await at('more-like').click();
    await expect.element(at('problem')).toHaveTextContent('are not at hand any more');
    expect(session().isBeingFilled).toBe(false);
    expect(worker().requests).toHaveLength(0);
  });
});

describe('a favourite', () => {
  test('is marked so, and stays when the rest is removed', async () => {
    await fill(3);
    await at('fill').nth(1).click();
    await expect.element(at('fill-title')).toHaveTextContent('Fill 2');
    await at('star').click();
    await expect.element(at('star')).toHaveAttribute('aria-pressed', 'true');
    await expect.element(at('remove-tries')).toHaveTextContent('Remove all but favourites');
    await at('remove-tries').click();
    await expect.poll(() => sandbox.layers.map(({ id }) => id)).toEqual(['layer-2']);
    await at('fill').click();
    await at('star').click();
    await expect.poll(() => sandbox.layers[0].isStarred).toBe(false);
  });
});

describe('the history', () => {
  test('gives seed and settings back, after a reload and after the fill was deleted', async () => {
    session().choose({ ...session().choices, preset: 'best', fills: 1 });
    const { seeds } = await fill();
    await at('delete').click();
    await expect.poll(() => sandbox.layers).toEqual([]);
    session().choose({ ...session().choices, preset: 'draft', fills: 2 });
    open.panel.remove();
    await openPanel();
    await page.getByRole('button', { name: 'History' }).click();
    await expect.element(at('past-fill')).toHaveTextContent(/Fill 1, .*deleted/);
    await expect.element(at('recipe')).toHaveTextContent('Best, from this photo');
    await at('use-settings').click();
    await at('use-seed').click();
    expect(session().choices).toMatchObject({ preset: 'best', fills: 2, seed: seeds[0] });
    await expect.element(at('plan')).toHaveTextContent(`seed ${seeds[0]}`);
    const again = await fill(0);
    expect(again.seeds[0]).toBe(seeds[0]);
    expect(again.settings).toMatchObject(presets.best);
  });

  test('of another document is not shown', async () => {
    await fill();
    open.panel.remove();
    sandbox.layers = [];
    open = await visit({ sandbox, stored, shelf: new FakeShelf(), documentId: 'another' });
    await expect.element(at('generate')).toBeVisible();
    await expect.element(at('history')).not.toBeInTheDocument();
  });

  test('copies a seed', async () => {
    const written: string[] = [];
    vi.spyOn(navigator.clipboard, 'writeText').mockImplementation(async (text) => {
      written.push(text);
    });
    const { seeds } = await fill();
    await at('copy-seed').first().click();
    expect(written).toEqual([String(seeds[0])]);
    vi.restoreAllMocks();
  });
});

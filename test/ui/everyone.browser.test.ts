/** The panel for everyone: no violation axe finds, in every state; narrow; in any language. */
import axe from 'axe-core';
import { createStore, keys } from 'idb-keyval';
import { cdp, page } from 'vitest/browser';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RepaintPanel } from '../../src/ui/panel.js';
import { FakeSandbox, marked, photo, rectangle, refused } from './fake-host.js';
import { FakeShelf } from './fake-shelf.js';
import { eventually, redPng, visit, type Before, type Visit } from './visit.js';

/** Every message a third longer, as German is, between brackets that show where it comes from. */
vi.mock('../../src/ui/locales/zh-CN.js', async () => ({ templates: await pseudoTemplates() }));

async function pseudoTemplates(): Promise<Record<string, unknown>> {
  const url = new URL('../../src/ui/locales/zh-CN.xlf', import.meta.url);
  const xlf = await (await fetch(url)).text();
  const templates: Record<string, unknown> = {};
  const units = new DOMParser().parseFromString(xlf, 'text/xml').querySelectorAll('trans-unit');
  for (const unit of units) {
    const source = unit.querySelector('source')!;
    const texts: string[] = [''];
    const values: number[] = [];
    for (const node of source.childNodes) {
      if (node.nodeName === 'x') {
        values.push(Number((node as Element).getAttribute('id')));
        texts.push('');
      } else texts[texts.length - 1] += node.textContent ?? '';
    }
    const length = texts.join('').length;
    texts[0] = `⟦${texts[0]}`;
    texts[texts.length - 1] += `${'~'.repeat(Math.ceil(length / 3))}⟧`;
    const isPlain = values.length === 0;
    templates[unit.id] = isPlain ? texts[0] : { strTag: true, strings: texts, values };
  }
  return templates;
}

let opened: Visit;
let sandbox: FakeSandbox;

async function open(before: Partial<Before> = {}): Promise<RepaintPanel> {
  opened = await visit({ sandbox, stored: new Map(), shelf: new FakeShelf(), ...before });
  return opened.panel;
}

const at = (testId: string) => page.getByTestId(testId);

async function fill(): Promise<void> {
  const { workers } = opened;
  workers.last.ready();
  await at('generate').click();
  await eventually(() => expect(workers.last.requests).toHaveLength(1));
}

async function deliver(): Promise<void> {
  const { last } = opened.workers;
  const [{ jobId, seeds }] = last.requests;
  for (const [k, seed] of seeds.slice(0, 2).entries()) {
    last.say({ kind: 'filled', jobId, fill: k, seed, png: await redPng(86, 66) });
  }
  last.say({ kind: 'done', jobId, outcome: 'complete' });
  await expect.poll(() => at('fill').elements().length).toBe(2);
}

/** Every state a user sees, and how one gets there. */
const states: Record<string, () => Promise<unknown>> = {
  'while the model loads': () => open(),
  'with a region marked': async () => {
    await open();
    opened.workers.last.ready();
    await expect.element(at('plan')).toHaveTextContent(/\d/);
  },
  'with a photo and no region': async () => {
    sandbox.reading = refused('imageWithoutShapes', photo);
    await open();
  },
  'with nothing selected': async () => {
    sandbox.reading = refused('noSelection');
    await open();
  },
  'while it fills': async () => {
    await open();
    await fill();
    opened.workers.last.progress(opened.workers.last.requests[0].jobId, 120, 390);
    await expect.element(at('progress')).toBeVisible();
  },
  'with fills to compare': async () => {
    await open();
    await fill();
    await deliver();
  },
  'with fills side by side': async () => {
    await open();
    await fill();
    await deliver();
    await at('side-by-side').click();
    await expect.element(at('pair')).toBeVisible();
  },
  'with a fill kept': async () => {
    await open();
    await fill();
    await deliver();
    await at('keep').click();
    await expect.element(at('original')).toHaveTextContent('Kept');
  },
  'with a fill that waits': async () => {
    await open();
    await fill();
    sandbox.reading = marked(rectangle({ x: 10, y: 10, width: 40, height: 40 }));
    opened.bell.selectionChanged();
    await at('generate-next').click();
    await expect.element(at('queued')).toBeVisible();
  },
  'with a fill that was left': async () => {
    const journalName = crypto.randomUUID();
    await open({ journalName });
    await fill();
    const { journal, panel } = opened;
    const store = createStore(journalName, 'entries');
    await expect.poll(async () => (await keys(store)).length).toBeGreaterThan(0);
    panel.remove();
    panel.session.turn.end();
    for (const key of await keys<string>(store)) journal.letGo(key);
    await open({ journalName });
    await expect.element(at('resume')).toBeVisible();
  },
  'with a fill that has no place': async () => {
    await open();
    await fill();
    sandbox.notAdded = 'targetGone';
    const { last } = opened.workers;
    const [{ jobId, seeds }] = last.requests;
    last.say({ kind: 'filled', jobId, fill: 0, seed: seeds[0], png: await redPng(86, 66) });
    await expect.element(at('place-stranded')).toBeVisible();
  },
  'with the picture enlarged for marking': async () => {
    await open();
    opened.workers.last.ready();
    await at('mark-large').click();
    await expect.element(at('region-picture')).toBeVisible();
  },
  'with a region past the photo’s edge': async () => {
    sandbox.reading = marked(rectangle({ x: 300, y: 50, width: 160, height: 40 }));
    await open();
    opened.workers.last.ready();
    await expect.element(at('expansion')).toHaveTextContent('Reaches 60 px past the right edge');
  },
  'with the history unfolded': async () => {
    await open();
    await fill();
    await deliver();
    await at('history').getByRole('button').first().click();
    await expect.element(at('past-fill').first()).toBeVisible();
  },
  'with a problem': async () => {
    await open();
    await fill();
    opened.workers.last.onCrash('out of stack');
    await expect.element(at('problem')).toBeVisible();
  },
  'on the processor, without storage': async () => {
    await open();
    opened.workers.last.ready({ backend: 'wasm', fallbackReason: 'no adapter', storage: 'memory' });
    await expect.element(at('slow-fallback')).toBeVisible();
  },
  'with everything unfolded': async () => {
    await open();
    opened.workers.last.ready();
    for (const section of ['edge', 'advanced', 'help']) {
      await at(section).getByRole('button').first().click();
    }
    await expect.element(at('version')).toBeVisible();
  },
  'on the models’ page': async () => {
    await open();
    opened.workers.last.ready();
    await at('manage-models').click();
    await expect.element(at('models-heading')).toBeVisible();
  },
};

const names = Object.keys(states);

/** Colours that are on their way to others are no colours to measure. */
const still = { features: [{ name: 'prefers-reduced-motion', value: 'reduce' }] };

beforeAll(() => cdp().send('Emulation.setEmulatedMedia', still));
afterAll(() => cdp().send('Emulation.setEmulatedMedia', { features: [] }));

beforeEach(async () => {
  await page.viewport(320, 900);
  sandbox = new FakeSandbox();
});

afterEach(() => {
  opened.app.change('localechange', { locale: 'en-US' });
  opened.panel.session.turn.end();
  opened.panel.remove();
});

/** What axe finds in a theme, a sentence each. */
async function violationsIn(theme: string): Promise<string[]> {
  opened.app.change('themechange', { theme });
  await opened.panel.updateComplete;
  const { violations } = await axe.run(opened.panel, {
    // The host gives the page its landmarks around the panel's frame.
    rules: { region: { enabled: false } },
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}

/** Elements in all shadow roots that are laid out. */
function* visible(root: ParentNode): Generator<HTMLElement> {
  for (const element of root.querySelectorAll<HTMLElement>('*')) {
    const isHidden = element.closest('[hidden]') ?? element.closest('.spoken');
    if (isHidden) continue;
    yield element;
    if (element.shadowRoot) yield* visible(element.shadowRoot);
  }
}

/** What reaches out of the panel sideways. */
function tooWide(width: number): string[] {
  return [...visible(opened.panel.renderRoot as ShadowRoot)]
    .filter((element) => element.getClientRects().length > 0)
    .filter((element) => element.getBoundingClientRect().right > width + 0.5)
    .map((element) => `${element.localName}.${element.className} ${element.textContent?.trim()}`);
}

/** Names, numbers and what others have written: the same in every language. */
const sameEverywhere = /^(?:[\d\s.,:×%·–-]*|Test|Fern|out of stack|RePaint Fill)$/;

function untranslated(): string[] {
  const texts: string[] = [];
  for (const element of visible(opened.panel.renderRoot)) {
    const spoken = ['aria-label', 'title', 'label'].map((name) => element.getAttribute(name) ?? '');
    const own = [...element.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.textContent?.trim() ?? '');
    const isCode = ['style', 'script', 'textarea'].includes(element.localName);
    if (!isCode) texts.push(...spoken, ...own);
  }
  return texts.filter((text) => !text.includes('⟦') && !sameEverywhere.test(text));
}

/** At 200 % zoom a laptop's screen of 1366 x 620 leaves the panel 310 px of height. */
function expectNextStepInSight(): void {
  expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(320);
  const dock = (opened.panel.renderRoot as ShadowRoot).querySelector('.dock');
  if (!dock || dock.getClientRects().length === 0) return;
  const { top, bottom } = dock.getBoundingClientRect();
  expect(bottom).toBeLessThanOrEqual(310.5);
  // What lies under it can be scrolled above it.
  expect(top).toBeGreaterThan(80);
}

// One visit a state: getting there takes longer than looking.
describe.each(names)('%s', (name) => {
  test('axe finds nothing, light or dark; narrow, at 200 % and in longer words nothing is lost', async () => {
    await states[name]();
    for (const theme of ['light', 'dark'])
      expect.soft(await violationsIn(theme), theme).toEqual([]);

    await page.viewport(240, 700);
    await opened.panel.updateComplete;
    expect.soft(document.documentElement.scrollWidth).toBeLessThanOrEqual(240);
    expect.soft(tooWide(240)).toEqual([]);

    await page.viewport(320, 310);
    await opened.panel.updateComplete;
    expectNextStepInSight();

    // That page comes when it is opened, in the words of then.
    if (name.includes('models')) return;
    await page.viewport(320, 900);
    opened.app.change('localechange', { locale: 'zh-CN' });
    await expect.poll(() => opened.panel.renderRoot.textContent).toContain('⟦');
    await opened.panel.updateComplete;
    expect.soft(untranslated()).toEqual([]);
    expect.soft(document.documentElement.scrollWidth).toBeLessThanOrEqual(320);
  });
});

test('what is shown is announced', async () => {
  await states['with fills to compare']();
  const spoken = () => opened.panel.renderRoot.querySelector('[role=status]')?.textContent;
  await at('keep').click();
  await expect.poll(spoken).toBe('The fill is kept.');
  await at('fill').first().click();
  await at('delete').click();
  await expect.poll(spoken).toBe('Removed from the page.');
});

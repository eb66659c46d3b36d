/** A panel that was closed, and the one that is opened after it, over scriptable fakes. */
import { clear, createStore, entries, set, setMany } from 'idb-keyval';
import { page } from 'vitest/browser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FillSnapshot } from '../../src/protocol/fill.js';
import { sealed } from '../../src/ui/host/seal.js';
import { randomStream } from '../../src/lab/masks/random.js';
import { damaged } from './damage.js';
import { FakeSandbox, marked, rectangle } from './fake-host.js';
import { FakeShelf } from './fake-shelf.js';
import { eventually, redPng, visit, type Visit } from './visit.js';

interface ViteMeta extends ImportMeta {
  readonly env: Readonly<Record<string, unknown>>;
}
const rounds = (import.meta as ViteMeta).env['VITE_SOAK'] === undefined ? 3 : 50;

const journalName = 'closed-panel-test';
const store = () => createStore(journalName, 'entries');
const at = (testId: string) => page.getByTestId(testId);

let sandbox: FakeSandbox;
let visits: Visit[];

async function openPanel(documentId = 'document'): Promise<Visit> {
  const stored = new Map<string, unknown>();
  const opened = await visit({ sandbox, stored, shelf: new FakeShelf(), journalName, documentId });
  visits.push(opened);
  return opened;
}

const keys = async () => (await entries<string, unknown>(store())).map(([key]) => key);

/** What a reload does: the page goes, its locks with it. */
async function closePanel({ panel, journal, workers }: Visit): Promise<void> {
  panel.remove();
  workers.last.terminate();
  panel.session.turn.end();
  for (const key of await keys()) journal.letGo(key);
}

const snapshot: FillSnapshot = {
  group: { fill: 1, fills: 1, batches: [1, 1] },
  level: 0,
  fill: 1,
  images: 1,
  transition: 40,
  xt: Float32Array.from({ length: 12 }, (_, i) => Math.fround(1 / (i + 3))),
  x0Hat: null,
  finished: [],
};

/** A panel with a job of three fills: one is on the page, the second is at a snapshot. */
async function interruptedJob() {
  const first = await openPanel();
  const worker = first.workers.last;
  worker.ready();
  await eventually(() => expect(at('generate').element()).not.toHaveAttribute('disabled'));
  await at('generate').click();
  await eventually(() => expect(worker.requests).toHaveLength(1));
  const [request] = worker.requests;
  const { jobId, seeds } = request;
  worker.progress(jobId, 100, 390);
  worker.say({ kind: 'filled', jobId, fill: 0, seed: seeds[0], png: await redPng(80, 60) });
  await eventually(() => expect(sandbox.added).toHaveLength(1));
  worker.say({ kind: 'snapshot', jobId, snapshot });
  const noted = async () =>
    (await entries<string, unknown>(store())).find(([key]) => key.startsWith('note'));
  await eventually(async () => expect(await noted()).toMatchObject([{}, { value: { snapshot } }]));
  return { first, request };
}

beforeEach(async () => {
  await page.viewport(320, 900);
  sandbox = new FakeSandbox();
  visits = [];
  await clear(store());
});
afterEach(async () => {
  for (const opened of visits) await closePanel(opened);
});

describe('a fill that a closed panel has left', () => {
  test('is offered, and goes on from its snapshot with the very same request', async () => {
    const { first, request } = await interruptedJob();
    await closePanel(first);
    const { workers } = await openPanel();
    await expect.element(at('problem')).toHaveTextContent('The panel was closed before');
    await expect
      .element(at('resume'))
      .toHaveTextContent('Go on (1 of 3 fills done, 1 min 5 s left)');
    workers.last.ready();
    await at('resume').click();
    await eventually(() => expect(workers.last.requests).toEqual([request]));
    expect(workers.last.sent.at(-1)).toMatchObject({ resume: snapshot });
    const { jobId, seeds } = request;
    for (const fill of [1, 2]) {
      const png = await redPng(80, 60);
      workers.last.say({ kind: 'filled', jobId, fill, seed: seeds[fill], png });
    }
    await eventually(() => expect(sandbox.added).toHaveLength(3));
    workers.last.say({ kind: 'done', jobId, outcome: 'complete' });
    expect(new Set(sandbox.added.map(({ record }) => record.seed))).toEqual(new Set(seeds));
    expect(new Set(sandbox.added.map(({ pixelsToPage }) => pixelsToPage.join())).size).toBe(1);
    await eventually(async () => expect(await keys()).toEqual([]));
  });

  test('is offered with the one that waited behind it, and both go on', async () => {
    const { first, request } = await interruptedJob();
    sandbox.reading = marked(rectangle({ x: 20, y: 20, width: 30, height: 30 }));
    first.bell.selectionChanged();
    await at('generate-next').click();
    await eventually(async () =>
      expect((await keys()).filter((key) => key.startsWith('job '))).toHaveLength(2),
    );
    const [, waiting] = first.workers.last.requests;
    await closePanel(first);
    const { panel, workers } = await openPanel();
    await eventually(() => expect(panel.session.queue.interrupted).toHaveLength(2));
    workers.last.ready();
    await at('resume').first().click();
    await at('resume').first().click();
    await eventually(() => expect(workers.last.requests).toHaveLength(2));
    const byId = new Map(workers.last.requests.map((it) => [it.jobId, it]));
    expect(byId.get(request.jobId)).toEqual(request);
    expect(byId.get(waiting.jobId)).toEqual(waiting);
  });

  test('is forgotten when the user discards it', async () => {
    await closePanel((await interruptedJob()).first);
    await openPanel();
    await at('dismiss').click();
    await expect.element(at('problem')).not.toBeInTheDocument();
    await eventually(async () => expect(await keys()).toEqual([]));
  });

  test('stays where it is while its window lives, and goes on once', async () => {
    const { first } = await interruptedJob();
    const second = await openPanel();
    await eventually(() => expect(second.panel.session.journal.elsewhere).toBe(1));
    expect(second.panel.session.queue.jobs).toEqual([]);
    await closePanel(first);
    await eventually(() => expect(second.panel.session.queue.interrupted).toHaveLength(1));
    expect(second.panel.session.journal.elsewhere).toBe(0);
  });

  test('waits for its own document', async () => {
    await closePanel((await interruptedJob()).first);
    const other = await openPanel('another document');
    expect(other.panel.session.queue.jobs).toEqual([]);
    await closePanel(other);
    await openPanel();
    await expect.element(at('resume')).toBeVisible();
  });

  test('that was finished and had no place yet is kept, too', async () => {
    const { first, request } = await interruptedJob();
    const { jobId, seeds } = request;
    sandbox.notAdded = 'targetGone';
    const say = first.workers.last.say.bind(first.workers.last);
    say({ kind: 'filled', jobId, fill: 1, seed: seeds[1], png: await redPng(80, 60) });
    await expect.element(at('problem')).toBeVisible();
    say({ kind: 'done', jobId, outcome: 'complete' });
    const expected = [`fill ${jobId} ${seeds[1]}`];
    await eventually(async () => expect(await keys()).toEqual(expected));
    await closePanel(first);
    const { panel } = await openPanel();
    sandbox.notAdded = null;
    expect(panel.session.gallery.stranded).toHaveLength(1);
    await at('add-stranded').click();
    await eventually(() => expect(sandbox.added).toHaveLength(2));
    expect(sandbox.added[1].record.seed).toBe(seeds[1]);
    await eventually(async () => expect(await keys()).toEqual([]));
  });
});

type Stored = Map<string, unknown>;

/** What storage held after each write, from now until it is restored. */
async function watchStorage(): Promise<Stored[]> {
  const states: Stored[] = [new Map(await entries<string, unknown>(store()))];
  const next = (change: (state: Stored) => void) => {
    const state = new Map(states.at(-1));
    change(state);
    states.push(state);
  };
  const { put, delete: remove } = IDBObjectStore.prototype;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
    this: IDBObjectStore,
    value,
    key,
  ) {
    next((state) => state.set(key as string, value));
    return put.call(this, value, key);
  });
  vi.spyOn(IDBObjectStore.prototype, 'delete').mockImplementation(function (
    this: IDBObjectStore,
    key,
  ) {
    next((state) => state.delete(key as string));
    return remove.call(this, key);
  });
  return states;
}

test('every fill is offered, and once, wherever at a job’s end the panel is closed', async () => {
  const { first, request } = await interruptedJob();
  const { jobId, seeds } = request;
  const states = await watchStorage();
  const { addLayer } = sandbox;
  sandbox.addLayer = () => new Promise(() => undefined);
  for (const fill of [1, 2]) {
    const png = await redPng(80, 60);
    first.workers.last.say({ kind: 'filled', jobId, fill, seed: seeds[fill], png });
  }
  first.workers.last.say({ kind: 'done', jobId, outcome: 'complete' });
  const fills = [1, 2].map((fill) => `fill ${jobId} ${seeds[fill]}`);
  await eventually(async () => expect((await keys()).sort()).toEqual(fills.sort()));
  vi.restoreAllMocks();
  await closePanel(first);
  sandbox.addLayer = addLayer;
  expect(states.length).toBeGreaterThan(3);
  for (const state of states) {
    await clear(store());
    await setMany([...state], store());
    const opened = await openPanel();
    const { gallery, queue } = opened.panel.session;
    const offered = [
      ...gallery.stranded.map(({ layer }) => layer.record.seed),
      ...queue.interrupted.flatMap(({ seedsLeft }) => seedsLeft),
    ];
    const ascending = (a: number, b: number) => a - b;
    const expected = seeds.slice(1).sort(ascending);
    expect(offered.sort(ascending), [...state.keys()].join()).toEqual(expected);
    for (const { problem } of queue.interrupted) expect(problem?.code).toBe('panelClosed');
    // Behind what it still writes.
    await opened.journal.forget('nothing');
    await closePanel(opened);
  }
});

test('a fill that reached the page as the panel closed, and was deleted since, is not offered', async () => {
  const { first, request } = await interruptedJob();
  const { jobId, seeds } = request;
  const { addLayer } = sandbox;
  sandbox.addLayer = async (...args) => {
    await addLayer(...args);
    return new Promise(() => undefined);
  };
  const png = await redPng(80, 60);
  first.workers.last.say({ kind: 'filled', jobId, fill: 1, seed: seeds[1], png });
  await eventually(() => expect(sandbox.added).toHaveLength(2));
  const key = `fill ${jobId} ${seeds[1]}`;
  expect(await keys()).toContain(key);
  // The page that goes may hold its locks a little longer.
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const isHeld = navigator.locks.request(`repaint-fill ${key}`, () => held);
  await closePanel(first);
  const { panel, bell } = await openPanel();
  await expect.element(at('gallery')).toBeVisible();
  sandbox.layers = [];
  bell.selectionChanged();
  await expect.element(at('gallery')).not.toBeInTheDocument();
  release();
  await isHeld;
  await eventually(async () => expect(await keys()).not.toContain(key));
  expect(panel.session.gallery.stranded).toEqual([]);
});

/** What a closed panel has left of a job, as it is stored. */
async function leftRecord(): Promise<[string, { value: object }]> {
  const { first } = await interruptedJob();
  const [found] = (await entries<string, { value: object }>(store())).filter(([key]) =>
    key.startsWith('job '),
  );
  await closePanel(first);
  return found;
}

test('records that are not whole are told in one sentence and discarded, whatever is broken', async () => {
  const [key, whole] = await leftRecord();
  await clear(store());
  const { value: record } = whole;
  const broken: unknown[] = [null, 5, [], {}, 'text', { ...record, version: 2 }];
  const { request } = record as { request: { source: object; seeds: number[] } };
  broken.push({ ...record, request: { ...request, seeds: ['x'] } });
  broken.push({ ...record, request: { ...request, source: { ...request.source, width: 1e9 } } });
  broken.push({ ...record, region: { id: 5 } });
  const keep = async (at: string, value: unknown) => set(at, await sealed(at, value), store());
  for (const [i, value] of broken.entries()) await keep(`job broken-${i}`, value);
  await set('job unsealed', record, store());
  await set(key, whole, store());
  await keep(`note of ${key}`, { seedsLeft: 'none' });
  const { panel } = await openPanel();
  // The whole one is there, from its start but for the fill on the page: its note cannot be read.
  const { queue, journal } = panel.session;
  expect(queue.interrupted.map(({ id }) => `job ${id}`)).toEqual([key]);
  expect(queue.interrupted[0]).toMatchObject({ snapshot: null, seedsLeft: request.seeds.slice(1) });
  await expect.element(at('problem').first()).toHaveTextContent('progress is damaged');
  await expect.element(at('problem').last()).toHaveTextContent('It cannot go on: discard it');
  await at('drop-damaged').click();
  await eventually(async () => expect(await keys()).toEqual([key, `note of ${key}`]));
  expect(journal.hasDamaged).toBe(false);
});

test('damage anywhere in what a closed panel left ends in a sentence, never in a picture', async () => {
  await leftRecord();
  const random = randomStream(140, 'damage');
  const whole = await entries<string, unknown>(store());
  for (let round = 0; round < rounds; round++) {
    for (const [key, stored] of whole) await set(key, await damaged(stored, random), store());
    const opened = await openPanel();
    const { queue, journal } = opened.panel.session;
    await eventually(() => expect(journal.hasDamaged).toBe(true));
    expect(queue.jobs).toEqual([]);
    await closePanel(opened);
    opened.panel.remove();
  }
  const [[key, job]] = whole.filter(([key]) => key.startsWith('job '));
  await set(key, job, store());
  await openPanel();
  await expect.element(at('problem')).toHaveTextContent('progress is damaged');
  await at('dismiss').click();
  await eventually(async () => expect(await keys()).toEqual([]));
});

test('two windows fill one after the other', async () => {
  const first = await openPanel();
  first.workers.last.ready();
  await eventually(() => expect(at('generate').element()).not.toHaveAttribute('disabled'));
  first.panel.session.fill();
  await eventually(() => expect(first.workers.last.requests).toHaveLength(1));
  first.panel.hidden = true;
  const second = await openPanel();
  second.workers.last.ready();
  await eventually(() => expect(second.panel.session.plan.kind).toBe('planned'));
  second.panel.session.fill();
  await eventually(() => expect(second.panel.session.turn.isWaiting).toBe(true));
  expect(second.workers.last.requests).toEqual([]);
  const notice = second.panel.shadowRoot!.querySelector('[data-testid=other-window]');
  expect(notice?.textContent).toContain('Another window of this add-on is filling.');

  const [{ jobId }] = first.workers.last.requests;
  first.workers.last.say({ kind: 'done', jobId, outcome: 'complete' });
  await eventually(() => expect(second.workers.last.requests).toHaveLength(1));
  expect(second.panel.session.turn.isWaiting).toBe(false);
});

test('a fill that waits for another window is cancelled at once', async () => {
  const [first, second] = [await openPanel(), await openPanel()];
  for (const { workers, panel } of [first, second]) {
    workers.last.ready();
    await eventually(() => expect(panel.session.plan.kind).toBe('planned'));
    panel.session.fill();
    await eventually(() => expect(panel.session.queue.active).toBeDefined());
  }
  const { queue } = second.panel.session;
  queue.cancel(queue.active!.id);
  expect(queue.jobs).toEqual([]);
  expect(second.workers.last.sent.map(({ kind }) => kind)).not.toContain('fill');
  expect(second.workers.last.sent.map(({ kind }) => kind)).not.toContain('cancel');
});

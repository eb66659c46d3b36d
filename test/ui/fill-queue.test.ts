import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FillRequest, FillSnapshot } from '../../src/protocol/fill.js';
import type { ToWorker } from '../../src/protocol/worker-api.js';
import { FillQueue, type FinishedFill } from '../../src/ui/fill/fill-queue.js';
import type { Region } from '../../src/ui/selection/region.js';

const region = { id: 'region' } as Region;
const model = { id: 'model', sha256: 'a'.repeat(64), chosen: null };
const png = new Blob(['png']);
const lost = { code: 'workerCrashed' } as const;

function request(jobId: string, seeds = [1, 2, 3]): FillRequest {
  return { jobId, seeds } as unknown as FillRequest;
}

let posted: ToWorker[];
let filled: FinishedFill[];
let gaveUp: number;
let queue: FillQueue;

beforeEach(() => {
  vi.useFakeTimers();
  [posted, filled, gaveUp] = [[], [], 0];
  queue = new FillQueue({
    post: (message) => posted.push(message),
    filled: (fill) => filled.push(fill),
    giveUp: () => gaveUp++,
  });
});
afterEach(() => vi.useRealTimers());

function states(): string[] {
  return queue.jobs.map(({ id, state }) => `${id} ${state}`);
}

function progress(jobId: string) {
  const counts = { fill: 0, fills: 3, level: 0, nfe: 1, nfeTotal: 9 };
  return {
    kind: 'progress',
    jobId,
    progress: { ...counts, batch: 1, msPerCall: 1, remainingMs: 8 },
  } as const;
}

const snapshot = { fill: 1, transition: 4 } as FillSnapshot;

describe('a job', () => {
  test('runs, delivers each fill and leaves', () => {
    queue.add(region, request('a', [1, 2]), model);
    queue.receive({ kind: 'filled', jobId: 'a', fill: 0, seed: 1, png });
    expect(queue.active?.seedsLeft).toEqual([2]);
    queue.receive({ kind: 'filled', jobId: 'a', fill: 1, seed: 2, png });
    queue.receive({ kind: 'done', jobId: 'a', outcome: 'complete' });
    expect(filled.map(({ seed }) => seed)).toEqual([1, 2]);
    expect(queue.jobs).toEqual([]);
  });

  test('waits behind another, then runs', () => {
    queue.add(region, request('a'), model);
    queue.add(region, request('b'), model);
    expect(states()).toEqual(['a running', 'b waiting']);
    queue.receive({ kind: 'done', jobId: 'a', outcome: 'complete' });
    expect(states()).toEqual(['b running']);
  });

  test('that is cancelled waits for the worker, once', () => {
    queue.add(region, request('a'), model);
    queue.cancel('a');
    queue.cancel('a');
    expect(states()).toEqual(['a cancelling']);
    expect(posted.filter(({ kind }) => kind === 'cancel')).toHaveLength(1);
    queue.receive({ kind: 'done', jobId: 'a', outcome: 'cancelled' });
    vi.advanceTimersByTime(60_000);
    expect([queue.jobs, gaveUp]).toEqual([[], 0]);
  });

  test('whose cancel is not answered gives the worker up', () => {
    queue.add(region, request('a'), model);
    queue.cancel('a');
    vi.advanceTimersByTime(15_000);
    expect(gaveUp).toBe(1);
    queue.workerLost(lost, true);
    expect(queue.jobs).toEqual([]);
  });

  test('that is gone is not brought back by late messages', () => {
    queue.add(region, request('a'), model);
    queue.receive({ kind: 'done', jobId: 'a', outcome: 'cancelled' });
    queue.receive(progress('a'));
    queue.receive({ kind: 'filled', jobId: 'a', fill: 0, seed: 1, png });
    expect([queue.jobs, filled]).toEqual([[], []]);
  });
});

describe('an interrupted job', () => {
  test('that a closed panel left waits for the user, once, and goes on', () => {
    queue.add(region, request('b'), model);
    queue.receive({ kind: 'snapshot', jobId: 'b', snapshot });
    const left = {
      ...queue.jobs[0],
      id: 'a',
      request: request('a'),
      state: 'interrupted',
    } as const;
    queue.restore(left);
    queue.restore(left);
    expect(states()).toEqual(['b running', 'a interrupted']);
    queue.resume('a');
    expect(posted.at(-1)).toMatchObject({ request: { jobId: 'a' }, resume: snapshot });
    expect(states()).toEqual(['b running', 'a waiting']);
  });

  test('whose snapshot is refused starts the fills that are left anew', () => {
    queue.add(region, request('a'), model);
    queue.receive({ kind: 'filled', jobId: 'a', fill: 0, seed: 1, png });
    queue.receive({ kind: 'snapshot', jobId: 'a', snapshot });
    queue.receive({
      kind: 'failed',
      jobId: 'a',
      code: 'badRequest',
      message: 'not of this request',
    });
    queue.resume('a');
    expect(posted.at(-1)).toMatchObject({ request: { seeds: [2, 3] }, resume: null });
  });

  test('keeps what is finished and owes the rest', () => {
    queue.add(region, request('a'), model);
    queue.receive({ kind: 'filled', jobId: 'a', fill: 0, seed: 1, png });
    queue.receive({ kind: 'failed', jobId: 'a', code: 'nonFinite', message: 'NaN' });
    expect(queue.interrupted[0]).toMatchObject({
      seedsLeft: [2, 3],
      problem: { code: 'nonFinite' },
    });
    queue.resume('a');
    expect(posted.at(-1)).toMatchObject({ kind: 'fill', request: { seeds: [2, 3] }, resume: null });
    expect(states()).toEqual(['a running']);
  });

  test('goes on from its snapshot with the same request', () => {
    queue.add(region, request('a'), model);
    queue.receive({ kind: 'filled', jobId: 'a', fill: 0, seed: 1, png });
    queue.receive({ kind: 'snapshot', jobId: 'a', snapshot });
    queue.workerLost(lost, true);
    queue.resume('a');
    expect(posted.at(-1)).toEqual({
      kind: 'fill',
      request: request('a'),
      resume: snapshot,
      modelSha256: model.sha256,
    });
  });

  test('keeps its snapshot when one of several fills made at once is delivered', () => {
    queue.add(region, request('a'), model);
    queue.receive({ kind: 'snapshot', jobId: 'a', snapshot });
    queue.receive({ kind: 'filled', jobId: 'a', fill: 0, seed: 1, png });
    queue.workerLost(lost, true);
    queue.resume('a');
    expect(posted.at(-1)).toEqual({
      kind: 'fill',
      request: request('a'),
      resume: snapshot,
      modelSha256: model.sha256,
    });
    const before = filled.length;
    queue.receive({ kind: 'filled', jobId: 'a', fill: 0, seed: 1, png });
    expect(filled.length).toBe(before);
    expect(queue.jobs[0].seedsLeft).toEqual([2, 3]);
  });

  test('lets the next one run, and can be dismissed', () => {
    queue.add(region, request('a'), model);
    queue.add(region, request('b'), model);
    queue.receive({ kind: 'failed', jobId: 'a', code: 'internal', message: '' });
    expect(states()).toEqual(['a interrupted', 'b running']);
    queue.cancel('a');
    expect(states()).toEqual(['b running']);
    expect(posted.filter(({ kind }) => kind === 'cancel')).toEqual([]);
  });
});

describe('a lost worker', () => {
  test('interrupts what ran; its follower is sent what waited', () => {
    queue.add(region, request('a'), model);
    queue.add(region, request('b'), model);
    posted.length = 0;
    queue.workerLost(lost, true);
    expect(states()).toEqual(['a interrupted', 'b running']);
    expect(posted).toMatchObject([{ kind: 'fill', request: { jobId: 'b' } }]);
  });

  test('without a follower interrupts all', () => {
    queue.add(region, request('a'), model);
    queue.add(region, request('b'), model);
    queue.workerLost(lost, false);
    expect(states()).toEqual(['a interrupted', 'b interrupted']);
  });

  test('GPU: jobs that had not begun are sent again by themselves', () => {
    queue.add(region, request('a'), model);
    queue.add(region, request('b'), model);
    queue.receive(progress('a'));
    for (const jobId of ['a', 'b'])
      queue.receive({ kind: 'failed', jobId, code: 'deviceLost', message: '' });
    expect(states()).toEqual(['a interrupted', 'b waiting']);
    queue.workerLost({ code: 'deviceLost' }, true);
    expect(states()).toEqual(['a interrupted', 'b running']);
  });
});

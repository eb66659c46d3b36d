/**
 * Cancels, kills and lost GPUs in the middle of fills, each at another call. A few of each here;
 * `npm run soak` asks for the counts of docs/reliability.md.
 */
import { afterEach, expect, test } from 'vitest';
import type { Backend } from '../../src/protocol/compute-device.js';
import type { FillRequest, FillSnapshot } from '../../src/protocol/fill.js';
import { presets } from '../../src/protocol/presets.js';
import { gpuAdapterName, report } from '../engine/browser-setup.js';
import { serveTinyModel } from '../engine/tiny-model.js';
import { smallRequest, smallSettings } from './small-request.js';
import { pixels, TestPanel } from './test-panel.js';

interface ViteMeta extends ImportMeta {
  readonly env: Readonly<Record<string, unknown>>;
}
const isLong = (import.meta as ViteMeta).env['VITE_SOAK'] !== undefined;
const times = isLong ? { cancels: 200, kills: 20 } : { cancels: 6, kills: 1 };
const losses = 50;
const patience = isLong ? 3_600_000 : 240_000;
const settings = {
  ...smallSettings,
  coarse: { ...smallSettings.coarse, numInferenceSteps: 20 },
};
const photoSettings = { ...presets.draft, growPx: 0, featherPx: 0 };

const open: TestPanel[] = [];
afterEach(() => open.splice(0).forEach((panel) => panel.close()));

/** A worker that snapshots at every call. */
function newPanel(): TestPanel {
  const panel = new TestPanel();
  open.push(panel);
  panel.send('hurry');
  return panel;
}

/** Spread over a fill's calls, another for each round. */
const callFor = (round: number, nfe: number) => 1 + ((round * 7919) % Math.max(1, nfe - 2));

async function wholeFill(panel: TestPanel, request: FillRequest): Promise<Uint8Array> {
  panel.send({ kind: 'fill', request });
  await panel.next('done', ({ jobId }) => jobId === request.jobId);
  return pixels(panel.of('filled').find(({ jobId }) => jobId === request.jobId)!.png);
}

/** Starts a fill, and hands over the first snapshot at or after a call. */
async function fillUpTo(
  panel: TestPanel,
  request: FillRequest,
  call: number,
): Promise<FillSnapshot> {
  const { jobId } = request;
  panel.send({ kind: 'fill', request });
  await panel.next('progress', (sent) => sent.jobId === jobId && sent.progress.nfe >= call);
  const seen = panel.of('snapshot').length;
  await panel.next(
    'snapshot',
    (sent) => panel.of('snapshot').indexOf(sent) >= Math.max(0, seen - 1),
  );
  return panel.of('snapshot').at(-1)!.snapshot;
}

test(
  'cancelled at any call a fill stops, and the worker makes the next one as ever',
  async () => {
    const panel = newPanel();
    const card = await panel.load(await serveTinyModel(16), 'wasm');
    const expected = await wholeFill(panel, smallRequest(card, 'whole', [7], settings));
    for (let round = 0; round < times.cancels; round++) {
      const request = smallRequest(card, `cancel-${round}`, [7, 8], settings);
      const call = callFor(round, 2 * request.plan.nfe);
      panel.send({ kind: 'fill', request });
      await panel.next(
        'progress',
        (sent) => sent.jobId === request.jobId && sent.progress.nfe >= call,
      );
      panel.send({ kind: 'cancel', jobId: request.jobId });
      await panel.next('done', ({ jobId }) => jobId === request.jobId);
      panel.messages.length = 0;
    }
    expect(await wholeFill(panel, smallRequest(card, 'after', [7], settings))).toEqual(expected);
    report(`soak: ${times.cancels} cancels`);
  },
  patience,
);

/** Ends workers in the middle of a fill; a new one goes on from the last snapshot. */
async function resumeOften(
  rounds: number,
  prior: 'model' | 'photo',
  backend: Backend,
  end: (panel: TestPanel) => Promise<void>,
): Promise<void> {
  const manifestUrl = await serveTinyModel(16);
  const start = async () => {
    const panel = newPanel();
    const card = await panel.load(manifestUrl, backend);
    return {
      panel,
      request: (id: string) =>
        prior === 'model'
          ? smallRequest(card, id, [7], settings)
          : smallRequest(null, id, [7], photoSettings),
    };
  };
  const first = await start();
  const expected = await wholeFill(first.panel, first.request('whole'));
  first.panel.close();
  for (let round = 0; round < rounds; round++) {
    const { panel, request } = await start();
    const wanted = request(`round-${round}`);
    const snapshot = await fillUpTo(panel, wanted, callFor(round, wanted.plan.nfe));
    await end(panel);
    panel.close();
    const next = await start();
    next.panel.send({ kind: 'fill', request: wanted, resume: snapshot });
    await next.panel.next('done');
    expect(await pixels(next.panel.of('filled')[0].png)).toEqual(expected);
    next.panel.close();
  }
}

test.each(['model', 'photo'] as const)(
  'killed at any call of a fill from the %s, a new worker goes on to equal bytes',
  async (prior) => {
    await resumeOften(times.kills, prior, 'wasm', () => Promise.resolve());
    report(`soak: ${times.kills} workers killed, prior ${prior}`);
  },
  patience,
);

// One of these is in the worker's own tests: on a software adapter each takes half a minute.
test.skipIf(!isLong || !gpuAdapterName)(
  'a GPU lost at any call costs no more than what came after the last snapshot',
  async () => {
    await resumeOften(losses, 'model', 'webgpu', async (panel) => {
      panel.send('loseDevice');
      await expect(panel.next('done')).rejects.toThrow('deviceLost');
    });
    report(`soak: ${losses} GPUs lost`);
  },
  patience,
);

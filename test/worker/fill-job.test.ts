import { decode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import type { FillEvent } from '../../src/fill/run.js';
import type { RgbaImage } from '../../src/image/raster.js';
import type { FillPlan, FillRequest, FillSnapshot } from '../../src/protocol/fill.js';
import type { FromWorker } from '../../src/protocol/worker-api.js';
import { pngBlob, runFillJob } from '../../src/worker/fill-job.js';

const walk = {
  sampler: 'repaint',
  numInferenceSteps: 6,
  jumpLength: 1,
  resamplings: 1,
  eta: null,
} as const;
const bounds = { x: 0, y: 0, width: 2, height: 2 };
const plan: FillPlan = {
  maskBounds: bounds,
  contextBounds: bounds,
  levels: [
    {
      network: 'model',
      patch: 0,
      part: 0,
      partBounds: bounds,
      bounds,
      width: 64,
      height: 64,
      walk,
      startTimestep: null,
      nfe: 6,
    },
  ],
  nfe: 6,
};
const image = (): RgbaImage => ({
  width: 2,
  height: 2,
  data: Uint8ClampedArray.from([250, 3, 7, 0, 1, 2, 3, 1, 200, 100, 50, 128, 9, 8, 7, 255]),
});
const request: FillRequest = {
  jobId: 'job',
  plan,
  settings: {
    prior: 'model',
    photo: { coarse: walk, refine: { ...walk, startTimestep: 300 } },
    coarse: walk,
    refine: [],
    classLabel: null,
    guidanceScale: 1,
    growPx: 0,
    fillTransparent: false,
    featherPx: 0,
  },
  source: image(),
  selection: { width: 2, height: 2, data: new Uint8Array(4) },
  seeds: [11, 12],
};

/** Two fills of six calls; counts how far it was pulled. */
class ScriptedFill {
  calls = 0;
  isClosed = false;

  async *events(): AsyncGenerator<FillEvent> {
    try {
      for (let fill = 0; fill < 2; fill++) {
        for (let call = 0; call < 6; call++) {
          this.calls++;
          const preview = () => Promise.resolve([image()]);
          const left = { nfeTotal: 12, callsLeft: [12 - this.calls] };
          const snapshot = () => Promise.resolve(standing);
          yield {
            kind: 'call',
            fill,
            batch: 1,
            level: 0,
            nfe: this.calls,
            ...left,
            preview,
            snapshot,
          };
        }
        yield { kind: 'filled', fill, seed: request.seeds[fill], layer: image() };
      }
    } finally {
      this.isClosed = true;
    }
  }
}

const standing: FillSnapshot = {
  group: { fill: 0, fills: 1, batches: [1] },
  level: 0,
  fill: 0,
  images: 1,
  transition: 1,
  xt: new Float32Array(1),
  x0Hat: null,
  finished: [],
};

/** Runs the script on a clock that advances 100 ms at each look. */
async function run(fill: ScriptedFill, signal = { isCancelled: false }) {
  const messages: FromWorker[] = [];
  let time = 0;
  const post = (message: FromWorker): void => {
    messages.push(message);
    const isThird = message.kind === 'progress' && message.progress.nfe === 3;
    if (isThird && signal !== neverCancelled) signal.isCancelled = true;
  };
  const now = (): number => (time += 50);
  await runFillJob({ request, events: fill.events(), signal, post, now });
  return messages;
}

const neverCancelled = { isCancelled: false };
const kinds = (messages: readonly FromWorker[]) => messages.map((message) => message.kind);

describe('a fill job', () => {
  test('reports every call, both fills with their seeds, and its end', async () => {
    const messages = await run(new ScriptedFill(), neverCancelled);
    const progress = messages.flatMap((m) => (m.kind === 'progress' ? [m.progress.nfe] : []));
    expect(progress).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const filled = messages.flatMap((m) => (m.kind === 'filled' ? [[m.fill, m.seed]] : []));
    expect(filled).toEqual([
      [0, 11],
      [1, 12],
    ]);
    expect(messages.at(-1)).toEqual({ kind: 'done', jobId: 'job', outcome: 'complete' });
  });

  test('shows each fill within three calls and not at every call', async () => {
    const messages = await run(new ScriptedFill(), neverCancelled);
    for (const fill of [0, 1]) {
      const first = messages.findIndex((m) => m.kind === 'preview' && m.fill === fill);
      const before = messages
        .slice(0, first)
        .filter((m) => m.kind === 'progress' && m.progress.fill === fill);
      expect(before.length).toBeLessThanOrEqual(3);
    }
    const previews = kinds(messages).filter((kind) => kind === 'preview').length;
    expect(previews).toBeLessThan(8);
  });

  test('stops between two calls when cancelled, closes the walk, and says so', async () => {
    const fill = new ScriptedFill();
    const messages = await run(fill, { isCancelled: false });
    expect(fill.calls).toBe(3);
    expect(fill.isClosed).toBe(true);
    expect(kinds(messages)).not.toContain('filled');
    expect(messages.at(-1)).toEqual({ kind: 'done', jobId: 'job', outcome: 'cancelled' });
  });

  test('makes no call when it was cancelled while the model loaded', async () => {
    const fill = new ScriptedFill();
    const messages = await run(fill, { isCancelled: true });
    expect(fill.calls).toBe(0);
    expect(kinds(messages)).toEqual(['done']);
  });

  test('encodes straight alpha without loss, also where alpha is 0', async () => {
    const png = decode(new Uint8Array(await pngBlob(image()).arrayBuffer()));
    expect(png).toMatchObject({ width: 2, height: 2, channels: 4, depth: 8 });
    expect(Array.from(png.data)).toEqual(Array.from(image().data));
  });
});

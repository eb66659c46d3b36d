/** What the panel is told of failures, with a runtime that fails as it is told. */
import { expect, test, vi } from 'vitest';
import { WebRuntime } from '../../src/engine/web-runtime.js';
import type { FromWorker } from '../../src/protocol/worker-api.js';
import { FillWorker } from '../../src/worker/fill-worker.js';
import { shippedCard as card } from '../shelf/files.js';
import { smallRequest, smallSettings } from './small-request.js';

/** Runs a fill whose state cannot be made. Returns: what the panel is told last. */
async function lastWord(error: Error): Promise<FromWorker> {
  const runtime = {
    card,
    device: { backend: 'wasm' },
    lost: new Promise(() => undefined),
    createState: () => Promise.reject(error),
  };
  vi.spyOn(WebRuntime, 'load').mockResolvedValue(runtime as unknown as WebRuntime);
  const model = { kind: 'shipped', manifestUrl: 'https://test/model.json' } as const;
  return new Promise((resolve) => {
    const worker = new FillWorker((message) => {
      if (message.kind !== 'ready') resolve(message);
    }, 'https://test/ort/');
    worker.receive({ kind: 'load', model, backend: 'wasm' });
    worker.receive({ kind: 'fill', request: smallRequest(card, 'job', [1], smallSettings) });
  });
}

// The message is V8's own where an array is too large.
test.each([
  ['outOfMemory', 'Array buffer allocation failed'],
  ['badRequest', 'keepMask must be 0 or 1, got 7'],
])('a RangeError is told as %s where it says "%s"', async (code, message) => {
  const said = await lastWord(new RangeError(message));
  expect(said).toMatchObject({ kind: 'failed', jobId: 'job', code });
});

import { afterEach, describe, expect, test } from 'vitest';
import { gpuAdapterName, shippedModel } from '../engine/browser-setup.js';
import { serveTinyModel } from '../engine/tiny-model.js';
import { smallRequest, smallSettings } from './small-request.js';
import { pixels, TestPanel } from './test-panel.js';

let panel: TestPanel;
afterEach(() => panel.close());

describe.skipIf(!shippedModel)('the worker with the shipped model on WebAssembly', () => {
  test('loads with progress, fills, shows previews, and makes the same seed the same PNG', async () => {
    panel = new TestPanel();
    const card = await panel.load(shippedModel!.manifestUrl, 'wasm');
    expect(panel.of('ready')[0].device.fallbackReason).toBeNull();
    const loading = panel.of('loading');
    if (loading.length > 0) expect(loading.at(-1)!.loadedBytes).toBe(loading.at(-1)!.totalBytes);

    const request = smallRequest(card, 'a', [7, 8]);
    panel.send({ kind: 'fill', request });
    panel.send({ kind: 'fill', request: smallRequest(card, 'b', [7]) });
    expect(await panel.next('queued')).toMatchObject({ jobId: 'b', position: 1 });
    await panel.next('done', (message) => message.jobId === 'b');

    const { plan } = request;
    const progress = panel.of('progress').filter((message) => message.jobId === 'a');
    expect(progress.map((message) => message.progress.nfe)).toEqual(
      Array.from({ length: 2 * plan.nfe }, (_, i) => i + 1),
    );
    expect(progress.at(-1)!.progress.remainingMs).toBe(0);
    const preview = panel.of('preview')[0];
    expect(preview.image).toMatchObject({ width: plan.levels[0].width });

    const filled = panel.of('filled');
    expect(filled.map(({ jobId, seed }) => [jobId, seed])).toEqual([
      ['a', 7],
      ['a', 8],
      ['b', 7],
    ]);
    const [a7, a8, b7] = await Promise.all(filled.map((message) => pixels(message.png)));
    expect(a7.length).toBe(4 * plan.maskBounds.width * plan.maskBounds.height);
    expect(b7).toEqual(a7);
    expect(a8).not.toEqual(a7);
    // The corner lies outside the ellipse, the middle inside.
    const { width, height } = plan.maskBounds;
    const alpha = (x: number, y: number): number => a7[4 * (y * width + x) + 3];
    expect(alpha(0, 0)).toBe(0);
    expect(alpha(width >> 1, height >> 1)).toBe(255);
  });

  test('a cancel ends the running job between two calls and drops a queued one', async () => {
    panel = new TestPanel();
    const card = await panel.load(shippedModel!.manifestUrl, 'wasm');
    panel.send({ kind: 'fill', request: smallRequest(card, 'a', [1, 2, 3]) });
    panel.send({ kind: 'fill', request: smallRequest(card, 'b', [1]) });
    await panel.next('progress');
    panel.send({ kind: 'cancel', jobId: 'b' });
    panel.send({ kind: 'cancel', jobId: 'a' });
    for (const jobId of ['a', 'b']) {
      const done = await panel.next('done', (message) => message.jobId === jobId);
      expect(done.outcome).toBe('cancelled');
    }
    expect(panel.of('filled')).toEqual([]);
    expect(panel.of('progress').length).toBeLessThan(6);
    // The worker is ready for the next.
    panel.send({ kind: 'fill', request: smallRequest(card, 'c', [1]) });
    expect(await panel.next('done', ({ jobId }) => jobId === 'c')).toMatchObject({
      outcome: 'complete',
    });
  });
});

test('a fill begins while the worker prepares for it, and is the same picture', async () => {
  panel = new TestPanel();
  const card = await panel.load(await serveTinyModel(16), 'wasm');
  const settings = { ...smallSettings, classLabel: 1, guidanceScale: 2 };
  const request = smallRequest(card, 'a', [7, 8, 9], settings);
  panel.send({ kind: 'fill', request });
  await panel.next('done', ({ jobId }) => jobId === 'a');
  for (const fills of [3, 2]) panel.send({ kind: 'prepare', plan: request.plan, settings, fills });
  panel.send({ kind: 'fill', request: { ...request, jobId: 'b' } });
  // Not heard: there is no idle time.
  panel.send({ kind: 'prepare', plan: request.plan, settings, fills: 3 });
  await panel.next('done', ({ jobId }) => jobId === 'b');
  expect(panel.of('queued')).toEqual([]);
  const last = panel.of('progress').at(-1)!.progress;
  expect(last).toMatchObject({ nfe: 3 * request.plan.nfe, nfeTotal: 3 * request.plan.nfe });
  const [before, after] = ['a', 'b'].map((id) =>
    Promise.all(
      panel.of('filled').flatMap(({ jobId, png }) => (jobId === id ? [pixels(png)] : [])),
    ),
  );
  expect(await after).toEqual(await before);
  expect(await after).toHaveLength(3);
});

describe('what goes wrong is told once, with a code', () => {
  test('a missing model', async () => {
    // A model kept from before would do as well as the missing one.
    const kept = await navigator.storage.getDirectory();
    await kept.removeEntry('models', { recursive: true }).catch(() => undefined);
    panel = new TestPanel();
    const manifestUrl = new URL('/no-such-model/model.json?raw', location.origin).href;
    panel.send({ kind: 'load', model: { kind: 'shipped', manifestUrl }, backend: 'wasm' });
    await expect(panel.next('ready')).rejects.toThrow('modelFetch');
    expect(panel.of('failed')).toHaveLength(1);
    expect(panel.of('failed')[0].jobId).toBeNull();
  });

  test('a request that does not fit its own plan', async () => {
    panel = new TestPanel();
    const card = await panel.load(await serveTinyModel(64), 'wasm');
    const request = smallRequest(card, 'a', [1]);
    const source = { ...request.source, width: request.source.width - 1 };
    panel.send({ kind: 'fill', request: { ...request, source } });
    await expect(panel.next('done')).rejects.toThrow('badRequest');
    expect(panel.of('failed')).toHaveLength(1);
  });
});

describe.skipIf(!gpuAdapterName)(`the worker on WebGPU (${gpuAdapterName})`, () => {
  test('fills with guidance from GPU buffers', async () => {
    panel = new TestPanel();
    const card = await panel.load(await serveTinyModel(16), 'webgpu');
    expect(panel.of('ready')[0].device.sampler).toBe('gpu');
    const settings = { ...smallSettings, classLabel: 1, guidanceScale: 2 };
    const request = smallRequest(card, 'a', [7], settings);
    panel.send({ kind: 'fill', request });
    await panel.next('done');
    const nfe = panel.of('progress').map((message) => message.progress.nfe);
    expect(nfe.at(-1)).toBe(request.plan.nfe);
    expect(nfe[0]).toBe(2);
    const { image } = panel.of('preview')[0];
    expect([image.width, image.height]).toEqual([16, 16]);
    expect(image.data.length).toBe(4 * 16 * 16);
    expect(image.data[3]).toBe(255);
    expect(panel.of('filled')).toHaveLength(1);
  });

  test('a lost GPU ends the job with its code, and a new worker goes on from the snapshot', async () => {
    const manifestUrl = await serveTinyModel(16);
    const walk = { ...smallSettings.coarse, numInferenceSteps: 12 };
    const settings = { ...smallSettings, coarse: walk };
    panel = new TestPanel();
    const card = await panel.load(manifestUrl, 'webgpu');
    const request = smallRequest(card, 'a', [7], settings);
    panel.send('hurry');
    panel.send({ kind: 'fill', request });
    const { snapshot } = await panel.next('snapshot', (sent) => sent.snapshot.transition > 3);
    panel.send('loseDevice');
    await expect(panel.next('done')).rejects.toThrow('deviceLost');
    expect(panel.of('failed')[0]).toMatchObject({ jobId: 'a', code: 'deviceLost' });
    panel.close();

    panel = new TestPanel();
    await panel.load(manifestUrl, 'webgpu');
    panel.send({ kind: 'fill', request, resume: snapshot });
    await panel.next('done');
    const nfe = panel.of('progress').map((message) => message.progress.nfe);
    expect(nfe[0]).toBeGreaterThan(1);
    expect(nfe.at(-1)).toBe(request.plan.nfe);
    const resumed = await pixels(panel.of('filled')[0].png);

    panel.send({ kind: 'fill', request: { ...request, jobId: 'b' } });
    await panel.next('done', (message) => message.jobId === 'b');
    const [, whole] = panel.of('filled');
    expect(resumed).toEqual(await pixels(whole.png));
  });

  test('the photo fills on a GPU where one is asked for, and without it when that is lost', async () => {
    panel = new TestPanel();
    const request = smallRequest(null, 'a', [7], { ...smallSettings, prior: 'photo' });
    panel.send('hurry');
    panel.send({ kind: 'fill', request, backend: 'webgpu' });
    await panel.next('snapshot', (sent) => sent.snapshot.level === 1);
    panel.send('loseDevice');
    await panel.next('done', ({ jobId }) => jobId === 'a');
    expect(panel.of('failed')).toEqual([]);
    expect(panel.of('progress').at(-1)!.progress.nfe).toBe(request.plan.nfe);
    // Without a GPU from there on, as a worker would that never had one.
    const gpuLess = { ...request, jobId: 'b' };
    panel.send({ kind: 'fill', request: gpuLess, backend: 'webgpu' });
    panel.send({ kind: 'fill', request: { ...request, jobId: 'c' }, backend: 'wasm' });
    await panel.next('done', ({ jobId }) => jobId === 'c');
    const [a, b, c] = await Promise.all(panel.of('filled').map(({ png }) => pixels(png)));
    expect(b).toEqual(c);
    // What the GPU made before it was lost is what WebAssembly makes, but for last bits.
    expect(a.filter((value, i) => Math.abs(value - c[i]) > 1).length / a.length).toBeLessThan(0.02);
  });
});

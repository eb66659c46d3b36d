import { afterEach, describe, expect, test, vi } from 'vitest';
import type { NetworkCall } from '../../../src/core/network.js';
import { batchDifference } from '../../../src/engine/gpu/batch-check.js';
import { replaysFaithfully } from '../../../src/engine/gpu/capture-check.js';
import { inErrorScopes } from '../../../src/engine/gpu/error-scopes.js';
import { GpuMemory } from '../../../src/engine/gpu/gpu-memory.js';
import { GpuTrials } from '../../../src/engine/gpu/gpu-trials.js';
import { requestGpu } from '../../../src/engine/gpu-device.js';
import { OrtWeb } from '../../../src/engine/ort-web.js';
import type { WebRuntime } from '../../../src/engine/web-runtime.js';
import type { BatchQuestion } from '../../../src/protocol/fill.js';
import { batchSetup, walked } from '../batch-walk.js';
import { gpuAdapterName, report } from '../browser-setup.js';
import { loadRuntime } from '../load-runtime.js';
import { serveTinyModel } from '../tiny-model.js';
import { HostNetwork } from './host-network.js';

async function grantedDevice(): Promise<GPUDevice> {
  const answer = await requestGpu(true);
  if (answer.status === 'refused') throw new Error(answer.reason);
  return answer.grant.device;
}

/** A call takes as long on a busy machine as on a quiet one: slow ones are not tried in batches. */
function atOnePace(): void {
  const measure: GpuTrials['measure'] = Reflect.get(GpuTrials.prototype, 'measure');
  vi.spyOn(GpuTrials.prototype, 'msPerPixel').mockReturnValue(0.1);
  vi.spyOn(GpuTrials.prototype, 'measure').mockImplementation(async function (
    this: GpuTrials,
    ...args
  ) {
    await measure.apply(this, args);
    return 25 * args[1];
  });
}

async function load(triesBatches = true): Promise<WebRuntime> {
  atOnePace();
  const options = { backend: 'webgpu', precision: 'float32', triesBatches } as const;
  return loadRuntime(await serveTinyModel(), options);
}

const question: BatchQuestion = { shape: [1, 3, 16, 16], callsPerStep: 1, fills: 2, nfe: 10 };

/** Batches of the sessions opened so far. */
function watchSessions(refuses: (images: number) => boolean = () => false): number[] {
  const opened: number[] = [];
  const create = OrtWeb.prototype.createSession;
  vi.spyOn(OrtWeb.prototype, 'createSession').mockImplementation(function (this: OrtWeb, ...args) {
    const images = args[1].freeDimensions?.N ?? 0;
    opened.push(images);
    return refuses(images)
      ? Promise.reject(new Error('failed to allocate a buffer'))
      : create.apply(this, args);
  });
  return opened;
}

type Session = Awaited<ReturnType<OrtWeb['createSession']>>;

/** Counts the sessions that are open; does something to those for several images. */
function countSessions(spoil: (session: Session, device: GPUDevice) => void) {
  const count = { held: 0 };
  const create = OrtWeb.prototype.createSession;
  vi.spyOn(OrtWeb.prototype, 'createSession').mockImplementation(async function (
    this: OrtWeb,
    ...args
  ) {
    const session = await create.apply(this, args);
    count.held++;
    const release = session.release.bind(session);
    vi.spyOn(session, 'release').mockImplementation(async () => {
      await release();
      count.held--;
    });
    if (args[1].freeDimensions?.N !== 1) spoil(session, this.gpu!.device);
    return session;
  });
  return count;
}

afterEach(() => vi.restoreAllMocks());

describe.skipIf(!gpuAdapterName)(`trials on WebGPU (${gpuAdapterName})`, () => {
  test('what the device reports while a task runs is thrown as a lack of memory', async () => {
    const device = await grantedDevice();
    const size = 2 * device.limits.maxBufferSize;
    const refused = inErrorScopes(device, ['validation', 'out-of-memory'], async () =>
      device.createBuffer({ size, usage: GPUBufferUsage.STORAGE }),
    );
    await expect(refused).rejects.toMatchObject({ code: 'outOfMemory' });
    expect(await inErrorScopes(device, ['validation'], async () => 7)).toBe(7);
    device.destroy();
  });

  test('buffers are counted but for staging, and a batch fits by the device’s own limits', async () => {
    const device = await grantedDevice();
    const memory = new GpuMemory(device);
    const { made } = await memory.count(async () => {
      for (const size of [64, 256]) device.createBuffer({ size, usage: GPUBufferUsage.STORAGE });
      const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
      device.createBuffer({ size: 1024, usage });
    });
    expect(made).toEqual({ totalBytes: 320, largestBytes: 256 });
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    const half = maxBufferSize / 2;
    expect(memory.fits({ totalBytes: half, largestBytes: 4 }, 2, 0)).toBe(true);
    expect(memory.fits({ totalBytes: half, largestBytes: 4 }, 2, 4)).toBe(false);
    const third = maxStorageBufferBindingSize / 3;
    expect(memory.fits({ totalBytes: third, largestBytes: third }, 4, 0)).toBe(false);
    device.destroy();
  });

  test('a batch whose images are not answered as they are alone is noticed', async () => {
    const device = await grantedDevice();
    /** Adds to an image what depends on its place in the batch. */
    const network = (n: number, leak: number) => {
      const shape = [n, 3, 8, 8] as const;
      const size = 3 * 8 * 8;
      const predict = ({ xt }: NetworkCall) =>
        Promise.resolve(xt.map((x, i) => Math.tanh(x) + leak * Math.floor(i / size)));
      return new HostNetwork(device, { predict }, shape, 3);
    };
    const one = network(2, 0);
    expect(await batchDifference(device, one, network(6, 0))).toBe(0);
    expect(await batchDifference(device, one, network(6, 0.01))).toBeGreaterThan(0.01);
    expect(await batchDifference(device, one, network(6, NaN))).toBeNaN();
    device.destroy();
  });

  test.each([
    ['equal', 0, true],
    ['another number', 0.01, false],
    ['no number', NaN, false],
  ])('a replay is compared with what it replays: %s', async (_, off, isFaithful) => {
    const device = await grantedDevice();
    let calls = 0;
    const predict = async ({ xt }: NetworkCall) => {
      const out = xt.map(Math.tanh);
      if (++calls === 3) out[7] += off;
      return out;
    };
    const network = new HostNetwork(device, { predict }, [1, 3, 8, 8], 3);
    expect(await replaysFaithfully(device, network)).toBe(isFaithful);
    device.destroy();
  });

  test('idle time measures a batch and leaves its session open for the fill', async () => {
    const opened = watchSessions();
    const count = vi.spyOn(GpuMemory.prototype, 'fits');
    const runtime = await load();
    // Ten calls would not pay for trying while somebody waits.
    expect(await runtime.chooseBatch(question)).toBe(1);
    expect(opened).toEqual([1]);
    await runtime.prepare(question, { isOver: false });
    expect(opened).toEqual([1, 2]);
    const [one, images] = count.mock.calls.at(-1)!;
    report(`one image of 16 px takes ${one.totalBytes} bytes, at most ${one.largestBytes} in one`);
    expect(images).toBe(2);
    // Its weights alone are more than this.
    expect(one.totalBytes).toBeGreaterThan(10_000);
    const batch = await runtime.chooseBatch(question);
    const { card } = runtime;
    const setup = batchSetup(card, [1, 2].slice(0, batch), 16);
    const guidance = { classLabels: null, nullClassLabel: card.nullClassLabel, scale: 1 };
    await walked(await runtime.createState({ ...setup, guidance }), card);
    expect(opened).toEqual([1, 2]);
    await runtime.release();
  });

  test('a batch whose session fails is not tried again, and the runtime goes on', async () => {
    const opened = watchSessions((images) => images > 1);
    const runtime = await load();
    await runtime.prepare(question, { isOver: false });
    await runtime.prepare(question, { isOver: false });
    // With a captured graph and without.
    expect(opened).toEqual([1, 2, 2]);
    expect(await runtime.chooseBatch({ ...question, nfe: 1e6 })).toBe(1);
    expect(runtime.device.isCaptured).toBe(true);
    await runtime.release();
  });

  test.each([
    [
      'whose first call fails',
      (session: Session) =>
        void vi.spyOn(session, 'run').mockRejectedValue(new Error('a broken driver')),
    ],
    [
      'for which the device reports no memory',
      (_: Session, device: GPUDevice) => {
        const pop = device.popErrorScope.bind(device);
        vi.spyOn(device, 'popErrorScope').mockImplementationOnce(async () => {
          await pop();
          return new GPUOutOfMemoryError('no room');
        });
      },
    ],
  ])('a session %s is let go', async (_, spoil) => {
    const count = countSessions(spoil);
    const runtime = await load();
    await runtime.prepare(question, { isOver: false });
    expect(count.held).toBe(1);
    await runtime.release();
    expect(count.held).toBe(0);
  });

  test('after a loss nothing but single images is loaded', async () => {
    const opened = watchSessions();
    const runtime = await load(false);
    await runtime.prepare(question, { isOver: false });
    expect(await runtime.chooseBatch({ ...question, nfe: 1e6 })).toBe(1);
    expect(opened).toEqual([1]);
    await runtime.release();
  });
});

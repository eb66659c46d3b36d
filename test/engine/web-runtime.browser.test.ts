import { afterEach, describe, expect, test, vi } from 'vitest';
import { PhiloxNoise } from '../../src/core/noise.js';
import type { StateSetup } from '../../src/engine/state-setup.js';
import { OrtWeb } from '../../src/engine/ort-web.js';
import type { WebRuntime } from '../../src/engine/web-runtime.js';
import type { Backend } from '../../src/protocol/compute-device.js';
import { gpuAdapterName, report, shippedModel } from './browser-setup.js';
import { walked } from './batch-walk.js';
import { goldenSetup, goldenValues } from './golden-walk.js';
import { loadRuntime } from './load-runtime.js';
import { maxDifference } from './max-difference.js';
import { serveTinyModel, tinyNullLabel, withOneImage, withTimestep } from './tiny-model.js';

const size = 3 * 16 * 16;

interface Golden {
  readonly checkpointSha256: string;
  readonly values: readonly number[];
}

function level(seed: number): StateSetup {
  return {
    shape: [1, 3, 16, 16],
    noise: new PhiloxNoise([seed]),
    pixels: {
      known: Float32Array.from({ length: size }, (_, i) => Math.cos(i * 0.05)),
      keepMask: Float32Array.from({ length: 256 }, (_, i) => (i % 16 < 9 ? 1 : 0)),
    },
    guidance: { classLabels: Int32Array.of(1), nullClassLabel: tinyNullLabel, scale: 2 },
    classifierScale: 0,
  };
}

async function load(
  backend: Backend | null,
  change?: (onnx: Uint8Array) => Uint8Array,
): Promise<WebRuntime> {
  return loadRuntime(await serveTinyModel(16, change), { backend });
}

async function fill(runtime: WebRuntime, seed: number): Promise<Float32Array> {
  const state = await runtime.createState(level(seed));
  return walked(state, runtime.card, false);
}

afterEach(() => vi.restoreAllMocks());

test('on WebAssembly the same seed gives the same image, another seed another', async () => {
  const runtime = await load('wasm');
  expect(runtime.device).toMatchObject({ backend: 'wasm', adapter: '', sampler: 'cpu' });
  expect(runtime.msPerCall).toBeGreaterThan(0);
  const first = await fill(runtime, 1);
  expect(await fill(runtime, 1)).toEqual(first);
  expect(maxDifference(await fill(runtime, 2), first)).toBeGreaterThan(0.01);
  await runtime.release();
});

test.skipIf(!shippedModel)('a walk with the shipped model ends as in Node', async () => {
  // Made by make-golden-walk.mts with onnxruntime-node.
  const golden = (await (await fetch('/test/fixtures/engine/golden-walk.json')).json()) as Golden;
  const runtime = await loadRuntime(shippedModel!.manifestUrl, { backend: 'wasm' });
  expect(runtime.card.checkpoint.sha256).toBe(golden.checkpointSha256);
  const state = await runtime.createState(goldenSetup(runtime.card));
  const values = await goldenValues(state, runtime.card);
  expect(values.length).toBe(golden.values.length);
  const worst = Math.max(...values.map((value, i) => Math.abs(value - golden.values[i])));
  // 3e-6 a call between the two runtimes, guided, over 20 calls; a grey level is 8e-3.
  expect(worst).toBeLessThan(1e-3);
  await runtime.release();
});

describe.skipIf(!gpuAdapterName)(`on WebGPU (${gpuAdapterName})`, () => {
  test('the state stays on the GPU and the image is that of WebAssembly', async () => {
    const cpu = await load('wasm');
    const expected = await fill(cpu, 1);
    await cpu.release();
    const gpu = await load('webgpu');
    report(`${gpu.device.adapter}: ${gpu.msPerCall.toFixed(0)} ms a call`);
    expect(gpu.device).toMatchObject({
      backend: 'webgpu',
      adapter: gpuAdapterName,
      sampler: 'gpu',
    });
    // Two networks that sum in another order (1e-5 a call), guided, over 10 steps.
    expect(maxDifference(await fill(gpu, 1), expected)).toBeLessThan(1e-3);
    await gpu.release();
  });

  test('a GPU that fails at start-up gives way to WebAssembly, and the reason is kept', async () => {
    // SwiftShader, dressed up as a real adapter.
    vi.spyOn(GPUAdapterInfo.prototype, 'isFallbackAdapter', 'get').mockReturnValue(false);
    vi.spyOn(GPUAdapterInfo.prototype, 'architecture', 'get').mockReturnValue('imagined');
    const create = OrtWeb.prototype.createSession;
    vi.spyOn(OrtWeb.prototype, 'createSession').mockImplementation(function (this: OrtWeb, ...a) {
      return this.gpu ? Promise.reject(new Error('a broken driver')) : create.apply(this, a);
    });
    const runtime = await load(null);
    expect(runtime.device).toMatchObject({ backend: 'wasm', adapter: '', sampler: 'cpu' });
    expect(runtime.device.fallbackReason).toContain('a broken driver');
    await runtime.release();
  });

  test('a device that refuses our kernels keeps its network and loses only the state', async () => {
    const create = GPUDevice.prototype.createComputePipelineAsync;
    const compile = vi.spyOn(GPUDevice.prototype, 'createComputePipelineAsync');
    compile.mockImplementation(function (this: GPUDevice, descriptor) {
      const isOurs = descriptor.label === 'denoise';
      return isOurs ? Promise.reject(new Error('no')) : create.call(this, descriptor);
    });
    const runtime = await load('webgpu');
    expect(runtime.device.sampler).toBe('cpu');
    expect((await fill(runtime, 1)).every(Number.isFinite)).toBe(true);
    await runtime.release();
  });

  test.each([
    ['an int64', 'int64', ['N'], 'cpu'],
    ['one', 'float32', [], 'gpu'],
  ] as const)(
    'a network that takes %s timestep runs on the GPU',
    async (_, type, dims, sampler) => {
      const plain = await load('wasm');
      const expected = await fill(plain, 1);
      await plain.release();
      const runtime = await load('webgpu', (onnx) => withTimestep(onnx, { type, dims }));
      expect(runtime.device).toMatchObject({ backend: 'webgpu', sampler });
      expect(maxDifference(await fill(runtime, 1), expected)).toBeLessThan(1e-3);
      await runtime.release();
    },
  );

  test('a network for one image at a time is guided with the sampler on the CPU', async () => {
    const plain = await load('wasm');
    const expected = await fill(plain, 1);
    await plain.release();
    const runtime = await load('webgpu', withOneImage);
    expect(runtime.device.backend).toBe('webgpu');
    expect(runtime.device.sampler).toBe('cpu');
    expect(maxDifference(await fill(runtime, 1), expected)).toBeLessThan(1e-3);
    await runtime.release();
  });

  test('a lost device is told with its code', async () => {
    const runtime = await load('webgpu');
    await runtime.release();
    expect(await runtime.lost).toMatchObject({ code: 'deviceLost' });
  });
});

import { describe, expect, test } from 'vitest';
import { OrtNetwork } from '../../src/engine/ort-network.js';
import { OrtWeb } from '../../src/engine/ort-web.js';
import { inlineModel } from '../../src/engine/onnx-model.js';
import { measureCalls } from '../../src/engine/warm-up.js';
import { gpuAdapterName, ortBaseUrl, report, shippedModel } from './browser-setup.js';
import { maxDifference } from './max-difference.js';
import { leastNetwork } from './tiny-model.js';
import { readFloat32Tensors } from './read-safetensors.js';

async function fetchBuffer(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url);
  expect(response.ok, `${url} answered ${response.status}`).toBe(true);
  return response.arrayBuffer();
}

function noise(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898) * 1.5);
}

describe.skipIf(!shippedModel)('the shipped model on WebAssembly', () => {
  test('answers as diffusers does', async () => {
    const ort = await OrtWeb.start({ ortBaseUrl, backend: 'wasm' });
    const onnx = new Uint8Array(await fetchBuffer(shippedModel!.onnxUrl));
    const network = new OrtNetwork(
      await ort.createSession(inlineModel(onnx), { freeDimensions: null }),
      ort.queue,
    );
    // Recorded by the training code with diffusers in float32: t 30 with class 3, t 700 with 6.
    const io = readFloat32Tensors(await fetchBuffer('/models/garden-64/io.safetensors'));
    const size = 3 * 64 * 48;
    for (const [image, timestep, label] of [
      [0, 30, 3],
      [1, 700, 6],
    ]) {
      const out = await network.predict({
        xt: io.get('x')!.slice(image * size, (image + 1) * size),
        shape: [1, 3, 64, 48],
        timestep,
        classLabels: Int32Array.of(label),
      });
      const expected = io.get('out')!.slice(image * size, (image + 1) * size);
      // FACTS.md of the model: under 1e-4 in float32.
      expect(maxDifference(out, expected)).toBeLessThan(1e-4);
    }
    const ms = await measureCalls(() =>
      network.predict({
        xt: noise(3 * 64 * 64),
        shape: [1, 3, 64, 64],
        timestep: 500,
        classLabels: Int32Array.of(6),
      }),
    );
    report(`wasm (${ort.build}), 1 thread, 64 px: ${ms.toFixed(0)} ms a call`);
    await network.release();
  });
});

describe.skipIf(!gpuAdapterName)(`a tiny network on WebGPU (${gpuAdapterName})`, () => {
  // The second is what Firefox and Safari load.
  test.each(['jspi', 'asyncify'] as const)('answers as on WebAssembly: %s build', async (build) => {
    const onnx = await leastNetwork();
    const call = {
      xt: noise(3 * 16 * 16),
      shape: [1, 3, 16, 16],
      timestep: 321,
      classLabels: Int32Array.of(2),
    } as const;
    const answers = [];
    for (const backend of ['wasm', 'webgpu'] as const) {
      const ort = await OrtWeb.start({ ortBaseUrl, backend, build });
      expect(ort.backend).toBe(backend);
      const session = await ort.createSession(inlineModel(onnx), {
        freeDimensions: { N: 1, H: 16, W: 16 },
      });
      const network = new OrtNetwork(session, ort.queue);
      answers.push((await network.predict(call)).slice());
      const ms = await measureCalls(() => network.predict(call));
      report(
        `${backend} (${ort.build}, ${ort.gpu?.description ?? '1 thread'}): ${ms.toFixed(1)} ms`,
      );
      await network.release();
      ort.gpu?.device.destroy();
    }
    // Both in float32; SwiftShader sums in another order.
    expect(maxDifference(answers[0], answers[1])).toBeLessThan(1e-4);
  });
});

test('a forced WebGPU is never silently something else', async () => {
  if (gpuAdapterName) {
    const ort = await OrtWeb.start({ ortBaseUrl, backend: 'webgpu' });
    expect(ort.backend).toBe('webgpu');
    ort.gpu?.device.destroy();
  } else {
    await expect(OrtWeb.start({ ortBaseUrl, backend: 'webgpu' })).rejects.toMatchObject({
      code: 'noWebGpu',
    });
  }
});

test('left to itself it refuses a software adapter and says so', async () => {
  const ort = await OrtWeb.start({ ortBaseUrl, backend: null });
  if (gpuAdapterName && !/swiftshader/i.test(gpuAdapterName)) {
    expect(ort.backend).toBe('webgpu');
  } else {
    expect(ort.backend).toBe('wasm');
    expect(ort.fallbackReason).toMatch(/WebGPU/);
  }
});

/** The built graphs on WebGPU: every node has a kernel there, and the numbers agree with wasm. */
import * as ort from 'onnxruntime-web/webgpu';
import { describe, expect, it } from 'vitest';
import { parseAdmClassifierConfig } from '../../src/checkpoint/networks/adm-config.js';
import { admClassifier } from '../../src/checkpoint/networks/adm-classifier.js';
import { Weights } from '../../src/checkpoint/nn/weights.js';
import { writeModel } from '../../src/checkpoint/onnx/write-model.js';
import { randomSource } from '../../src/checkpoint/random-source.js';
import { tinyUNet } from '../../src/checkpoint/tiny-unet.js';

ort.env.wasm.numThreads = 1;

const size = 16;
const feeds = (): Record<string, ort.Tensor> => {
  const x = Float32Array.from({ length: 2 * 3 * size * size }, (_, i) => Math.sin(i * 0.7));
  return {
    sample: new ort.Tensor('float32', x, [2, 3, size, size]),
    timestep: new ort.Tensor('float32', new Float32Array([999, 4]), [2]),
    class_label: new ort.Tensor('int32', new Int32Array([2, 0]), [2]),
  };
};

async function run(
  onnx: Uint8Array,
  executionProviders: readonly ort.InferenceSession.ExecutionProviderConfig[],
): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(onnx, { executionProviders });
  const { out } = await session.run(feeds());
  const values = Float32Array.from(out.data as Float32Array);
  await session.release();
  return values;
}

/** All that a network may have: classes and the shipped layout, attention and a learned variance. */
const everything = { classes: 3, pixelUnshuffle: 2, hasAttention: true, hasLearnedVariance: true };

describe('a network', () => {
  it('runs whole on WebGPU, so that its commands can be captured', async () => {
    const onnx = await tinyUNet(1, everything);
    // Creation fails when a single node would run elsewhere.
    const session = await ort.InferenceSession.create(onnx, {
      executionProviders: ['webgpu'],
      enableGraphCapture: true,
      freeDimensionOverrides: { N: 1, H: size, W: size },
    });
    await session.release();
  });

  it('gives the same numbers on WebGPU and wasm', async () => {
    const onnx = await tinyUNet(1, everything);
    const expected = await run(onnx, ['wasm']);
    const actual = await run(onnx, ['webgpu']);
    const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i])));
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.1);
    // Two float32 implementations with other summation orders; outputs are O(1).
    expect(worst).toBeLessThan(1e-4);
  });
});

/** A classifier with its gradient, attention included. */
function tinyClassifier(): Promise<Uint8Array> {
  const config = parseAdmClassifierConfig({
    classifier_width: 32,
    classifier_depth: 1,
    classifier_attention_resolutions: '8',
    image_size: size,
    channel_mult: '1,1',
    num_head_channels: 32,
    out_channels: 5,
  });
  return writeModel(admClassifier(new Weights(randomSource(1)), config));
}

describe('a classifier and its gradient', () => {
  const outputs = async (provider: 'webgpu' | 'wasm') => {
    const session = await ort.InferenceSession.create(await tinyClassifier(), {
      executionProviders: [provider],
    });
    const { grad, log_prob: logProb } = await session.run(feeds());
    const values = {
      grad: Float32Array.from(grad.data as Float32Array),
      logProb: Float32Array.from(logProb.data as Float32Array),
    };
    await session.release();
    return values;
  };

  it('run whole on WebGPU', async () => {
    const session = await ort.InferenceSession.create(await tinyClassifier(), {
      executionProviders: ['webgpu'],
      enableGraphCapture: true,
      freeDimensionOverrides: { N: 1 },
    });
    await session.release();
  });

  it('give the same numbers on WebGPU and wasm', async () => {
    const expected = await outputs('wasm');
    const actual = await outputs('webgpu');
    const worst = (a: Float32Array, b: Float32Array) =>
      Math.max(...a.map((value, i) => Math.abs(value - b[i])));
    const greatest = Math.max(...expected.grad.map(Math.abs));
    expect(greatest).toBeGreaterThan(1e-4);
    // Rounding of a backward pass through some 300 operations, relative to its greatest value.
    expect(worst(expected.grad, actual.grad) / greatest).toBeLessThan(1e-3);
    expect(worst(expected.logProb, actual.logProb)).toBeLessThan(1e-4);
  });
});

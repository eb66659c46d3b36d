/** The classifier and its emitted gradient against guided-diffusion's own autograd. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { parseAdmClassifierConfig } from '../../src/checkpoint/networks/adm-config.js';
import { admClassifier } from '../../src/checkpoint/networks/adm-classifier.js';
import { Weights } from '../../src/checkpoint/nn/weights.js';
import { writeModel } from '../../src/checkpoint/onnx/write-model.js';
import { randomSource } from '../../src/checkpoint/random-source.js';
import { checkAdmClassifierCase } from '../../src/lab/parity/adm-classifier.js';
import { CaseReport } from '../../src/lab/parity/family.js';
import { sessionOptions } from '../../src/engine/session-options.js';
import { expectParity } from './expect-parity.js';
import { caseFolders } from './fixture-folders.js';

describe('a converted EncoderUNetModel', () => {
  it.each(caseFolders('adm-classifier'))(
    'gives the logits and the gradient of guided-diffusion: %s',
    async (name, folder) => {
      const report = new CaseReport('adm-classifier', name);
      await checkAdmClassifierCase(folder, report, { backend: 'node' });
      // Logits are allowed 1e-5 by float32 rounding, the gradient 1e-5 of its greatest value.
      expect(expectParity(report)).toBeLessThan(1e-5);
    },
  );
});

const size = 8;
const base = {
  image_size: size,
  model_channels: 32,
  out_channels: 5,
  num_res_blocks: 1,
  attention_resolutions: [2],
  channel_mult: [1, 2],
  num_head_channels: 32,
};
const sample = Float32Array.from({ length: 3 * size * size }, (_, i) => Math.sin(i * 1.7));

async function evaluator(config: object) {
  const graph = admClassifier(
    new Weights(randomSource(7)),
    parseAdmClassifierConfig({ constructor: config }),
  );
  const session = await ort.InferenceSession.create(await writeModel(graph), sessionOptions(1));
  return async (x: Float32Array) => {
    const { log_prob: logProb, grad } = await session.run({
      sample: new ort.Tensor('float32', x, [1, 3, size, size]),
      timestep: new ort.Tensor('float32', Float32Array.of(300), [1]),
      class_label: new ort.Tensor('int32', Int32Array.of(2), [1]),
    });
    return { logProb: Number(logProb.data[0]), grad: grad.data as Float32Array };
  };
}

describe('the emitted gradient', () => {
  it.each([
    ['attention pooling, blocks that resample', { pool: 'attention', resblock_updown: true }],
    ['adaptive pooling, strided convolutions', { pool: 'adaptive', use_scale_shift_norm: true }],
    ['spatial pooling, average pools', { pool: 'spatial', conv_resample: false }],
    ['the second spatial pooling', { pool: 'spatial_v2', use_new_attention_order: true }],
  ])('agrees with central differences: %s', async (_, options) => {
    const evaluate = await evaluator({ ...base, ...options });
    const { grad } = await evaluate(sample);
    const norm = Math.hypot(...grad);
    // Along the gradient itself the slope is its norm; a step of 0.03 balances curvature and rounding.
    const along = (step: number) => sample.map((x, i) => x + (step * grad[i]) / norm);
    const plus = (await evaluate(along(0.03))).logProb;
    const minus = (await evaluate(along(-0.03))).logProb;
    // ReLU's kinks and float32 leave up to 0.8 %; a wrong rule is off by far more.
    expect(Math.abs((plus - minus) / 0.06 / norm - 1)).toBeLessThan(0.02);
  });
});

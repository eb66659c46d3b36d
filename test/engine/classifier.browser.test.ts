/**
 * A model with a classifier in the browser. Oracle: the step's own definition: the classifier's
 * log-probability of the class asked for must rise with the scale.
 */
import { expect, test } from 'vitest';
import { sourceFromBytes } from '../../src/checkpoint/byte-source.js';
import { convertCheckpoint } from '../../src/checkpoint/convert.js';
import { tinyUNet } from '../../src/checkpoint/tiny-unet.js';
import { createDiffusion } from '../../src/core/diffusion.js';
import { PhiloxNoise } from '../../src/core/noise.js';
import { stepCoefficients } from '../../src/core/step-coefficients.js';
import { CpuBackend } from '../../src/engine/cpu-backend.js';
import { inlineModel } from '../../src/engine/onnx-model.js';
import { OrtWeb } from '../../src/engine/ort-web.js';
import { linearConfig } from '../core/chains.js';
import { ortBaseUrl } from './browser-setup.js';

const fixture = '/test/fixtures/adm-classifier/adaptive-pool/';
const label = 3;

async function classifierGraph(): Promise<Uint8Array> {
  const [checkpoint, config] = await Promise.all([
    fetch(`${fixture}checkpoint.pt?raw`).then((response) => response.arrayBuffer()),
    fetch(`${fixture}config.json?raw`).then((response) => response.json()),
  ]);
  const source = sourceFromBytes(new Uint8Array(checkpoint));
  return (await convertCheckpoint({ source, family: 'adm-classifier', config })).onnx;
}

test('a classifier steers towards its class, more so with a larger scale', async () => {
  const ort = await OrtWeb.start({ ortBaseUrl, backend: 'wasm' });
  const graph = await classifierGraph();
  const model = {
    onnx: inlineModel(await tinyUNet(1)),
    classifier: inlineModel(graph),
    nullClassLabel: null,
  };
  const backend = new CpuBackend(ort, model);
  const judge = await ort.createSession(inlineModel(graph), { freeDimensions: null });
  const diffusion = createDiffusion(linearConfig);
  const t = 300;
  const logProbs: number[] = [];
  const { Tensor } = await import('onnxruntime-common');
  for (const classifierScale of [0, 5, 20]) {
    const state = await backend.createState({
      shape: [1, 3, 16, 16],
      noise: new PhiloxNoise([1]),
      pixels: null,
      guidance: { classLabels: Int32Array.of(label), nullClassLabel: null, scale: 1 },
      classifierScale,
    });
    await state.start();
    const coefficients = stepCoefficients(diffusion, t, null);
    await state.denoise({ t, timestep: t, transition: 0, inject: null, coefficients });
    const { log_prob: logProb } = await judge.run({
      sample: new Tensor('float32', await state.readXt(), [1, 3, 16, 16]),
      timestep: new Tensor('float32', [t], [1]),
      class_label: new Tensor('int32', Int32Array.of(label), [1]),
    });
    logProbs.push((logProb.data as Float32Array)[0]);
  }
  const [none, some, much] = logProbs;
  expect(some).toBeGreaterThan(none);
  expect(much).toBeGreaterThan(some);
  await backend.release();
});

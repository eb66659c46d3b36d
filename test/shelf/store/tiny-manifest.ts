/** Cards and files for tests of storage; no network is behind them. */
import { createHash } from 'node:crypto';
import {
  modelCardSchema,
  type ModelCard,
  type ModelFile,
} from '../../../src/protocol/model-card.js';

/** Hashed by Node's own implementation. */
export function fileOf(path: string, bytes: Uint8Array): ModelFile {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, sizeBytes: bytes.length, sha256 };
}

export function cardOf(id: string): ModelCard {
  return modelCardSchema.parse({
    id,
    name: 'Tiny',
    checkpoint: fileOf('tiny.safetensors', new Uint8Array(10)),
    network: {
      family: 'diffusers-unet2d',
      channels: 3,
      outChannels: 3,
      pixelUnshuffle: 1,
      sizeMultiple: 8,
      nativeSize: 16,
      isFixedSize: false,
      parameters: 10,
    },
    diffusion: {
      betaSchedule: 'linear',
      betaStart: 1e-4,
      betaEnd: 0.02,
      numTrainTimesteps: 1000,
      predictionType: 'epsilon',
      varianceType: 'fixed_small',
      clipDenoised: true,
    },
    classes: [],
    nullClassLabel: null,
    licence: 'Apache-2.0',
    summary: 'a test',
    trainingData: 'none',
    bias: 'none',
    limits: 'none',
  });
}

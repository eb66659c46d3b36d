import { tinyUNet } from '../../src/checkpoint/tiny-unet.js';
import { sha256Hex } from '../../src/engine/models/hasher.js';
import type { ModelManifest } from '../../src/protocol/model-card.js';

/** The label that means "no class". */
export const tinyNullLabel = 3;

/** Makes a tiny network and its manifest as blob URLs, as if they had been built and served. */
export async function serveTinyModel(nativeSize = 16): Promise<string> {
  const onnx = (await tinyUNet(5, {
    classes: 4,
    pixelUnshuffle: 2,
  })) as Uint8Array<ArrayBuffer>;
  const file = {
    path: URL.createObjectURL(new Blob([onnx])),
    sizeBytes: onnx.length,
    sha256: await sha256Hex(onnx),
  };
  const manifest: ModelManifest = {
    onnx: file,
    externalData: [],
    classifier: null,
    card: {
      id: 'tiny',
      name: 'Tiny',
      checkpoint: file,
      network: {
        family: 'diffusers-unet2d',
        channels: 3,
        outChannels: 3,
        pixelUnshuffle: 2,
        sizeMultiple: 4,
        nativeSize,
        isFixedSize: false,
        parameters: 1,
      },
      diffusion: {
        betaSchedule: 'squaredcos_cap_v2',
        betaStart: 1e-4,
        betaEnd: 0.02,
        numTrainTimesteps: 1000,
        predictionType: 'v_prediction',
        varianceType: 'fixed_small',
        clipDenoised: true,
      },
      classes: [0, 1, 2].map((label) => ({ label, name: `class ${label}` })),
      nullClassLabel: tinyNullLabel,
      classifier: null,
      licence: 'Apache-2.0',
      summary: 'Random weights.',
      trainingData: 'None.',
      bias: 'None.',
      limits: 'Draws nothing.',
    },
  };
  return URL.createObjectURL(new Blob([JSON.stringify(manifest)], { type: 'application/json' }));
}

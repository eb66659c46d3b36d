/** Cards drafted from identified files: what they take over, what they measure, what they refuse. */
import { describe, expect, it } from 'vitest';
import { parseUNet2DConfig } from '../../../src/checkpoint/networks/unet2d-config.js';
import { unet2d } from '../../../src/checkpoint/networks/unet2d.js';
import { tinyUNet } from '../../../src/checkpoint/tiny-unet.js';
import { describeModel } from '../../../src/shelf/read/describe-model.js';
import { diffusionOf } from '../../../src/shelf/read/draft-card.js';
import { identify } from '../../../src/shelf/read/identify.js';
import { hashSource, type SourceFile } from '../../../src/shelf/read/source-file.js';
import type { ModelCard } from '../../../src/protocol/model-card.js';
import { withOneImage } from '../../engine/tiny-model.js';
import {
  createHasher,
  fixture,
  json,
  named,
  shipped,
  shippedCard,
  shippedWeights,
} from '../files.js';
import { hollowCheckpoint } from './hollow-checkpoint.js';

const words = { name: 'N', licence: 'L', trainingData: 'T', bias: 'B' };
const file = { path: 'weights', sizeBytes: 1, sha256: '0'.repeat(64) };

async function describeFiles(files: readonly SourceFile[]): Promise<ModelCard> {
  const identified = await identify(files, null);
  const classifierCheckpoint = identified.classifier && file;
  return describeModel(identified, { id: 'new', words, checkpoint: file, classifierCheckpoint });
}

const cifarConfig = {
  _class_name: 'UNet2DModel',
  _diffusers_version: '0.0.4',
  act_fn: 'silu',
  attention_head_dim: null,
  block_out_channels: [128, 256, 256, 256],
  center_input_sample: false,
  down_block_types: ['DownBlock2D', 'AttnDownBlock2D', 'DownBlock2D', 'DownBlock2D'],
  downsample_padding: 0,
  flip_sin_to_cos: false,
  freq_shift: 1,
  in_channels: 3,
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  norm_eps: 1e-6,
  norm_num_groups: 32,
  out_channels: 3,
  sample_size: 32,
  time_embedding_type: 'positional',
  up_block_types: ['UpBlock2D', 'UpBlock2D', 'AttnUpBlock2D', 'UpBlock2D'],
};
const cifarScheduler = {
  _class_name: 'DDPMScheduler',
  _diffusers_version: '0.1.1',
  beta_end: 0.02,
  beta_schedule: 'linear',
  beta_start: 0.0001,
  clip_sample: true,
  num_train_timesteps: 1000,
  timestep_values: null,
  trained_betas: null,
  variance_type: 'fixed_large',
};
const cifar = (config: object = {}, scheduler: object = {}) => [
  {
    name: 'diffusion_pytorch_model.safetensors',
    source: hollowCheckpoint((w) => unet2d(w, parseUNet2DConfig(cifarConfig))),
  },
  json('config.json', { ...cifarConfig, ...config }),
  json('scheduler_config.json', { ...cifarScheduler, ...scheduler }),
];

describe('describeModel', () => {
  it("describes google's DDPMs by the two configs of their repositories", async () => {
    const card = await describeFiles(cifar());
    expect(card.network).toEqual({
      family: 'diffusers-unet2d',
      channels: 3,
      outChannels: 3,
      pixelUnshuffle: 1,
      sizeMultiple: 8,
      nativeSize: 32,
      isFixedSize: true,
      parameters: 35_746_307,
    });
    expect(card.diffusion).toEqual({
      betaSchedule: 'linear',
      betaStart: 0.0001,
      betaEnd: 0.02,
      numTrainTimesteps: 1000,
      predictionType: 'epsilon',
      varianceType: 'fixed_large',
      clipDenoised: true,
    });
    expect(card).toMatchObject({ id: 'new', ...words, classes: [], classifier: null });
  });

  it('says every setting of a scheduler that changes a number of the network', async () => {
    const { diffusion } = await describeFiles(
      cifar(
        {},
        {
          clip_sample_range: 1.5,
          thresholding: true,
          dynamic_thresholding_ratio: 0.9,
          sample_max_value: 2,
          rescale_betas_zero_snr: true,
          prediction_type: 'v_prediction',
          num_train_timesteps: 3,
          trained_betas: [0.1, 0.2, 0.3],
        },
      ),
    );
    expect(diffusion).toMatchObject({
      clipRange: 1.5,
      threshold: { ratio: 0.9, maxValue: 2 },
      rescaleBetasZeroSnr: true,
      predictionType: 'v_prediction',
      trainedBetas: [0.1, 0.2, 0.3],
    });
    const config = { diffusion_steps: 4000, rescale_timesteps: true };
    const rescaled = diffusionOf({ family: 'adm-unet', config, scheduler: null, card: null });
    expect(rescaled).toMatchObject({ numTrainTimesteps: 4000, rescaleTimesteps: true });
  });

  it('measures an .onnx and takes the rest from its card', async () => {
    const onnx = await tinyUNet(1, { classes: 3, hasLearnedVariance: true });
    const given = {
      diffusion: {
        ...shippedCard.diffusion,
        varianceType: 'learned_range',
        timestepSpacing: 'leading',
        convention: 'diffusers',
      },
      network: { nativeSize: 16, isFixedSize: false, sizeMultiple: 2 },
      classes: [{ label: 0, name: 'a' }],
      nullClassLabel: 2,
    };
    const card = await describeFiles([named('net.onnx', onnx), json('card.json', given)]);
    expect(card).toMatchObject({ ...given, summary: 'Imported from weights.' });
    const { parameters, ...network } = card.network;
    expect(network).toEqual({
      family: 'onnx',
      channels: 3,
      outChannels: 6,
      pixelUnshuffle: 1,
      ...given.network,
    });
    expect(parameters).toBeGreaterThan(1000);

    const files = [named('net.onnx', withOneImage(onnx)), json('card.json', given)];
    const single = await describeFiles(files);
    expect(single.network).toEqual({ ...card.network, isFixedBatch: true });
  });

  it('lets a classifier give classes to a network that has none', async () => {
    const card = await describeFiles([
      fixture('adm-classifier/attention-pool/checkpoint.pt', 'classifier.pt'),
      fixture('adm-classifier/attention-pool/config.json', 'classifier_config.json'),
      fixture('adm-unet/nonsquare/checkpoint.pt', 'net.pt'),
      fixture('adm-unet/nonsquare/config.json'),
    ]);
    expect(card.classes).toHaveLength(1000);
    expect(card.classifier).toEqual({
      checkpoint: file,
      family: 'adm-classifier',
      parameters: 397_928,
      isNetworkConditional: false,
    });
  });

  it.each<[string, () => readonly SourceFile[], RegExp]>([
    [
      'a preset that was not chosen, or files left out',
      () => cifar().slice(0, 2),
      /give scheduler_config.json too/,
    ],
    [
      'a network that does not know its size',
      () => cifar({ sample_size: null }),
      /says no sample_size/,
    ],
    [
      'predicted noise at a step that is nothing but noise',
      () => cifar({}, { rescale_betas_zero_snr: true }),
      /ends without any signal/,
    ],
    [
      'a learned variance the network does not answer',
      () => cifar({}, { variance_type: 'learned_range' }),
      /answers 3 channels where 6 are expected/,
    ],
    [
      'a scheduler of another kind of diffusion',
      () => cifar({}, { _class_name: 'ScoreSdeVeScheduler' }),
      /is of a ScoreSdeVeScheduler/,
    ],
    [
      'betas that are none',
      () => cifar({}, { num_train_timesteps: 2, trained_betas: [0.1, 7] }),
      /^Beta\[1\] must lie in \(0, 1\], got 7\.$/,
    ],
  ])('refuses %s', async (_, files, sentence) => {
    const failure = describeFiles(files());
    await expect(failure).rejects.toMatchObject({ code: 'modelUnusable' });
    await expect(failure).rejects.toThrow(sentence);
  });

  it('refuses an .onnx whose card says otherwise, or nothing', async () => {
    const onnx = named('net.onnx', await tinyUNet(1));
    const { diffusion } = shippedCard;
    const card = (network: object) => [onnx, json('card.json', { diffusion, network })];
    await expect(describeFiles(card({}))).rejects.toThrow(/must say network.nativeSize/);
    const wrong = card({ nativeSize: 16, outChannels: 6 });
    await expect(describeFiles(wrong)).rejects.toThrow(/has 3 as outChannels, card.json says 6/);
  });
});

describe('hashSource', () => {
  it('measures a file as the shipped card names it', async () => {
    const seen: number[] = [];
    const hashed = await hashSource(shipped(shippedWeights), {
      createHasher,
      onProgress: (done) => seen.push(done),
    });
    expect(hashed).toEqual(shippedCard.checkpoint);
    expect(seen.at(-1)).toBe(hashed.sizeBytes);
  });

  it('stops when it is cancelled', async () => {
    const options = { createHasher, signal: { aborted: true } };
    await expect(hashSource(shipped('config.json'), options)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});

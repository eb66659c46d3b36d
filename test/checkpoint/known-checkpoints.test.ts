/** Graphs of published networks have exactly the published number of parameters. */
import { describe, expect, it } from 'vitest';
import { describeNetwork, familyOf } from '../../src/checkpoint/describe.js';
import { knownCheckpoints } from '../../src/checkpoint/known-checkpoints.js';
import { parseAdmUNetConfig } from '../../src/checkpoint/networks/adm-config.js';
import { admUNet } from '../../src/checkpoint/networks/adm-unet.js';
import { parseUNet2DConfig } from '../../src/checkpoint/networks/unet2d-config.js';
import { unet2d } from '../../src/checkpoint/networks/unet2d.js';
import { Weights } from '../../src/checkpoint/nn/weights.js';
import { randomSource } from '../../src/checkpoint/random-source.js';

const [down, up] = ['DownBlock2D', 'UpBlock2D'];

const weights = () => new Weights(randomSource(1));

describe('the graph of a published network', () => {
  // Counted in PyTorch: sum(p.numel() for p in model.parameters()).
  it.each([
    ['repaint-celeba256', 552_814_086],
    ['repaint-places256', 552_814_086],
    ['openai-256-uncond', 552_814_086],
    ['openai-256', 553_838_086],
    ['openai-512', 558_997_638],
    ['openai-128', 421_529_606],
    ['openai-64', 295_904_454],
  ] as const)('has the published number of parameters: %s', (name, expected) => {
    const config = parseAdmUNetConfig(knownCheckpoints[name].arguments);
    expect(admUNet(weights(), config).parameterCount).toBe(expected);
  });

  const googleDdpm = {
    attention_head_dim: null,
    norm_eps: 1e-6,
    flip_sin_to_cos: false,
    freq_shift: 1,
    downsample_padding: 0,
  };

  it('has the published number of parameters: google/ddpm-celebahq-256', () => {
    const config = {
      ...googleDdpm,
      block_out_channels: [128, 128, 256, 256, 512, 512],
      down_block_types: [down, down, down, down, 'AttnDownBlock2D', down],
      up_block_types: [up, 'AttnUpBlock2D', up, up, up, up],
    };
    expect(unet2d(weights(), parseUNet2DConfig(config)).parameterCount).toBe(113_673_219);
  });

  it('has the published number of parameters: google/ddpm-cifar10-32', () => {
    const config = {
      ...googleDdpm,
      block_out_channels: [128, 256, 256, 256],
      down_block_types: [down, 'AttnDownBlock2D', down, down],
      up_block_types: [up, up, 'AttnUpBlock2D', up],
    };
    expect(unet2d(weights(), parseUNet2DConfig(config)).parameterCount).toBe(35_746_307);
  });
});

describe('describeNetwork', () => {
  it('tells sizes, channels and classes of a guided-diffusion network', () => {
    const { arguments: config } = knownCheckpoints['openai-256'];
    expect(familyOf(config)).toBe('adm-unet');
    expect(describeNetwork('adm-unet', config)).toEqual({
      family: 'adm-unet',
      channels: 3,
      outChannels: 6,
      pixelUnshuffle: 1,
      sizeMultiple: 32,
      nativeSize: 256,
      isFixedSize: true,
      classCount: 1000,
    });
  });

  it('counts pixels outside the pixel unshuffle', () => {
    const config = {
      _class_name: 'UNet2DModel',
      in_channels: 12,
      out_channels: 12,
      sample_size: 32,
      down_block_types: [down, down],
      up_block_types: [up, up],
      block_out_channels: [64, 96],
      add_attention: false,
    };
    expect(familyOf(config)).toBe('diffusers-unet2d');
    expect(describeNetwork('diffusers-unet2d', config, 2)).toMatchObject({
      channels: 3,
      outChannels: 3,
      sizeMultiple: 4,
      nativeSize: 64,
      isFixedSize: false,
    });
  });
});

/** A real but tiny UNet2DModel with random weights: fast enough for tests on a software GPU. */
import { parseUNet2DConfig } from './networks/unet2d-config.js';
import { unet2d } from './networks/unet2d.js';
import { Weights } from './nn/weights.js';
import { writeModel } from './onnx/write-model.js';
import { randomSource } from './random-source.js';

export interface TinyUNetOptions {
  /** Number of class labels; 0 (default) makes an unconditional network. */
  readonly classes?: number;
  /** 2 gives the shipped model's layout: channels are unshuffled inside the graph. */
  readonly pixelUnshuffle?: number;
  /** Adds self-attention at the coarser level. */
  readonly hasAttention?: boolean;
  /** 6 output channels, as with a learned variance. */
  readonly hasLearnedVariance?: boolean;
}

/**
 * Makes the ONNX bytes of a network of the same kind as the shipped one: 3 channels, widths 8 and
 * 16, height and width multiples of 2 (times the unshuffle). The same seed gives the same bytes.
 */
export async function tinyUNet(seed: number, options: TinyUNetOptions = {}): Promise<Uint8Array> {
  const { classes = 0, pixelUnshuffle = 1, hasAttention = false } = options;
  const planes = pixelUnshuffle ** 2;
  const config = parseUNet2DConfig({
    in_channels: 3 * planes,
    out_channels: (options.hasLearnedVariance ? 6 : 3) * planes,
    block_out_channels: [8, 16],
    down_block_types: ['DownBlock2D', hasAttention ? 'AttnDownBlock2D' : 'DownBlock2D'],
    up_block_types: [hasAttention ? 'AttnUpBlock2D' : 'UpBlock2D', 'UpBlock2D'],
    layers_per_block: 1,
    norm_num_groups: 4,
    add_attention: hasAttention,
    resnet_time_scale_shift: 'scale_shift',
    num_class_embeds: classes || null,
  });
  return writeModel(unet2d(new Weights(randomSource(seed)), config, pixelUnshuffle));
}

/** What a network's config says about its use: channels, sizes, classes. For model cards. */
import type { NetworkFamily } from './convert.js';
import { parseAdmUNetConfig } from './networks/adm-config.js';
import { parseUNet2DConfig, type UNet2DConfig } from './networks/unet2d-config.js';

/** Families that denoise; a classifier only steers one. */
export type DenoiserFamily = Exclude<NetworkFamily, 'adm-classifier'>;

export interface NetworkDescription {
  readonly family: DenoiserFamily;
  /** Image channels outside any pixel unshuffle. */
  readonly channels: number;
  readonly outChannels: number;
  readonly pixelUnshuffle: number;
  /** Height and width must be multiples of this many pixels. */
  readonly sizeMultiple: number;
  /** Pixels a side the network was trained at; null where the config does not say. */
  readonly nativeSize: number | null;
  /** True where attention ties the network to its size: it runs at others, but not well. */
  readonly isFixedSize: boolean;
  /** Number of class labels; 0 without classes. */
  readonly classCount: number;
}

function hasAttention(config: UNet2DConfig): boolean {
  const types = [...config.down_block_types, ...config.up_block_types];
  const isInMiddle = config.mid_block_type !== null && config.add_attention;
  return isInMiddle || types.some((type) => type.startsWith('Attn'));
}

function describeUNet2D(json: unknown, pixelUnshuffle: number): NetworkDescription {
  const config = parseUNet2DConfig(json);
  const size = Array.isArray(config.sample_size) ? config.sample_size[0] : config.sample_size;
  return {
    family: 'diffusers-unet2d',
    channels: config.in_channels / pixelUnshuffle ** 2,
    outChannels: config.out_channels / pixelUnshuffle ** 2,
    pixelUnshuffle,
    sizeMultiple: pixelUnshuffle * 2 ** (config.block_out_channels.length - 1),
    nativeSize: size && size * pixelUnshuffle,
    isFixedSize: hasAttention(config),
    classCount: config.num_class_embeds ?? 0,
  };
}

/** Every UNetModel has attention in its middle block. */
function describeAdm(json: unknown): NetworkDescription {
  const config = parseAdmUNetConfig(json);
  return {
    family: 'adm-unet',
    channels: config.in_channels,
    outChannels: config.out_channels,
    pixelUnshuffle: 1,
    sizeMultiple: 2 ** (config.channel_mult.length - 1),
    nativeSize: config.image_size,
    isFixedSize: true,
    classCount: config.num_classes ?? 0,
  };
}

/**
 * Tells what kind of network a config belongs to: diffusers' keys are unmistakable, everything
 * else is taken for guided-diffusion's arguments.
 */
export function familyOf(json: unknown): DenoiserFamily {
  const isUNet2D =
    typeof json === 'object' &&
    json !== null &&
    ('_class_name' in json || 'block_out_channels' in json);
  return isUNet2D ? 'diffusers-unet2d' : 'adm-unet';
}

/** Describes a network by its config. Throws: CheckpointError naming what is wrong with it. */
export function describeNetwork(
  family: DenoiserFamily,
  config: unknown,
  pixelUnshuffle = 1,
): NetworkDescription {
  return family === 'adm-unet' ? describeAdm(config) : describeUNet2D(config, pixelUnshuffle);
}

/**
 * Blocks of diffusers' UNet2DModel as functions over a graph.
 * Source: module and key names of huggingface/diffusers, unet_2d_blocks.py, resnet.py and
 * attention_processor.py; keys of both the current and the 2022 attention module.
 */
import { type Tensor, reshaped } from '../checkpoint.js';
import { selfAttention } from '../nn/attention.js';
import { modulatedGroupNorm, shiftedGroupNorm, type Embedding } from '../nn/embedded-norm.js';
import {
  activations,
  add,
  averagePool,
  concatChannels,
  conv2d,
  groupNorm,
  scaled,
  upsampleNearest,
  type Activation,
} from '../nn/layers.js';
import { stacked } from '../nn/tensor-maps.js';
import type { Weights } from '../nn/weights.js';
import type { Graph, Value } from '../onnx/graph.js';
import type { UNet2DConfig } from './unet2d-config.js';

/** What every block of one network shares. */
export interface BlockContext {
  readonly g: Graph;
  readonly config: UNet2DConfig;
  /** The time (and class) embedding, activated: every resnet starts with that. */
  readonly embedding: Embedding;
}

interface ResnetOptions {
  readonly resample?: 'up' | 'down';
  readonly outputScale?: number;
}

const norms = ({ config }: BlockContext, groups = config.norm_num_groups) => ({
  groups,
  eps: config.norm_eps,
});

function resampled(g: Graph, x: Value, resample: ResnetOptions['resample']): Value {
  if (resample === 'up') return upsampleNearest(g, x);
  return resample === 'down' ? averagePool(g, x) : x;
}

/** Takes the embedding in, in the way the config says, and normalises (`norm2`). */
function embeddedNorm(c: BlockContext, w: Weights, h: Value, channels: number): Value {
  const isModulated = c.config.resnet_time_scale_shift === 'scale_shift';
  const norm = isModulated ? modulatedGroupNorm : shiftedGroupNorm;
  const weights = { projection: w.at('time_emb_proj'), norm: w.at('norm2') };
  return norm(c.g, weights, h, channels, c.embedding, norms(c));
}

/** `ResnetBlock2D`: norm, act, conv, embedding, norm, act, conv, and the shortcut. */
export function resnetBlock(
  c: BlockContext,
  w: Weights,
  x: Value,
  [inChannels, outChannels]: readonly [number, number],
  { resample, outputScale = 1 }: ResnetOptions = {},
): Value {
  const { g } = c;
  const act: Activation = activations[c.config.act_fn];
  let h = act(g, groupNorm(g, w.at('norm1'), x, inChannels, norms(c)));
  h = conv2d(g, w.at('conv1'), resampled(g, h, resample), [inChannels, outChannels, 3]);
  h = act(g, embeddedNorm(c, w, h, outChannels));
  h = conv2d(g, w.at('conv2'), h, [outChannels, outChannels, 3]);
  let shortcut = resampled(g, x, resample);
  if (inChannels !== outChannels) {
    shortcut = conv2d(g, w.at('conv_shortcut'), shortcut, [inChannels, outChannels, 1]);
  }
  return scaled(g, add(g, shortcut, h), 1 / outputScale);
}

/** A Linear layer of the attention as the 1x1 convolution it is. */
function linearAsConv(w: Weights, [inner, outer]: readonly [number, number]) {
  const weight: Tensor = reshaped(w.tensor('weight', [outer, inner]), [outer, inner, 1, 1]);
  return { weight, bias: w.tensor('bias', [outer]) };
}

/** `Attention` with a residual connection. `groups` null: without its group norm. */
export function attentionBlock(
  c: BlockContext,
  w: Weights,
  x: Value,
  channels: number,
  { groups, outputScale = 1 }: { readonly groups: number | null; readonly outputScale?: number },
): Value {
  const headChannels = c.config.attention_head_dim ?? channels;
  const heads = Math.max(1, Math.floor(channels / headChannels));
  const inner = heads * headChannels;
  const names = w.has('query.weight')
    ? (['query', 'key', 'value', 'proj_attn'] as const)
    : (['to_q', 'to_k', 'to_v', 'to_out.0'] as const);
  const [q, k, v] = names.slice(0, 3).map((name) => linearAsConv(w.at(name), [channels, inner]));
  const h = groups === null ? x : groupNorm(c.g, w.at('group_norm'), x, channels, norms(c, groups));
  const attended = selfAttention(c.g, h, {
    qkv: {
      weight: stacked(`${w.path}.qkv.weight`, [q.weight, k.weight, v.weight]),
      bias: stacked(`${w.path}.qkv.bias`, [q.bias, k.bias, v.bias]),
    },
    out: linearAsConv(w.at(names[3]), [inner, channels]),
    heads,
    headChannels,
  });
  return scaled(c.g, add(c.g, attended, x), 1 / outputScale);
}

type DownBlockType = UNet2DConfig['down_block_types'][number];
type UpBlockType = UNet2DConfig['up_block_types'][number];

/** How a block changes resolution: its own config key counts for attention blocks only. */
function resamplerOf(type: DownBlockType | UpBlockType, configured: 'conv' | 'resnet' | null) {
  if (type.startsWith('Resnet')) return 'resnet';
  return type.startsWith('Attn') ? (configured ?? 'conv') : 'conv';
}

function downsample(c: BlockContext, w: Weights, x: Value, channels: number, type: DownBlockType) {
  const sampler = w.at('downsamplers.0');
  if (resamplerOf(type, c.config.downsample_type) === 'resnet') {
    return resnetBlock(c, sampler, x, [channels, channels], { resample: 'down' });
  }
  // Without padding the library pads one pixel below and to the right only.
  const padding = c.config.downsample_padding === 1 ? 1 : ([0, 0, 1, 1] as const);
  return conv2d(c.g, sampler.at('conv'), x, [channels, channels, 3], { stride: 2, padding });
}

function upsample(c: BlockContext, w: Weights, x: Value, channels: number, type: UpBlockType) {
  const sampler = w.at('upsamplers.0');
  if (resamplerOf(type, c.config.upsample_type) === 'resnet') {
    return resnetBlock(c, sampler, x, [channels, channels], { resample: 'up' });
  }
  return conv2d(c.g, sampler.at('conv'), upsampleNearest(c.g, x), [channels, channels, 3]);
}

/** An image and its number of channels. */
export interface Feature {
  readonly value: Value;
  readonly channels: number;
}

/** One layer of a block: a resnet and, in attention blocks, an attention after it. */
function layer(
  c: BlockContext,
  w: Weights,
  j: number,
  x: Feature,
  channels: number,
  type: DownBlockType | UpBlockType,
): Feature {
  let value = resnetBlock(c, w.at(`resnets.${j}`), x.value, [x.channels, channels]);
  if (type.startsWith('Attn')) {
    const groups = c.config.norm_num_groups;
    value = attentionBlock(c, w.at(`attentions.${j}`), value, channels, { groups });
  }
  return { value, channels };
}

/** A down block: its layers and, unless last, a downsampler. Returns every output, for the skips. */
export function downBlock(
  c: BlockContext,
  w: Weights,
  input: Feature,
  channels: number,
  { type, isLast }: { readonly type: DownBlockType; readonly isLast: boolean },
): readonly Feature[] {
  const outputs: Feature[] = [];
  let x = input;
  for (let j = 0; j < c.config.layers_per_block; j++) {
    x = layer(c, w, j, x, channels, type);
    outputs.push(x);
  }
  if (!isLast) outputs.push({ value: downsample(c, w, x.value, channels, type), channels });
  return outputs;
}

/** `UNetMidBlock2D`: resnet, attention, resnet. */
export function midBlock(c: BlockContext, w: Weights, { value, channels }: Feature): Feature {
  const { config } = c;
  const outputScale = config.mid_block_scale_factor;
  const defaultGroups =
    config.resnet_time_scale_shift === 'default' ? config.norm_num_groups : null;
  const groups = config.attn_norm_num_groups ?? defaultGroups;
  const sizes = [channels, channels] as const;
  let h = resnetBlock(c, w.at('resnets.0'), value, sizes, { outputScale });
  if (config.add_attention) {
    h = attentionBlock(c, w.at('attentions.0'), h, channels, { groups, outputScale });
  }
  return { value: resnetBlock(c, w.at('resnets.1'), h, sizes, { outputScale }), channels };
}

/** An up block: each layer takes the latest skip beside its input; then, unless last, upsamples. */
export function upBlock(
  c: BlockContext,
  w: Weights,
  input: Feature,
  skips: Feature[],
  { type, channels, isLast }: { type: UpBlockType; channels: number; isLast: boolean },
): Feature {
  let x = input;
  for (let j = 0; j <= c.config.layers_per_block; j++) {
    const skip = skips.pop()!;
    const joined = concatChannels(c.g, x.value, skip.value);
    x = layer(c, w, j, { value: joined, channels: x.channels + skip.channels }, channels, type);
  }
  return isLast ? x : { value: upsample(c, w, x.value, channels, type), channels };
}

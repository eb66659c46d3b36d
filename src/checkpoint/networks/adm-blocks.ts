/**
 * Blocks of guided-diffusion's UNetModel and EncoderUNetModel as functions over a graph.
 * Source: module and key names of openai/guided-diffusion, unet.py.
 */
import { type Tensor, CheckpointError, reshaped } from '../checkpoint.js';
import { selfAttention } from '../nn/attention.js';
import { modulatedGroupNorm, shiftedGroupNorm, type Embedding } from '../nn/embedded-norm.js';
import { sinusoid } from '../nn/embeddings.js';
import {
  add,
  averagePool,
  conv2d,
  groupNorm,
  linear,
  silu,
  upsampleNearest,
} from '../nn/layers.js';
import { rowsReordered } from '../nn/tensor-maps.js';
import type { Weights } from '../nn/weights.js';
import type { Graph, Value } from '../onnx/graph.js';
import type { AdmEncoderConfig } from './adm-config.js';

/** `normalization()` of the original: always 32 groups. */
export const groupNorm32 = { groups: 32, eps: 1e-5 } as const;

/** What every block of one network shares. */
export interface AdmContext {
  readonly g: Graph;
  readonly config: AdmEncoderConfig;
  /** SiLU of the time (and class) embedding: every block starts with it. */
  readonly embedding: Embedding;
}

/** `time_embed` of the sinusoid. Shapes: [N] -> [N, 4 * model_channels]. */
export function timeEmbedding(g: Graph, w: Weights, timestep: Value, channels: number): Value {
  const features = sinusoid(g, timestep, { channels, cosFirst: true, freqShift: 0 });
  const hidden = silu(g, linear(g, w.at('0'), features, [channels, 4 * channels]));
  return linear(g, w.at('2'), hidden, [4 * channels, 4 * channels]);
}

/** A change of resolution inside a ResBlock or on its own. */
export type Resample = 'up' | 'down' | 'none';

function resampled(g: Graph, x: Value, resample: Resample): Value {
  if (resample === 'up') return upsampleNearest(g, x);
  return resample === 'down' ? averagePool(g, x) : x;
}

/** `emb_layers` and the norm after them. */
function embeddedNorm(c: AdmContext, w: Weights, h: Value, channels: number): Value {
  const norm = c.config.use_scale_shift_norm ? modulatedGroupNorm : shiftedGroupNorm;
  const weights = { projection: w.at('emb_layers.1'), norm: w.at('out_layers.0') };
  return norm(c.g, weights, h, channels, c.embedding, groupNorm32);
}

/** `ResBlock`, which may also halve or double the resolution. */
export function resBlock(
  c: AdmContext,
  w: Weights,
  x: Value,
  [inChannels, outChannels]: readonly [number, number],
  resample: Resample = 'none',
): Value {
  const { g } = c;
  let h = silu(g, groupNorm(g, w.at('in_layers.0'), x, inChannels, groupNorm32));
  h = conv2d(g, w.at('in_layers.2'), resampled(g, h, resample), [inChannels, outChannels, 3]);
  h = silu(g, embeddedNorm(c, w, h, outChannels));
  h = conv2d(g, w.at('out_layers.3'), h, [outChannels, outChannels, 3]);
  const skip = resampled(g, x, resample);
  if (inChannels === outChannels) return add(g, skip, h);
  return add(g, conv2d(g, w.at('skip_connection'), skip, [inChannels, outChannels, 1]), h);
}

/** Heads of an attention over so many channels. Throws: CheckpointError when they do not divide. */
export function headsOf(channels: number, heads: number, headChannels: number) {
  const count = headChannels === -1 ? heads : channels / headChannels;
  if (Number.isInteger(count) && channels % count === 0) {
    return { heads: count, headChannels: channels / count };
  }
  throw new CheckpointError(
    `${channels} channels of attention cannot be divided as the config says ` +
      `(num_heads ${heads}, num_head_channels ${headChannels}); check the config.`,
  );
}

/**
 * Brings the legacy row order (per head: q, k, v) to [all q | all k | all v].
 * Row (part, head, i) of the result is row (head, part, i) of the checkpoint.
 */
function canonicalRows(tensor: Tensor, heads: number, headChannels: number): Tensor {
  const rows = 3 * heads * headChannels;
  const order = Array.from({ length: rows }, (_, row) => {
    const i = row % headChannels;
    const head = Math.floor(row / headChannels) % heads;
    const part = Math.floor(row / (headChannels * heads));
    return (head * 3 + part) * headChannels + i;
  });
  return rowsReordered(tensor, order);
}

/** A `conv_nd(1, ...)` of kernel size 1 as a 1x1 convolution. */
export function pointwise(w: Weights, [inner, outer]: readonly [number, number]) {
  const weight = w.tensor('weight', [outer, inner, 1]);
  return { weight: reshaped(weight, [outer, inner, 1, 1]), bias: w.tensor('bias', [outer]) };
}

/** `AttentionBlock`: norm, attention over pixels in either row order, residual. */
export function attentionBlock(
  { g, config }: AdmContext,
  w: Weights,
  x: Value,
  channels: number,
  numHeads = config.num_heads,
): Value {
  const { heads, headChannels } = headsOf(channels, numHeads, config.num_head_channels);
  const stored = pointwise(w.at('qkv'), [channels, 3 * channels]);
  const inOrder = (tensor: Tensor) =>
    config.use_new_attention_order ? tensor : canonicalRows(tensor, heads, headChannels);
  const attended = selfAttention(g, groupNorm(g, w.at('norm'), x, channels, groupNorm32), {
    qkv: { weight: inOrder(stored.weight), bias: inOrder(stored.bias) },
    out: pointwise(w.at('proj_out'), [channels, channels]),
    heads,
    headChannels,
  });
  return add(g, x, attended);
}

/** A block's own change of resolution: a ResBlock, a convolution, or neither. */
export function resampleBlock(
  c: AdmContext,
  w: Weights,
  x: Value,
  channels: number,
  resample: 'up' | 'down',
): Value {
  const sizes = [channels, channels, 3] as const;
  if (c.config.resblock_updown) return resBlock(c, w, x, [channels, channels], resample);
  if (!c.config.conv_resample) return resampled(c.g, x, resample);
  return resample === 'down'
    ? conv2d(c.g, w.at('op'), x, sizes, { stride: 2 })
    : conv2d(c.g, w.at('conv'), upsampleNearest(c.g, x), sizes);
}

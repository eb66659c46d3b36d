/**
 * diffusers' UNet2DModel as an ONNX graph under the project's network contract.
 * Source: huggingface/diffusers, models/unets/unet_2d.py, `UNet2DModel.forward`.
 */
import { CheckpointError } from '../checkpoint.js';
import { embeddingTable, gaussianFourier, sinusoid } from '../nn/embeddings.js';
import {
  activations,
  add,
  conv2d,
  convolution,
  groupNorm,
  linear,
  reshape,
  silu,
  scaled,
} from '../nn/layers.js';
import { unshuffleFolded } from '../nn/tensor-maps.js';
import type { Weights } from '../nn/weights.js';
import { Graph, int, text, type Value } from '../onnx/graph.js';
import { downBlock, midBlock, upBlock, type BlockContext, type Feature } from './unet2d-blocks.js';
import type { UNet2DConfig } from './unet2d-config.js';

/** `TimestepEmbedding`: Linear, SiLU, Linear. */
function timestepEmbedding(g: Graph, w: Weights, x: Value, [from, to]: readonly [number, number]) {
  const hidden = silu(g, linear(g, w.at('linear_1'), x, [from, to]));
  return linear(g, w.at('linear_2'), hidden, [to, to]);
}

/** `time_proj`: features of the timestep, and how many. */
function timeProjection(g: Graph, w: Weights, t: Value, config: UNet2DConfig): Feature {
  const width = config.block_out_channels[0];
  switch (config.time_embedding_type) {
    case 'positional': {
      const { flip_sin_to_cos: cosFirst, freq_shift: freqShift } = config;
      return { value: sinusoid(g, t, { channels: width, cosFirst, freqShift }), channels: width };
    }
    case 'fourier':
      return { value: gaussianFourier(g, w, t, width), channels: 2 * width };
    case 'learned': {
      const index = g.node('Cast', [t], { to: int(6) });
      const table = [config.num_train_timesteps!, width] as const;
      return { value: embeddingTable(g, w, index, table), channels: width };
    }
  }
  return config.time_embedding_type satisfies never;
}

/** Whether the network takes a `class_label`. */
export function hasClasses(config: UNet2DConfig): boolean {
  return config.num_class_embeds !== null || config.class_embed_type !== null;
}

function classEmbedding(
  g: Graph,
  w: Weights,
  label: Value,
  config: UNet2DConfig,
  timeChannels: number,
): Value {
  if (config.class_embed_type === null) {
    const table = [config.num_class_embeds!, timeChannels] as const;
    return embeddingTable(g, w.at('class_embedding'), label, table);
  }
  const number = g.node('Cast', [label], { to: int(1) });
  const { value, channels } = timeProjection(g, w.at('time_proj'), number, config);
  return timestepEmbedding(g, w.at('class_embedding'), value, [channels, timeChannels]);
}

/** Embeds timestep and class. Shapes: [N] -> [N, timeChannels]. */
function embedding(g: Graph, w: Weights, t: Value, config: UNet2DConfig, timeChannels: number) {
  const { value, channels } = timeProjection(g, w.at('time_proj'), t, config);
  const time = timestepEmbedding(g, w.at('time_embedding'), value, [channels, timeChannels]);
  if (!hasClasses(config)) return time;
  const label = g.input('class_label', 'int32', ['N']);
  return add(g, time, classEmbedding(g, w, label, config, timeChannels));
}

/** `conv_in`; a pixel unshuffle before it becomes part of its kernel. */
function convIn(g: Graph, w: Weights, sample: Value, config: UNet2DConfig, factor: number): Value {
  const sizes = [config.in_channels, config.block_out_channels[0], 3] as const;
  const x = config.center_input_sample ? add(g, scaled(g, sample, 2), g.floats([-1], [])) : sample;
  if (factor === 1) return conv2d(g, w, x, sizes);
  const weight = unshuffleFolded(w.tensor('weight', [sizes[1], sizes[0], 3, 3]), factor);
  const options = { stride: factor, padding: factor };
  return convolution(g, x, weight, w.tensor('bias', [sizes[1]]), options);
}

/** `conv_norm_out`, `conv_act` (always SiLU), `conv_out`, and the pixel shuffle if any. */
function head(c: BlockContext, w: Weights, { value, channels }: Feature, factor: number): Value {
  const { g, config } = c;
  const norm = { groups: config.norm_num_groups, eps: config.norm_eps };
  const h = silu(g, groupNorm(g, w.at('conv_norm_out'), value, channels, norm));
  const out = conv2d(g, w.at('conv_out'), h, [channels, config.out_channels, 3]);
  if (factor === 1) return out;
  return g.node('DepthToSpace', [out], { blocksize: int(factor), mode: text('CRD') });
}

function checkUnshuffle({ in_channels, out_channels }: UNet2DConfig, factor: number): void {
  if (in_channels % factor ** 2 === 0 && out_channels % factor ** 2 === 0) return;
  throw new CheckpointError(
    `A pixel unshuffle of ${factor} needs multiples of ${factor ** 2} channels; ` +
      `the config has ${in_channels} in and ${out_channels} out.`,
  );
}

/** Walks down, through the middle and up again. */
function body(c: BlockContext, w: Weights, input: Value): Feature {
  const { config } = c;
  const widths = config.block_out_channels;
  const last = widths.length - 1;
  let x: Feature = { value: input, channels: widths[0] };
  const skips: Feature[] = [x];
  widths.forEach((channels, i) => {
    const options = { type: config.down_block_types[i], isLast: i === last };
    skips.push(...downBlock(c, w.at(`down_blocks.${i}`), x, channels, options));
    x = skips.at(-1)!;
  });
  if (config.mid_block_type !== null) x = midBlock(c, w.at('mid_block'), x);
  widths.forEach((_, i) => {
    const channels = widths[last - i];
    const options = { type: config.up_block_types[i], channels, isLast: i === last };
    x = upBlock(c, w.at(`up_blocks.${i}`), x, skips, options);
  });
  return x;
}

/**
 * Builds the graph: `sample` [N,C,H,W], `timestep` [N] float32 and, with classes, `class_label`
 * [N] int32 (which WebGPU can gather with; it has no 64-bit integers) to `out` [N,C',H,W].
 * With `pixelUnshuffle` f, C = in_channels / f^2, and the shuffling happens inside.
 * Throws: CheckpointError where weights and config disagree.
 */
export function unet2d(w: Weights, config: UNet2DConfig, pixelUnshuffle = 1): Graph {
  checkUnshuffle(config, pixelUnshuffle);
  const g = new Graph('UNet2DModel');
  const planes = pixelUnshuffle ** 2;
  const sample = g.input('sample', 'float32', ['N', config.in_channels / planes, 'H', 'W']);
  const timestep = g.input('timestep', 'float32', ['N']);
  const timeChannels = config.time_embedding_dim ?? 4 * config.block_out_channels[0];
  const temb = embedding(g, w, timestep, config, timeChannels);
  const activated = activations[config.act_fn](g, temb);
  const c: BlockContext = { g, config, embedding: { value: activated, channels: timeChannels } };
  const x = body(c, w, convIn(g, w.at('conv_in'), sample, config, pixelUnshuffle));
  let out = head(c, w, x, pixelUnshuffle);
  if (config.time_embedding_type === 'fourier') {
    out = g.node('Div', [out, reshape(g, timestep, -1, 1, 1, 1)]);
  }
  g.output('out', out, ['N', config.out_channels / planes, 'H', 'W']);
  return g;
}

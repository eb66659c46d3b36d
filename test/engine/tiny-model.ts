import {
  elementTypes,
  encodeModel,
  type GraphProto,
  type NodeProto,
  type ValueInfoProto,
} from '../../src/checkpoint/onnx/proto.js';
import { readModel } from '../../src/checkpoint/onnx/read-model.js';
import { embeddingTable } from '../../src/checkpoint/nn/embeddings.js';
import { add, conv2d, linear, reshape, scaled, silu } from '../../src/checkpoint/nn/layers.js';
import { Weights } from '../../src/checkpoint/nn/weights.js';
import { Graph } from '../../src/checkpoint/onnx/graph.js';
import { writeModel } from '../../src/checkpoint/onnx/write-model.js';
import { randomSource } from '../../src/checkpoint/random-source.js';
import { sha256Hex } from '../../src/protocol/sha256.js';
import type { ModelManifest } from '../../src/protocol/model-card.js';

/** The label that means "no class". */
export const tinyNullLabel = 3;

/**
 * The least that takes and answers what a network does: a stem, time and class added, a head. A
 * software GPU takes a millisecond for each command, however small; whole UNets have hundreds, and
 * test/checkpoint/webgpu.browser.test.ts is about those.
 */
export function leastNetwork(): Promise<Uint8Array> {
  const g = new Graph('Tiny');
  const w = new Weights(randomSource(5));
  const width = 8;
  const sample = g.input('sample', 'float32', ['N', 3, 'H', 'W']);
  const timestep = g.input('timestep', 'float32', ['N']);
  const label = g.input('class_label', 'int32', ['N']);
  const time = linear(g, w.at('time'), scaled(g, reshape(g, timestep, -1, 1), 1e-3), [1, width]);
  const labels = embeddingTable(g, w.at('class'), label, [tinyNullLabel + 1, width]);
  const shift = reshape(g, add(g, time, labels), 0, width, 1, 1);
  const hidden = silu(g, add(g, conv2d(g, w.at('stem'), sample, [3, width, 3]), shift));
  g.output('out', conv2d(g, w.at('head'), hidden, [width, 3, 3]), ['N', 3, 'H', 'W']);
  return writeModel(g);
}

/** The network as other exporters would state its timestep. */
export function withTimestep(
  onnx: Uint8Array,
  time: Pick<ValueInfoProto, 'type' | 'dims'>,
): Uint8Array {
  const model = readModel(onnx);
  const { nodes, inputs, initializers } = model.graph;
  const node = (opType: string, from: string[], to: string, attributes = {}): NodeProto => {
    return { name: to, opType, inputs: from, outputs: [to], attributes };
  };
  const shape = new Uint8Array(BigInt64Array.of(-1n).buffer);
  const graph: GraphProto = {
    ...model.graph,
    inputs: inputs.map((it) => (it.name === 'timestep' ? { ...it, ...time } : it)),
    initializers: [
      ...initializers,
      { name: 'timeShape', type: 'int64', dims: [1], data: { raw: shape } },
    ],
    nodes: [
      node('Cast', ['timestep'], 'timeCast', { to: { int: elementTypes.float32 } }),
      node('Reshape', ['timeCast', 'timeShape'], 'time'),
      ...nodes.map((it) => ({
        ...it,
        inputs: it.inputs.map((name) => (name === 'timestep' ? 'time' : name)),
      })),
    ],
  };
  return encodeModel(graph, model);
}

/** The network as exported for one image at a time. */
export function withOneImage(onnx: Uint8Array): Uint8Array {
  const model = readModel(onnx);
  const single = ({ dims, ...value }: ValueInfoProto) => ({
    ...value,
    dims: [1, ...dims.slice(1)],
  });
  const { inputs, outputs } = model.graph;
  const graph = { ...model.graph, inputs: inputs.map(single), outputs: outputs.map(single) };
  return encodeModel(graph, model);
}

/** Makes a tiny network and its manifest as blob URLs, as if they had been built and served. */
export async function serveTinyModel(
  nativeSize = 16,
  change = (onnx: Uint8Array) => onnx,
): Promise<string> {
  const plain = await leastNetwork();
  const onnx = change(plain) as Uint8Array<ArrayBuffer>;
  const file = {
    path: URL.createObjectURL(new Blob([onnx])),
    sizeBytes: onnx.length,
    sha256: await sha256Hex(onnx),
  };
  const manifest: ModelManifest = {
    onnx: file,
    externalData: [],
    classifier: null,
    card: {
      id: 'tiny',
      name: 'Tiny',
      checkpoint: { ...file, path: 'tiny.safetensors' },
      network: {
        family: 'diffusers-unet2d',
        channels: 3,
        outChannels: 3,
        pixelUnshuffle: 1,
        sizeMultiple: 4,
        nativeSize,
        isFixedSize: false,
        isFixedBatch: typeof readModel(onnx).graph.inputs[0].dims[0] === 'number',
        parameters: 1,
      },
      diffusion: {
        betaSchedule: 'squaredcos_cap_v2',
        betaStart: 1e-4,
        betaEnd: 0.02,
        numTrainTimesteps: 1000,
        predictionType: 'v_prediction',
        varianceType: 'fixed_small',
        clipDenoised: true,
      },
      classes: [0, 1, 2].map((label) => ({ label, name: `class ${label}` })),
      nullClassLabel: tinyNullLabel,
      classifier: null,
      licence: 'Apache-2.0',
      summary: 'Random weights.',
      trainingData: 'None.',
      bias: 'None.',
      limits: 'Draws nothing.',
    },
  };
  return URL.createObjectURL(new Blob([JSON.stringify(manifest)], { type: 'application/json' }));
}

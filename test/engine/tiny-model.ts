import {
  elementTypes,
  encodeModel,
  type GraphProto,
  type NodeProto,
  type ValueInfoProto,
} from '../../src/checkpoint/onnx/proto.js';
import { readModel } from '../../src/checkpoint/onnx/read-model.js';
import { tinyUNet } from '../../src/checkpoint/tiny-unet.js';
import { sha256Hex } from '../../src/protocol/sha256.js';
import type { ModelManifest } from '../../src/protocol/model-card.js';

/** The label that means "no class". */
export const tinyNullLabel = 3;

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
  const plain = await tinyUNet(5, { classes: 4, pixelUnshuffle: 2 });
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
        pixelUnshuffle: 2,
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

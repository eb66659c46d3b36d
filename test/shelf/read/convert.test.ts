/** Converted models: whole, hashed, in shards when large, and the same network as before. */
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { OrtNetwork } from '../../../src/engine/ort-network.js';
import { parseUNet2DConfig } from '../../../src/checkpoint/networks/unet2d-config.js';
import { unet2d } from '../../../src/checkpoint/networks/unet2d.js';
import { Weights } from '../../../src/checkpoint/nn/weights.js';
import { encodeModel } from '../../../src/checkpoint/onnx/proto.js';
import { readModel } from '../../../src/checkpoint/onnx/read-model.js';
import { writeModel } from '../../../src/checkpoint/onnx/write-model.js';
import { randomSource } from '../../../src/checkpoint/random-source.js';
import { tinyUNet } from '../../../src/checkpoint/tiny-unet.js';
import {
  convertModel,
  shardBytes,
  type ConvertOptions,
} from '../../../src/shelf/read/convert-model.js';
import { describeModel } from '../../../src/shelf/read/describe-model.js';
import { identify } from '../../../src/shelf/read/identify.js';
import type { ModelSink } from '../../../src/shelf/read/model-sink.js';
import type { SourceFile } from '../../../src/shelf/read/source-file.js';
import { manifestFiles, modelManifestSchema } from '../../../src/protocol/model-card.js';
import { sessionOptions } from '../../../src/engine/session-options.js';
import {
  createHasher,
  fixture,
  json,
  named,
  shipped,
  shippedCard,
  shippedWeights,
  TestSink,
} from '../files.js';
import { hollowCheckpoint } from './hollow-checkpoint.js';

const words = { name: 'N', licence: 'L', trainingData: 'T', bias: 'B' };
const file = { path: 'weights', sizeBytes: 1, sha256: '0'.repeat(64) };

async function convert(
  files: readonly SourceFile[],
  sink: ModelSink,
  options: Partial<ConvertOptions> = {},
) {
  const identified = await identify(files, null);
  const classifierCheckpoint = identified.classifier && file;
  const said = { id: 'new', words, checkpoint: file, classifierCheckpoint };
  const card = await describeModel(identified, said);
  return convertModel(identified, card, sink, { storage: 'asStored', createHasher, ...options });
}

const call = (side: number, label: number | null) => ({
  xt: Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i)),
  shape: [1, 3, side, side] as const,
  timestep: 500,
  classLabels: label === null ? null : Int32Array.of(label),
});

async function answer(onnx: Uint8Array, externalData: TestSink['files'], label: number | null) {
  const beside = [...externalData].map(([path, data]) => ({ path, data }));
  const session = await InferenceSession.create(onnx, {
    externalData: beside,
    ...sessionOptions(1),
  });
  const network = new OrtNetwork(session);
  const out = await network.predict(call(16, label));
  await network.release();
  return out;
}

const garden = [shippedWeights, 'config.json', 'scheduler_config.json'].map(shipped);

describe('convertModel', () => {
  it('hands over one file with its true size and hash, and counts every value', async () => {
    const sink = new TestSink();
    const seen: number[] = [];
    const onProgress = (done: number, total: number) => seen.push(done / total);
    const manifest = await convert(garden, sink, { onProgress });
    expect(modelManifestSchema.parse(manifest)).toEqual(manifest);
    expect(manifestFiles(manifest)).toEqual(sink.described());
    expect([...sink.files.keys()]).toEqual(['model.onnx']);
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('stores weights as it is told', async () => {
    const bytes = async (storage: ConvertOptions['storage']) =>
      (await convert(garden, new TestSink(), { storage })).onnx.sizeBytes;
    const [half, stored, full] = [
      await bytes('float16'),
      await bytes('asStored'),
      await bytes('float32'),
    ];
    expect(stored).toBe(half);
    expect(full / half).toBeGreaterThan(1.95);
  });

  it('stops between two tensors when it is cancelled, and writes no model', async () => {
    const signal = { aborted: false };
    const seen: number[] = [];
    const onProgress = (done: number) => {
      seen.push(done);
      signal.aborted = seen.length === 10;
    };
    const sink = new TestSink();
    const failure = convert(garden, sink, { onProgress, signal });
    await expect(failure).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toHaveLength(10);
    expect(sink.files.size).toBe(0);
  });

  it('splits weights of more than 64 MB into files that fit in memory one by one', async () => {
    const config = {
      sample_size: 32,
      block_out_channels: [128, 256, 256, 256],
      norm_num_groups: 32,
      attention_head_dim: null,
    };
    const source = hollowCheckpoint((weights) => unet2d(weights, parseUNet2DConfig(config)));
    const written: { readonly path: string; readonly size: number }[] = [];
    let graph = new Uint8Array();
    const manifest = await convert(
      [
        { name: 'model.safetensors', source },
        json('config.json', config),
        json('scheduler_config.json', {}),
      ],
      {
        write: async (path, bytes) => {
          written.push({ path, size: bytes.length });
          if (path === 'model.onnx') graph = bytes as Uint8Array<ArrayBuffer>;
        },
      },
    );
    expect(written.map(({ path }) => path)).toEqual([
      'weights-0.bin',
      'weights-1.bin',
      'model.onnx',
    ]);
    for (const { size } of written) expect(size).toBeLessThanOrEqual(shardBytes);
    expect(manifest.externalData.map(({ path }) => path)).toEqual([
      'weights-0.bin',
      'weights-1.bin',
    ]);
    const locations = readModel(graph).graph.initializers.flatMap(({ data }) =>
      'location' in data ? [data.location] : [],
    );
    expect([...new Set(locations)]).toEqual(['weights-0.bin', 'weights-1.bin']);
  });

  it('converts a classifier beside its network', async () => {
    const sink = new TestSink();
    const manifest = await convert(
      [
        fixture('adm-unet/class-cond-1000/checkpoint.pt', 'net.pt'),
        fixture('adm-unet/class-cond-1000/config.json'),
        fixture('adm-classifier/attention-pool/checkpoint.pt', 'classifier.pt'),
        fixture('adm-classifier/attention-pool/config.json', 'classifier_config.json'),
      ],
      sink,
    );
    expect(manifest.classifier?.onnx.path).toBe('classifier.onnx');
    expect(sink.described()).toEqual(expect.arrayContaining(manifestFiles(manifest)));
    const session = await InferenceSession.create(
      sink.files.get('classifier.onnx')!,
      sessionOptions(1),
    );
    expect(session.outputNames).toContain('grad');
    await session.release();
  });
});

/** The tiny network with its weights in two files beside the graph, as exporters write them. */
async function splitModel() {
  const config = parseUNet2DConfig({
    block_out_channels: [8, 16],
    down_block_types: ['DownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'UpBlock2D'],
    layers_per_block: 1,
    norm_num_groups: 4,
    add_attention: false,
  });
  const data = new Map<string, Uint8Array>();
  const onnx = await writeModel(unet2d(new Weights(randomSource(3)), config), {
    shards: { maxBytes: 30_000, write: async (file) => void data.set(file.path, file.data) },
  });
  return { onnx, data };
}

const { diffusion } = shippedCard;
const card = json('card.json', { diffusion, network: { nativeSize: 16 } });

describe('an .onnx', () => {
  it('is taken over with its data files, byte by byte, and says the same', async () => {
    const { onnx, data } = await splitModel();
    expect(data.size).toBeGreaterThan(1);
    const files = [...data].map(([name, bytes]) => named(name, bytes));
    const sink = new TestSink();
    const manifest = await convert([named('net.onnx', onnx), ...files, card], sink);
    expect(manifestFiles(manifest)).toEqual(expect.arrayContaining(sink.described()));
    expect(sink.files.get('model.onnx')).toEqual(onnx);
    const { 'model.onnx': graph, ...beside } = Object.fromEntries(sink.files);
    const got = await answer(graph, new Map(Object.entries(beside)), null);
    expect(got).toEqual(await answer(onnx, data, null));
  });

  it('is refused when a data file is missing, or too short', async () => {
    const { onnx, data } = await splitModel();
    const [[name, bytes], ...rest] = [...data] as [[string, Uint8Array], ...[string, Uint8Array][]];
    const others = rest.map(([other, content]) => named(other, content));
    const found = await identify([named('net.onnx', onnx), ...others, card], null);
    expect(found.questions).toEqual([{ kind: 'missingFiles', names: [name] }]);
    const short = named(name, bytes.subarray(0, bytes.length - 64));
    const failure = convert([named('net.onnx', onnx), short, ...others, card], new TestSink());
    await expect(failure).rejects.toThrow(/weights reach to \d+; download it again/);
  });

  it('is refused when it looks for its weights in other folders', async () => {
    const { onnx, data } = await splitModel();
    const model = readModel(onnx);
    const initializers = model.graph.initializers.map((weight) =>
      'location' in weight.data
        ? { ...weight, data: { ...weight.data, location: `../${weight.data.location}` } }
        : weight,
    );
    const escaping = encodeModel({ ...model.graph, initializers }, model);
    const files = [...data].map(([name, bytes]) => named(name, bytes));
    await expect(identify([named('net.onnx', escaping), ...files, card], null)).rejects.toThrow(
      /must lie beside it/,
    );
  });

  it.each<[string, (graph: ReturnType<typeof readModel>['graph']) => object, RegExp]>([
    ['no sample', ({ inputs }) => ({ inputs: inputs.slice(1) }), /must take 'sample'/],
    ['no timestep', ({ inputs }) => ({ inputs: inputs.slice(0, 1) }), /must take 'timestep'/],
    [
      'an image of half precision',
      ({ inputs: [sample, ...rest] }) => ({ inputs: [{ ...sample, type: 'float16' }, ...rest] }),
      /as float32 \[N, C, H, W\], and has 'sample' float16/,
    ],
    [
      'a batch size above one',
      ({ inputs: [sample, ...rest] }) => ({
        inputs: [{ ...sample, dims: [4, ...sample.dims.slice(1)] }, ...rest],
      }),
      /takes 4 images at once/,
    ],
    [
      'an input nobody can fill',
      ({ inputs }) => ({ inputs: [...inputs, { name: 'text', type: 'float32', dims: [1] }] }),
      /also takes 'text'/,
    ],
    [
      'two outputs',
      ({ outputs }) => ({ outputs: [...outputs, { ...outputs[0], name: 'b' }] }),
      /must have one output, the prediction, and has out, b/,
    ],
  ])('is refused with %s', async (_, change, sentence) => {
    const model = readModel(await tinyUNet(2));
    const changed = encodeModel({ ...model.graph, ...change(model.graph) }, model);
    const failure = identify([named('net.onnx', changed), card], null);
    await expect(failure).rejects.toMatchObject({ code: 'modelUnusable' });
    await expect(failure).rejects.toThrow(sentence);
  });
});

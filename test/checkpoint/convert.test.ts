/** What conversion promises beside the right numbers: determinism, shards, clear refusals. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { CheckpointError, type Checkpoint, type Tensor } from '../../src/checkpoint/checkpoint.js';
import { parseUNet2DConfig } from '../../src/checkpoint/networks/unet2d-config.js';
import { unet2d } from '../../src/checkpoint/networks/unet2d.js';
import { CheckpointSource, Weights } from '../../src/checkpoint/nn/weights.js';
import { writeModel, type ExternalFile } from '../../src/checkpoint/onnx/write-model.js';
import { randomSource } from '../../src/checkpoint/random-source.js';
import { tinyUNet } from '../../src/checkpoint/tiny-unet.js';
import { sessionOptions } from '../../src/engine/session-options.js';

const smallConfig = {
  block_out_channels: [8, 8],
  down_block_types: ['DownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'UpBlock2D'],
  layers_per_block: 1,
  norm_num_groups: 4,
};

async function run(onnx: Uint8Array, options: ort.InferenceSession.SessionOptions = {}) {
  const session = await ort.InferenceSession.create(onnx, { ...sessionOptions(1), ...options });
  const sample = Float32Array.from({ length: 3 * 8 * 8 }, (_, i) => Math.sin(i));
  const { out } = await session.run({
    sample: new ort.Tensor('float32', sample, [1, 3, 8, 8]),
    timestep: new ort.Tensor('float32', Float32Array.of(500), [1]),
  });
  return { values: [...(out.data as Float32Array)], dims: out.dims };
}

/** The tensors a network asks for, as a checkpoint; `change` may drop or alter them. */
function checkpointOf(change: (tensors: Map<string, Tensor>) => void): Checkpoint {
  const tensors = new Map<string, Tensor>();
  const random = randomSource(1);
  const find = (name: string, shape: readonly number[]) => {
    const tensor = random.find(name, shape)!;
    tensors.set(name, tensor);
    return tensor;
  };
  unet2d(new Weights({ find, has: () => false }), parseUNet2DConfig(smallConfig));
  change(tensors);
  return tensors;
}

function refusal(change: (tensors: Map<string, Tensor>) => void): string {
  const source = new CheckpointSource(checkpointOf(change));
  try {
    unet2d(new Weights(source), parseUNet2DConfig(smallConfig));
    source.expectAllTaken();
  } catch (error) {
    expect(error).toBeInstanceOf(CheckpointError);
    return (error as CheckpointError).message;
  }
  return '';
}

describe('a converted model', () => {
  it('is the same bytes for the same weights, and others for other weights', async () => {
    expect(await tinyUNet(3)).toEqual(await tinyUNet(3));
    expect(await tinyUNet(3)).not.toEqual(await tinyUNet(4));
  });

  it('takes any batch and size without being built again', async () => {
    const { dims } = await run(await tinyUNet(3, { hasLearnedVariance: true }));
    expect(dims).toEqual([1, 6, 8, 8]);
  });

  it('computes the same with its weights in shards beside it', async () => {
    const build = () => unet2d(new Weights(randomSource(5)), parseUNet2DConfig(smallConfig));
    const files: ExternalFile[] = [];
    const write = async (file: ExternalFile) => void files.push(file);
    const sharded = await writeModel(build(), { shards: { maxBytes: 4096, write } });
    expect(files.length).toBeGreaterThan(2);
    expect(files[1].path).toBe('weights-1.bin');
    const inline = await run(await writeModel(build()));
    const external = await run(sharded, { externalData: files });
    expect(external.values).toEqual(inline.values);
  });

  it('computes nearly the same from half-precision weights', async () => {
    const build = () => unet2d(new Weights(randomSource(5)), parseUNet2DConfig(smallConfig));
    const full = await run(await writeModel(build()));
    const half = await run(await writeModel(build(), { storage: 'float16' }));
    const worst = Math.max(...full.values.map((value, i) => Math.abs(value - half.values[i])));
    expect(worst).toBeGreaterThan(0);
    // Weights are rounded to 11 bits; outputs are O(1).
    expect(worst).toBeLessThan(2e-2);
  });

  it('takes the block names of 2022', () => {
    const old = {
      ...smallConfig,
      down_block_types: ['UNetResDownBlock2D', 'UNetResAttnDownBlock2D'],
    };
    expect(parseUNet2DConfig(old).down_block_types).toEqual(['DownBlock2D', 'AttnDownBlock2D']);
  });

  it('is refused when the checkpoint lacks a tensor', () => {
    expect(refusal((tensors) => tensors.delete('conv_out.bias'))).toMatch(
      /no tensor conv_out.bias/,
    );
  });

  it('is refused when a tensor has another shape', () => {
    const wrong = randomSource(1).find('conv_in.bias', [9])!;
    expect(refusal((tensors) => tensors.set('conv_in.bias', wrong))).toMatch(/\[8\].*\[9\]/);
  });

  it('is refused when the config leaves tensors over', () => {
    const extra = randomSource(1).find('mid_block.extra.weight', [9])!;
    expect(refusal((tensors) => tensors.set(extra.name, extra))).toMatch(/no place for 1 of/);
  });

  it.each([
    [{ ...smallConfig, down_block_types: ['SkipDownBlock2D', 'DownBlock2D'] }, /NCSN\+\+/],
    [{ ...smallConfig, down_block_types: ['OtherBlock2D', 'DownBlock2D'] }, /down_block_types/],
    [{ ...smallConfig, _class_name: 'UNet2DConditionModel' }, /_class_name/],
    [{ ...smallConfig, norm_num_groups: 3 }, /multiple of norm_num_groups/],
    [{ ...smallConfig, block_out_channels: [8] }, /equally long/],
    [null, /config/],
  ])('is refused when the config says something unknown: %j', (config, sentence) => {
    expect(() => parseUNet2DConfig(config)).toThrow(sentence);
  });
});

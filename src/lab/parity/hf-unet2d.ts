/** Family `hf/unet2d`: converted UNet2DModel checkpoints against diffusers' own output. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensor } from 'onnxruntime-common';
import { convertCheckpoint } from '../../checkpoint/convert.js';
import { fileSource } from '../../shelf/store/disk-files.js';
import { readJson, readTensors, subfolders, type CaseTensors } from './case-files.js';
import type { CaseReport, ParityEnvironment, ParityFamily } from './family.js';
import { loadRuntime, runOnce, type Runtime } from './runtime.js';

/** Float32 implementations of one network agree to 1e-5; above this something is wrong. */
const tolerance = 1e-4;
/** Half-precision weights against the output of the float32 weights. */
const roundedTolerance = 2e-2;

const checkpointName = /^diffusion_pytorch_model\..*(safetensors|bin)$/;
const isHalf = (file: string) => file.includes('.fp16.');

function feedsOf(io: CaseTensors, runtime: Runtime): Record<string, Tensor> {
  return {
    sample: runtime.floats(io.get('x')),
    timestep: runtime.floats(io.get('t')),
    ...(io.has('class_labels') && { class_label: runtime.labels(io.get('class_labels')) }),
  };
}

/** Converts one checkpoint file of a case and runs it on the golden input. */
async function outputOf(
  folder: string,
  file: string,
  runtime: Runtime,
  pixelUnshuffle: number,
): Promise<Float32Array> {
  const config = await readJson(join(folder, 'config.json'));
  const source = await fileSource(join(folder, file));
  const { onnx } = await convertCheckpoint({
    source,
    config,
    family: 'diffusers-unet2d',
    pixelUnshuffle,
  });
  const io = await readTensors(join(folder, 'io.safetensors'));
  return (await runOnce(runtime, onnx, feedsOf(io, runtime))).get('out')!;
}

/**
 * Compares every checkpoint file of a case folder with the golden output. Where a float32 file
 * exists, the output belongs to it, and half-precision weights are allowed their rounding.
 */
export async function checkUNet2DCase(
  folder: string,
  report: CaseReport,
  { backend }: Pick<ParityEnvironment, 'backend'>,
  pixelUnshuffle = 1,
): Promise<void> {
  const runtime = await loadRuntime(backend);
  const files = (await readdir(folder)).filter((file) => checkpointName.test(file)).sort();
  const expected = (await readTensors(join(folder, 'io.safetensors'))).get('out').values;
  for (const file of files) {
    const isRounded = isHalf(file) && files.some((other) => !isHalf(other));
    const out = await outputOf(folder, file, runtime, pixelUnshuffle);
    report.compare(`out of ${file}`, out, expected, {
      tolerance: isRounded ? roundedTolerance : tolerance,
    });
  }
}

export const hfUNet2DFamily: ParityFamily = {
  name: 'hf/unet2d',
  async cases(folder) {
    return (await subfolders(folder)).map((name) => ({
      name,
      check: (report, environment) => checkUNet2DCase(join(folder, name), report, environment),
    }));
  },
};

/** Family `adm-classifier`: EncoderUNetModel and its gradient against guided-diffusion's autograd. */
import { join } from 'node:path';
import { convertCheckpoint } from '../../checkpoint/convert.js';
import { fileSource } from '../../shelf/store/disk-files.js';
import { caseCheckpoints } from './adm-unet.js';
import { readJson, readTensors, subfolders } from './case-files.js';
import type { CaseReport, ParityEnvironment, ParityFamily } from './family.js';
import { loadRuntime, runOnce } from './runtime.js';

/** Float32 rounding of logits is 1e-5; above this something is wrong. */
const tolerance = 1e-4;
/** Of the gradient, relative to its own greatest value. */
const gradientTolerance = 1e-3;

/** Converts one checkpoint file of a case folder, gradient included. */
export async function convertAdmClassifierCase(folder: string, file: string): Promise<Uint8Array> {
  const config = await readJson(join(folder, 'config.json'));
  const source = await fileSource(join(folder, file));
  const { onnx } = await convertCheckpoint({ source, config, family: 'adm-classifier' });
  return onnx;
}

/** Divides by the greatest absolute value of the golden tensor. */
function relativeTo(golden: Float32Array, values: Float32Array): Float32Array {
  const greatest = golden.reduce((worst, value) => Math.max(worst, Math.abs(value)), 0);
  return values.map((value) => value / greatest);
}

/** Compares logits, log p(y) and the gradient of every checkpoint file of a case folder. */
export async function checkAdmClassifierCase(
  folder: string,
  report: CaseReport,
  { backend }: Pick<ParityEnvironment, 'backend'>,
): Promise<void> {
  const runtime = await loadRuntime(backend);
  const io = await readTensors(join(folder, 'io.safetensors'));
  const feeds = {
    sample: runtime.floats(io.get('x')),
    timestep: runtime.floats(io.get('t')),
    class_label: runtime.labels(io.get('y')),
  };
  const files = await caseCheckpoints(folder);
  for (const file of files) {
    const outputs = await runOnce(runtime, await convertAdmClassifierCase(folder, file), feeds);
    for (const name of ['logits', 'log_prob']) {
      report.compare(`${name} of ${file}`, outputs.get(name)!, io.get(name).values, { tolerance });
    }
    const golden = io.get('grad').values;
    const gradient = relativeTo(golden, outputs.get('grad')!);
    report.compare(
      `grad of ${file}, relative to max |grad|`,
      gradient,
      relativeTo(golden, golden),
      {
        tolerance: gradientTolerance,
      },
    );
  }
}

export const admClassifierFamily: ParityFamily = {
  name: 'adm-classifier',
  async cases(folder) {
    return (await subfolders(folder)).map((name) => ({
      name,
      check: (report, environment) =>
        checkAdmClassifierCase(join(folder, name), report, environment),
    }));
  },
};

/** Family `adm-unet`: converted UNetModel checkpoints against guided-diffusion's own output. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensor } from 'onnxruntime-common';
import { convertCheckpoint } from '../../checkpoint/convert.js';
import type { Network } from '../../core/network.js';
import { OrtNetwork } from '../../engine/ort-network.js';
import { fileSource } from '../../shelf/store/disk-files.js';
import { readJson, readTensors, subfolders, type CaseTensors } from './case-files.js';
import type {
  CaseReport,
  OpenedModel,
  ParityBackend,
  ParityEnvironment,
  ParityFamily,
} from './family.js';
import { loadRuntime, runOnce, type Runtime } from './runtime.js';

/** Float32 implementations of one network agree to 2e-5; above this something is wrong. */
const tolerance = 1e-4;

function feedsOf(io: CaseTensors, runtime: Runtime): Record<string, Tensor> {
  return {
    sample: runtime.floats(io.get('x')),
    timestep: runtime.floats(io.get('t')),
    ...(io.has('y') && { class_label: runtime.labels(io.get('y')) }),
  };
}

/** Lists the checkpoint files of a case: the same weights in one or more containers. */
export async function caseCheckpoints(folder: string): Promise<string[]> {
  const isCheckpoint = (name: string) => /^checkpoint.*\.(pt|pth|bin|ckpt|safetensors)$/.test(name);
  return (await readdir(folder)).filter(isCheckpoint).sort();
}

/** Converts one checkpoint file of a case folder. Throws: CheckpointError, or the file system's. */
export async function convertAdmUNetCase(folder: string, file: string): Promise<Uint8Array> {
  const config = await readJson(join(folder, 'config.json'));
  const source = await fileSource(join(folder, file));
  const { onnx } = await convertCheckpoint({ source, config, family: 'adm-unet' });
  return onnx;
}

/** Opens a case's network for replaying whole runs. */
export async function openAdmUNetCase(
  folder: string,
  file: string,
  backend: ParityBackend,
): Promise<OpenedModel<Network>> {
  const runtime = await loadRuntime(backend);
  const network = new OrtNetwork(await runtime.session(await convertAdmUNetCase(folder, file)));
  return { model: network, release: () => network.release() };
}

/** Compares every checkpoint file of a case folder, in whatever container, with the golden output. */
export async function checkAdmUNetCase(
  folder: string,
  report: CaseReport,
  { backend }: Pick<ParityEnvironment, 'backend'>,
): Promise<void> {
  const runtime = await loadRuntime(backend);
  const io = await readTensors(join(folder, 'io.safetensors'));
  const files = await caseCheckpoints(folder);
  for (const file of files) {
    const onnx = await convertAdmUNetCase(folder, file);
    const outputs = await runOnce(runtime, onnx, feedsOf(io, runtime));
    report.compare(`out of ${file}`, outputs.get('out')!, io.get('out').values, { tolerance });
  }
}

export const admUNetFamily: ParityFamily = {
  name: 'adm-unet',
  async cases(folder) {
    return (await subfolders(folder)).map((name) => ({
      name,
      check: (report, environment) => checkAdmUNetCase(join(folder, name), report, environment),
    }));
  },
};

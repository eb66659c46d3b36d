/** Opens the networks that a recorded run names, so that it can be replayed as a whole. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-common';
import type { GradientModel, NetworkCall } from '../../core/network.js';
import { convertAdmClassifierCase } from './adm-classifier.js';
import { openAdmUNetCase } from './adm-unet.js';
import {
  NotSupported,
  type OpenedModel,
  type ParityBackend,
  type ParityNetworks,
} from './family.js';
import { loadRuntime, type Runtime } from './runtime.js';

/** A converted classifier whose graph holds its own gradient. */
class ClassifierGradient implements GradientModel {
  constructor(
    private readonly _runtime: Runtime,
    private readonly _session: InferenceSession,
  ) {}

  async gradient({ xt, shape, timestep, classLabels }: NetworkCall): Promise<Float32Array> {
    const { floats, labels } = this._runtime;
    const [n] = shape;
    const results = await this._session.run({
      sample: floats({ values: xt, shape }),
      timestep: floats({ values: new Float32Array(n).fill(timestep), shape: [n] }),
      class_label: labels({ values: Float32Array.from(classLabels ?? []), shape: [n] }),
    });
    return Float32Array.from(results.grad.data as Float32Array);
  }

  release(): Promise<void> {
    return this._session.release();
  }
}

async function openAdmClassifierCase(
  folder: string,
  file: string,
  backend: ParityBackend,
): Promise<OpenedModel<GradientModel>> {
  const runtime = await loadRuntime(backend);
  const session = await runtime.session(await convertAdmClassifierCase(folder, file));
  const model = new ClassifierGradient(runtime, session);
  return { model, release: () => model.release() };
}

type Open<Model> = (
  folder: string,
  checkpointFile: string,
  backend: ParityBackend,
) => Promise<OpenedModel<Model>>;

/** Returns how to open the networks of cases below `root` on a backend. */
export function caseNetworks(root: string, backend: ParityBackend): ParityNetworks {
  const opener =
    <Model>(family: string, open: Open<Model>) =>
    async (casePath: string, checkpointFile: string): Promise<OpenedModel<Model>> => {
      if (!casePath.startsWith(`${family}/`)) {
        throw new NotSupported(
          `${casePath} is not of family ${family}, the only one replayed here`,
        );
      }
      const folder = join(root, casePath);
      if (!existsSync(join(folder, checkpointFile))) {
        throw new NotSupported(`${casePath}/${checkpointFile} is not in this folder`);
      }
      return open(folder, checkpointFile, backend);
    };
  return {
    openNetwork: opener('adm-unet', openAdmUNetCase),
    openGradient: opener('adm-classifier', openAdmClassifierCase),
  };
}

/** Opens the networks that a recorded run names, so that it can be replayed as a whole. */
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-common';
import type { GradientModel, Network, NetworkCall } from '../../core/network.js';
import { convertAdmClassifierCase } from './adm-classifier.js';
import { convertAdmUNetCase } from './adm-unet.js';
import type { OpenedModel, ParityBackend, ParityNetworks } from './family.js';
import { loadRuntime, type Runtime } from './runtime.js';

/** A converted graph that answers calls of the core. */
class SessionModel implements Network, GradientModel {
  constructor(
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
  ) {}

  predict(call: NetworkCall): Promise<Float32Array> {
    return this.run(call, 'out');
  }

  gradient(call: NetworkCall): Promise<Float32Array> {
    return this.run(call, 'grad');
  }

  release(): Promise<void> {
    return this.session.release();
  }

  private async run(call: NetworkCall, output: string): Promise<Float32Array> {
    const { xt, shape, timestep, classLabels } = call;
    const { floats, labels } = this.runtime;
    const perImage = (value: number) => new Float32Array(shape[0]).fill(value);
    const isConditional = this.session.inputNames.includes('class_label');
    const results = await this.session.run({
      sample: floats({ values: xt, shape }),
      timestep: floats({ values: perImage(timestep), shape: [shape[0]] }),
      ...(isConditional && {
        class_label: labels({ values: Float32Array.from(classLabels ?? []), shape: [shape[0]] }),
      }),
    });
    return Float32Array.from(results[output].data as Float32Array);
  }
}

type Convert = (folder: string, checkpointFile: string) => Promise<Uint8Array>;

/** By the first part of a case's path. */
const converters: ReadonlyMap<string, Convert> = new Map([
  ['adm-unet', convertAdmUNetCase],
  ['adm-classifier', convertAdmClassifierCase],
]);

/** Returns how to open the networks of cases below `root` on a backend. */
export function caseNetworks(root: string, backend: ParityBackend): ParityNetworks {
  const open = async (
    casePath: string,
    checkpointFile: string,
  ): Promise<OpenedModel<SessionModel>> => {
    const convert = converters.get(casePath.split('/')[0]);
    if (!convert) return { unsupported: `networks of ${casePath} cannot be built here` };
    if (backend === 'webgpu') return { unsupported: 'WebGPU is checked in a browser, not in Node' };
    const runtime = await loadRuntime(backend);
    const onnx = await convert(join(root, casePath), checkpointFile);
    const model = new SessionModel(runtime, await runtime.session(onnx));
    return { model, release: () => model.release() };
  };
  return { openNetwork: open, openGradient: open };
}

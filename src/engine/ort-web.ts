/**
 * ONNX Runtime in the browser: which build, which execution provider, sessions one at a time.
 * One wasm file serves both providers; it can never be unloaded, so a worker holds one engine and
 * is terminated after a device loss.
 */
import type { InferenceSession } from 'onnxruntime-common';
import type * as Ort from 'onnxruntime-web/webgpu';
import { RepaintError } from '../protocol/failure.js';
import type { Backend } from '../protocol/compute-device.js';
import { toEngineError } from './engine-error.js';
import { requestGpu, type GpuGrant } from './gpu-device.js';
import { modelBytes, type OnnxModel } from './onnx-model.js';
import { SerialQueue } from './serial-queue.js';

export type OrtBuild = 'jspi' | 'asyncify';

export interface OrtWebOptions {
  /** Absolute URL of the folder with `ort-wasm-simd-threaded.<build>.{mjs,wasm}`, ending in '/'. */
  readonly ortBaseUrl: string;
  /** null = WebGPU on a real adapter, else WebAssembly. 'webgpu' takes a software adapter too. */
  readonly backend: Backend | null;
  /** By default the one this browser can run best (tests name one). */
  readonly build?: OrtBuild;
}

/** Fixes the graph's free dimensions by their names (batch, height, width). */
export type FreeDimensions = Readonly<Record<string, number>>;

export interface SessionOptions {
  /** Fixed shapes let the runtime plan its memory once; null = any shape. */
  readonly freeDimensions: FreeDimensions | null;
  /** WebGPU only: outputs stay on the GPU. */
  readonly keepsOutputOnGpu?: boolean;
  /** WebGPU only: records the graph's commands once and replays them. */
  readonly isCaptured?: boolean;
}

/** The build with native promise integration where the browser has it: 10 MB smaller. */
function chooseOrtBuild(): OrtBuild {
  return 'Suspending' in WebAssembly ? 'jspi' : 'asyncify';
}

async function importOrt(build: OrtBuild): Promise<typeof Ort> {
  return build === 'jspi' ? import('onnxruntime-web/jspi') : import('onnxruntime-web/webgpu');
}

/**
 * Weights that WebAssembly's memory of 4 GB takes together with the activations: 1.3 GB were seen to
 * load; with 2.2 GB ONNX Runtime 1.30 (jspi, files as Blobs) never answers.
 */
const largestOnWasm = 1.6e9;

/** Throws: RepaintError outOfMemory. */
export function expectToFitWasm(weightBytes: number): void {
  if (weightBytes <= largestOnWasm) return;
  throw new RepaintError(
    'outOfMemory',
    `This model's weights have ${(weightBytes / 1e9).toFixed(1)} GB and need a GPU: without WebGPU at most ${largestOnWasm / 1e9} GB fit. Use it in a browser with WebGPU, or on the command line.`,
  );
}

/** One wasm instance, its execution provider and, on WebGPU, the device it shares with us. */
export class OrtWeb {
  /** Every use of the wasm instance goes through here. */
  readonly queue = new SerialQueue();

  private constructor(
    private readonly _ort: typeof Ort,
    readonly build: OrtBuild,
    readonly gpu: GpuGrant | null,
    /** Why WebGPU is not used, or null. */
    readonly fallbackReason: string | null,
  ) {}

  /** Throws: RepaintError noWebGpu when 'webgpu' is forced and refused. */
  static async start(options: OrtWebOptions): Promise<OrtWeb> {
    const build = options.build ?? chooseOrtBuild();
    const ort = await importOrt(build);
    const stem = `${options.ortBaseUrl}ort-wasm-simd-threaded.${build}`;
    ort.env.wasm.wasmPaths = { mjs: `${stem}.mjs`, wasm: `${stem}.wasm` };
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = 'error';
    if (options.backend === 'wasm') return new OrtWeb(ort, build, null, null);
    const answer = await requestGpu(options.backend === 'webgpu');
    if (answer.status === 'granted') return new OrtWeb(ort, build, answer.grant, null);
    if (options.backend === 'webgpu') throw new RepaintError('noWebGpu', answer.reason);
    return new OrtWeb(ort, build, null, answer.reason);
  }

  /** The same runtime on WebAssembly, for when WebGPU turned out not to work. */
  withoutGpu(reason: string): OrtWeb {
    this.gpu?.device.destroy();
    return new OrtWeb(this._ort, this.build, null, reason);
  }

  get backend(): Backend {
    return this.gpu ? 'webgpu' : 'wasm';
  }

  /** Throws: RepaintError outOfMemory, deviceLost or internal, cause kept. */
  async createSession(model: OnnxModel, options: SessionOptions): Promise<InferenceSession> {
    if (!this.gpu) expectToFitWasm(modelBytes(model));
    const sessionOptions = {
      ...this._sessionOptions(options),
      ...(model.externalData.length > 0 ? { externalData: model.externalData } : {}),
    };
    try {
      return await this.queue.run(() =>
        this._ort.InferenceSession.create(model.graph, sessionOptions),
      );
    } catch (error) {
      throw toEngineError(error, 'The model could not be loaded into ONNX Runtime');
    }
  }

  private _sessionOptions(options: SessionOptions): InferenceSession.SessionOptions {
    const common = {
      logSeverityLevel: 3,
      ...(options.freeDimensions ? { freeDimensionOverrides: options.freeDimensions } : {}),
    } as const;
    if (!this.gpu) return { ...common, executionProviders: ['wasm'] };
    return {
      ...common,
      executionProviders: [{ name: 'webgpu', device: this.gpu.device }],
      ...(options.keepsOutputOnGpu ? { preferredOutputLocation: 'gpu-buffer' } : {}),
      ...(options.isCaptured ? { enableGraphCapture: true } : {}),
    };
  }
}

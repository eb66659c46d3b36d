/** The first calls of a new model: does it predict noise, and how fast is it here? */
import type { Network, NetworkCall } from '../core/network.js';
import { nextTask } from './fetch/waiting.js';
import type { StoredModel } from '../engine/onnx-model.js';
import { OrtNetwork } from '../engine/ort-network.js';
import type { OrtWeb } from '../engine/ort-web.js';
import { median } from '../engine/warm-up.js';
import { expectNoisePrediction, selfTest } from './self-test.js';
import type { ModelSpeed } from '../protocol/compute-device.js';
import { samplePhotos } from './sample-photos.js';

export interface TryOutOptions {
  /** Absolute URL of the folder with the sample photos, ending in '/'. */
  readonly samplesUrl: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** A network of more values is slow: one photo must do. */
const largeParameters = 60e6;

/** Passes calls on and takes their time; the first, which compiles, does not count. */
class TimedNetwork implements Network {
  private readonly _times: number[] = [];

  constructor(private readonly _network: Network) {}

  get msPerCall(): number {
    return median(this._times.length > 1 ? this._times.slice(1) : this._times);
  }

  async predict(call: NetworkCall): Promise<Float32Array> {
    // WebAssembly answers without a pause in which a cancel could be heard.
    await nextTask();
    const start = performance.now();
    const out = await this._network.predict(call);
    this._times.push(performance.now() - start);
    return out;
  }
}

/**
 * Runs the self-test on sample photos.
 * Throws: RepaintError selfTestFailed, outOfMemory, modelShape, deviceLost, cancelled.
 */
export async function tryOut(
  ort: OrtWeb,
  { manifest, onnx }: StoredModel,
  { samplesUrl, signal, onProgress }: TryOutOptions,
): Promise<ModelSpeed> {
  const { card } = manifest;
  const { nativeSize, parameters } = card.network;
  const photos = await samplePhotos(samplesUrl, nativeSize, parameters > largeParameters ? 1 : 4);
  const freeDimensions = ort.gpu ? { N: 1, H: nativeSize, W: nativeSize } : null;
  const session = await ort.createSession(onnx, { freeDimensions });
  const network = new OrtNetwork(session, ort.queue);
  const timed = new TimedNetwork(network);
  try {
    expectNoisePrediction(await selfTest(card, timed, photos, { signal, onProgress }));
  } finally {
    await network.release();
  }
  const { backend, gpu } = ort;
  const device = { backend, adapter: gpu?.description ?? '', precision: 'float32' as const };
  return { msPerCall: timed.msPerCall, device };
}

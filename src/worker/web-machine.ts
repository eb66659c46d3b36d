/** Where the browser tries a new model: ONNX Runtime on WebGPU or WebAssembly, photos from a canvas. */
import { expectToFitWasm, OrtWeb } from '../engine/ort-web.js';
import type { StoredModel } from '../engine/onnx-model.js';
import { OrtNetwork } from '../engine/ort-network.js';
import type { ModelSpeed } from '../protocol/compute-device.js';
import type { AddingMachine } from '../shelf/model-adder.js';
import { largestInline } from '../shelf/read/convert-model.js';
import type { Identified } from '../shelf/read/identified.js';
import { createHasher } from '../shelf/store/hasher.js';
import { samplesFor, tryOut, type TryOutOptions } from '../shelf/try-out.js';
import { samplePhotos } from './sample-photos.js';

/** What ships with the add-on: absolute URLs of folders, ending in '/'. */
export interface ShippedFolders {
  readonly ortBaseUrl: string;
  readonly samplesUrl: string;
}

export class WebMachine implements AddingMachine {
  readonly createHasher = createHasher;

  private constructor(
    private readonly _ort: OrtWeb,
    private readonly _samplesUrl: string,
  ) {}

  static async open({ ortBaseUrl, samplesUrl }: ShippedFolders): Promise<WebMachine> {
    return new WebMachine(await OrtWeb.start({ ortBaseUrl, backend: null }), samplesUrl);
  }

  /**
   * Half precision halves the file where the GPU computes in it. Elsewhere a small file stays as it
   * is; a large one is widened now, because ONNX Runtime would widen it in the memory of the page.
   */
  storageFor({ totalBytes }: Identified): 'float16' | 'float32' | 'asStored' {
    if (this._ort.gpu?.device.features.has('shader-f16')) return 'float16';
    return totalBytes > largestInline ? 'float32' : 'asStored';
  }

  expectToFit(parameters: number): void {
    if (!this._ort.gpu) expectToFitWasm(4 * parameters);
  }

  async tryOut({ manifest, onnx }: StoredModel, options: TryOutOptions): Promise<ModelSpeed> {
    const { card } = manifest;
    const { nativeSize } = card.network;
    const { backend, gpu, queue } = this._ort;
    const photos = await samplePhotos(this._samplesUrl, samplesFor(card), nativeSize);
    const freeDimensions = gpu ? { N: 1, H: nativeSize, W: nativeSize } : null;
    const network = new OrtNetwork(await this._ort.createSession(onnx, { freeDimensions }), queue);
    try {
      const { msPerCall } = await tryOut(card, network, photos, options);
      const device = { backend, adapter: gpu?.description ?? '', precision: 'float32' as const };
      return { msPerCall, device };
    } finally {
      await network.release();
    }
  }

  close(): void {
    this._ort.gpu?.device.destroy();
  }
}

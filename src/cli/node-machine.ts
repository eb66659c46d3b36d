/** Where the command line tries a new model: onnxruntime-node, and photos read by sharp. */
import path from 'node:path';
import type { StoredModel } from '../engine/onnx-model.js';
import { OrtNetwork } from '../engine/ort-network.js';
import { planarAtSize } from '../image/resize.js';
import type { AddingMachine } from '../shelf/model-adder.js';
import type { SelfTestLevel } from '../shelf/self-test.js';
import { createSha256 } from '../shelf/store/disk-files.js';
import { samplesFor, tryOut, type TryOutOptions } from '../shelf/try-out.js';
import { readPhoto } from './image-files.js';
import { openSession } from './node-runtime.js';
import { samplesFolder } from './places.js';

export class NodeMachine implements AddingMachine {
  readonly createHasher = createSha256;

  /** `onTested` is told what the self-test measured. */
  constructor(private readonly _onTested: (levels: readonly SelfTestLevel[]) => void) {}

  storageFor(): 'asStored' {
    return 'asStored';
  }

  expectToFit(): void {
    // A machine's memory is what it is: ONNX Runtime says when it is too little.
  }

  async tryOut({ manifest, onnx }: StoredModel, options: TryOutOptions): Promise<null> {
    const { card } = manifest;
    const side = card.network.nativeSize;
    const photos = await Promise.all(
      samplesFor(card).map((name) => readPhoto(path.join(samplesFolder, `${name}.jpg`))),
    );
    const network = new OrtNetwork(await openSession(onnx));
    try {
      const planar = photos.map(({ pixels }) =>
        planarAtSize(pixels, { width: side, height: side }),
      );
      const { levels } = await tryOut(card, network, planar, options);
      this._onTested(levels);
    } finally {
      await network.release();
    }
    // Every fill measures anew.
    return null;
  }

  close(): void {
    // The session was all there was.
  }
}

/** Where the files of a converted model go. */
import type { WeightStorage } from '../../checkpoint/onnx/write-model.js';
import type { ModelFile, ModelManifest } from '../../protocol/model-card.js';
import type { Hasher } from '../store/hasher.js';
import type { CancelSignal } from './unusable.js';

/** Takes the files of a model as they are made. */
export interface ModelSink {
  /**
   * `offset` 0 makes the file; further pieces follow in order, before any other file is begun.
   * The bytes may be kept: nobody writes to them afterwards.
   */
  write(path: string, bytes: Uint8Array, offset: number): Promise<void>;
}

/** The files of one network in a manifest. */
export type OnnxFiles = Pick<ModelManifest, 'onnx' | 'externalData'>;

/** Writes whole files to a sink and keeps their sizes and hashes. */
export class HashingSink {
  constructor(
    private readonly _sink: ModelSink,
    private readonly _createHasher: () => Hasher,
  ) {}

  async write(path: string, bytes: Uint8Array): Promise<ModelFile> {
    const hasher = this._createHasher();
    hasher.update(bytes);
    const file = { path, sizeBytes: bytes.byteLength, sha256: hasher.hex() };
    await this._sink.write(path, bytes, 0);
    return file;
  }

  /** Writes a file piece by piece. */
  async writePieces(
    path: string,
    pieces: AsyncIterable<{ readonly bytes: Uint8Array; readonly offset: number }>,
    onPiece: (bytes: number) => void,
  ): Promise<ModelFile> {
    const hasher = this._createHasher();
    let sizeBytes = 0;
    for await (const { bytes, offset } of pieces) {
      hasher.update(bytes);
      sizeBytes += bytes.byteLength;
      await this._sink.write(path, bytes, offset);
      onPiece(bytes.byteLength);
    }
    return { path, sizeBytes, sha256: hasher.hex() };
  }
}

/** What one network is written with. `name`: of its graph, and before the numbers of its shards. */
export interface WriteJob {
  readonly name: 'model' | 'classifier';
  readonly sink: HashingSink;
  readonly storage: WeightStorage;
  readonly signal: CancelSignal | undefined;
  readonly onValues: (done: number) => void;
}

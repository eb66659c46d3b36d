/** A file behind an address, read by range: enough to see what it is before it is downloaded. */
import type { ByteSource } from '../../checkpoint/byte-source.js';
import { fetchRange } from './request.js';
import type { RemoteFile } from './remote-file.js';
import { RepaintError } from '../../protocol/failure.js';

/** Tables of contents lie near the ends of a file and are small. */
const blockBytes = 2 ** 18;

/** Reads blocks once and keeps them: readers ask for many small ranges. */
class RangeReader {
  private readonly _blocks = new Map<number, Promise<Uint8Array>>();

  constructor(
    private readonly _file: RemoteFile,
    private readonly _sizeBytes: number,
    private readonly _signal: AbortSignal,
  ) {}

  async read(start: number, end: number): Promise<Uint8Array> {
    const to = Math.min(end, this._sizeBytes);
    const out = new Uint8Array(Math.max(0, to - start));
    for (let index = Math.floor(start / blockBytes); index * blockBytes < to; index++) {
      const block = await this._block(index);
      const from = index * blockBytes;
      const first = Math.max(start, from);
      const last = Math.min(to, from + block.byteLength);
      out.set(block.subarray(first - from, last - from), first - start);
    }
    return out;
  }

  private _block(index: number): Promise<Uint8Array> {
    const known = this._blocks.get(index);
    if (known) return known;
    const block = this._fetch(index * blockBytes);
    this._blocks.set(index, block);
    return block;
  }

  private async _fetch(start: number): Promise<Uint8Array> {
    const end = Math.min(this._sizeBytes, start + blockBytes);
    let last: unknown = null;
    for (const url of this._file.urls) {
      try {
        const bytes = await fetchRange(url, start, end, this._signal);
        if (bytes.byteLength >= end - start) return bytes;
        last = new RepaintError('modelFetch', `${url} ended at byte ${start + bytes.byteLength}.`);
      } catch (error) {
        if (error instanceof RepaintError && error.code === 'cancelled') throw error;
        last = error;
      }
    }
    throw last;
  }
}

/** Throws: RepaintError modelFetch when its size is not known: nothing can be said of it then. */
export function rangeSource(file: RemoteFile, signal: AbortSignal): ByteSource {
  const { sizeBytes } = file;
  if (sizeBytes === null) {
    throw new RepaintError(
      'modelFetch',
      `${file.urls[0]} does not say how large it is: download it and add the file.`,
    );
  }
  const reader = new RangeReader(file, sizeBytes, signal);
  return { sizeBytes, read: (start, end) => reader.read(start, end) };
}

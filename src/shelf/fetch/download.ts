/**
 * Downloads one file into a part file, and goes on where an earlier attempt stopped: after a broken
 * connection, a cancel, or a killed worker. Runs in browsers and in Node.
 */
import { RepaintError } from '../../protocol/failure.js';
import {
  BrokenError,
  cancelled,
  isPassing,
  isWorthAnotherAddress,
  mostTelling,
} from './download-failure.js';
import type { PartFile } from '../store/file-store.js';
import { createHasher, type Hasher } from '../store/hasher.js';
import type { RemoteFile } from './remote-file.js';
import { pulse, requestFrom, type RangeAnswer } from './request.js';
import { nextTask, pause } from './waiting.js';

export interface DownloadOptions {
  readonly file: RemoteFile;
  readonly part: PartFile;
  /** What an earlier attempt noted of the server's copy; null on the first. */
  readonly validator: string | null;
  /** Called when the server's copy is known, to be kept beside the part. */
  readonly onValidator: (validator: string | null) => Promise<void>;
  readonly signal: AbortSignal;
  readonly onProgress: (loadedBytes: number, totalBytes: number | null) => void;
  /** Pauses before further attempts at one address. Units: milliseconds. */
  readonly pausesMs?: readonly number[];
  /** How long nothing may come. */
  readonly stallMs?: number;
}

export interface Downloaded {
  readonly sizeBytes: number;
  readonly sha256: string;
}

const defaultPausesMs = [500, 2000, 5000];
const defaultStallMs = 30_000;
const sliceBytes = 2 ** 23;
/** No published checkpoint is larger; a server that never stops must not fill the disk. */
const maxBytes = 16e9;
/** Where the server does not tell a size. */
const maxUntoldBytes = 8e9;

class Download {
  private _hasher: Hasher = createHasher();
  private _validator: string | null;
  private _total: number | null;
  /** The farthest that any attempt got: only more than that is progress. */
  private _farthest: number;
  /** The address all bytes of the part come from; null when they may be of several copies. */
  private _source: string | null = null;

  constructor(private readonly _options: DownloadOptions) {
    this._validator = _options.validator;
    this._total = _options.file.sizeBytes;
    this._farthest = _options.part.sizeBytes;
  }

  async run(): Promise<Downloaded> {
    await this._hashPart();
    const failures: unknown[] = [];
    for (const url of this._options.file.urls) {
      try {
        return await this._from(url);
      } catch (error) {
        if (!isWorthAnotherAddress(error)) throw error;
        failures.push(error);
      }
    }
    throw mostTelling(failures, this._options.part.sizeBytes, this._total);
  }

  /** Attempts at one address; those that got somewhere do not count. */
  private async _from(url: string): Promise<Downloaded> {
    const { pausesMs = defaultPausesMs, signal, part } = this._options;
    let failed = 0;
    for (;;) {
      try {
        await this._attempt(url);
        const downloaded = await this._checked(url);
        if (downloaded) return downloaded;
      } catch (error) {
        const isProgress = part.sizeBytes > this._farthest;
        this._farthest = Math.max(this._farthest, part.sizeBytes);
        const ms = pausesMs[isProgress ? 0 : failed];
        failed = isProgress ? 0 : failed + 1;
        if (!isPassing(error) || ms === undefined) throw error;
        await pause(ms, signal);
      }
    }
  }

  private async _attempt(url: string): Promise<void> {
    const { part, file, signal, stallMs = defaultStallMs } = this._options;
    if (this._total !== null && part.sizeBytes === this._total) return;
    if (part.sizeBytes === 0) this._source = url;
    else if (this._source !== url) this._source = null;
    const watch = pulse(signal, stallMs);
    let isAnswered = false;
    try {
      // A hash tells more than the server's word about its copy, and holds for mirrors too.
      const validator = file.sha256 === null ? this._validator : null;
      const answer = await requestFrom(url, part.sizeBytes, validator, watch.signal);
      isAnswered = true;
      watch.beat();
      if (answer.kind === 'complete') return;
      await this._begin(answer, url);
      await this._receive(answer.body, watch.beat);
      if (this._total !== null && part.sizeBytes < this._total) throw new BrokenError(url, true);
    } catch (error) {
      if (signal.aborted) throw cancelled();
      if (error instanceof RepaintError || error instanceof BrokenError) throw error;
      throw new BrokenError(url, isAnswered, error);
    } finally {
      watch.stop();
    }
  }

  /** Starts over where the server sends the whole file, or another copy of it. */
  private async _begin({ isWhole, validator, totalBytes }: RangeAnswer, url: string) {
    const { file, onValidator } = this._options;
    if (totalBytes !== null && file.sizeBytes !== null && totalBytes !== file.sizeBytes) {
      throw new RepaintError(
        'modelFetch',
        `${url} has ${totalBytes} bytes; expected ${file.sizeBytes}.`,
      );
    }
    if (isWhole) {
      await this._restart();
      this._source = url;
    }
    this._total = file.sizeBytes ?? totalBytes ?? this._total;
    if (validator === this._validator) return;
    this._validator = validator;
    await onValidator(validator);
  }

  private async _receive(body: ReadableStream<Uint8Array>, beat: () => void): Promise<void> {
    const { part, onProgress } = this._options;
    const reader = body.getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      beat();
      this._expectEnd();
      // `_checked` refuses what has too many bytes: no need to store them all.
      const isTooLong = this._total !== null && part.sizeBytes > this._total;
      if (isTooLong) return;
      await this._store(piece.value);
      onProgress(part.sizeBytes, this._total);
    }
  }

  /** Throws: RepaintError modelFetch where a file is larger than any model. */
  private _expectEnd(): void {
    const { part, file } = this._options;
    const isUntold = this._total === null;
    const largest = isUntold ? maxUntoldBytes : maxBytes;
    if (Math.max(part.sizeBytes, this._total ?? 0) <= largest) return;
    throw new RepaintError(
      'modelFetch',
      `${file.name} is larger than ${largest / 1e9} GB${isUntold ? ', as far as it came' : ''}: no model is, so the download was stopped.`,
    );
  }

  /** A part that cannot be written is no broken connection. */
  private async _store(bytes: Uint8Array): Promise<void> {
    try {
      await this._options.part.append(bytes);
    } catch (cause) {
      if (cause instanceof RepaintError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const sentence = `The download could not be written: ${reason}`;
      throw new RepaintError('internal', sentence, { cause });
    }
    this._hasher.update(bytes);
  }

  /** null: bytes of several copies were mixed, and thrown away to be fetched from one. */
  private async _checked(url: string): Promise<Downloaded | null> {
    const { part, file } = this._options;
    const sizeBytes = part.sizeBytes;
    const sha256 = this._hasher.hex();
    const isRightSize = this._total === null || this._total === sizeBytes;
    if (isRightSize && (file.sha256 === null || file.sha256 === sha256)) {
      return { sizeBytes, sha256 };
    }
    const isMixed = this._source !== url;
    await this._restart();
    if (isMixed) return null;
    const isLonger = this._total !== null && sizeBytes > this._total;
    const came = isLonger
      ? `more than ${this._total} bytes`
      : `${sizeBytes} bytes with sha256 ${sha256}`;
    throw new RepaintError(
      'modelHash',
      `${url} gave ${came}; expected ${this._total ?? 'any number of'} bytes with ` +
        `sha256 ${file.sha256 ?? 'of any value'}. Try again, or from another address.`,
    );
  }

  private async _restart(): Promise<void> {
    if (this._options.part.sizeBytes > 0) await this._options.part.truncate(0);
    this._hasher = createHasher();
  }

  /** What an earlier attempt left counts into the hash. */
  private async _hashPart(): Promise<void> {
    const { part, signal, onProgress } = this._options;
    if (this._total !== null && part.sizeBytes > this._total) await part.truncate(0);
    for (let at = 0; at < part.sizeBytes; at += sliceBytes) {
      // Storage answers without a pause in which a cancel could be heard.
      await nextTask();
      if (signal.aborted) throw cancelled();
      this._hasher.update(await part.read(at, at + sliceBytes));
    }
    if (part.sizeBytes > 0) onProgress(part.sizeBytes, this._total);
  }
}

/**
 * Downloads a file, checks size and hash where they are known, and leaves it in `part`.
 * Throws: RepaintError modelFetch, modelHash (the part is emptied), storageFull,
 * cancelled; in all other cases the part is kept for the next attempt.
 */
export function download(options: DownloadOptions): Promise<Downloaded> {
  return new Download(options).run();
}

/**
 * Downloads one file into a part file, and goes on where an earlier attempt stopped: after a broken
 * connection, a cancel, or a killed worker. Runs in browsers and in Node.
 */
import { RepaintError } from '../../protocol/failure.js';
import type { PartFile } from './file-store.js';
import { createHasher } from './hasher.js';
import type { Hasher } from './hasher.js';
import type { RemoteFile } from './remote-file.js';
import { pulse, requestFrom } from './request.js';
import type { RangeAnswer } from './request.js';

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
const sliceBytes = 2 ** 22;

/** A connection that broke: worth another attempt. */
class BrokenError extends Error {}

class Download {
  private _hasher: Hasher = createHasher();
  private _validator: string | null;
  private _total: number | null;

  constructor(private readonly _options: DownloadOptions) {
    this._validator = _options.validator;
    this._total = _options.file.sizeBytes;
  }

  async run(): Promise<Downloaded> {
    await this._hashPart();
    const { urls } = this._options.file;
    let last: unknown = null;
    for (const url of urls) {
      try {
        return await this._from(url);
      } catch (error) {
        if (!isWorthAnother(error)) throw error;
        last = error;
      }
    }
    throw last instanceof BrokenError ? this._gaveUp(last) : last;
  }

  private async _from(url: string): Promise<Downloaded> {
    const { pausesMs = defaultPausesMs, signal } = this._options;
    for (let attempt = 0; ; attempt++) {
      const before = this._options.part.sizeBytes;
      try {
        await this._attempt(url);
        return await this._checked(url);
      } catch (error) {
        // An attempt that got somewhere does not count.
        if (this._options.part.sizeBytes > before) attempt = -1;
        const pause = pausesMs[attempt === -1 ? 0 : attempt];
        if (!(error instanceof BrokenError) || pause === undefined) throw error;
        await waitFor(pause, signal);
      }
    }
  }

  private async _attempt(url: string): Promise<void> {
    const { part, signal, onProgress, stallMs = defaultStallMs } = this._options;
    if (this._total !== null && part.sizeBytes === this._total) return;
    const watch = pulse(signal, stallMs);
    try {
      const answer = await requestFrom(url, part.sizeBytes, this._validator, watch.signal);
      if (answer.kind === 'complete') return;
      await this._begin(answer, url);
      const reader = answer.body.getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        watch.beat();
        this._hasher.update(piece.value);
        await part.append(piece.value);
        onProgress(part.sizeBytes, this._total);
      }
      if (this._total !== null && part.sizeBytes < this._total) throw new BrokenError(url);
    } catch (error) {
      throw this._explained(error, url);
    } finally {
      watch.stop();
    }
  }

  /** Starts over where the server sends the whole file, or another copy of it. */
  private async _begin({ isWhole, validator, totalBytes }: RangeAnswer, url: string) {
    const { part, file, onValidator } = this._options;
    if (totalBytes !== null && file.sizeBytes !== null && totalBytes !== file.sizeBytes) {
      throw new RepaintError(
        'modelFetch',
        `${url} has ${totalBytes} bytes; expected ${file.sizeBytes}.`,
      );
    }
    if (isWhole && part.sizeBytes > 0) {
      await part.truncate(0);
      this._hasher = createHasher();
    }
    this._total ??= totalBytes;
    if (validator === this._validator) return;
    this._validator = validator;
    await onValidator(validator);
  }

  private async _checked(url: string): Promise<Downloaded> {
    const { part, file } = this._options;
    const sizeBytes = part.sizeBytes;
    const sha256 = this._hasher.hex();
    const isRightSize = file.sizeBytes === null || file.sizeBytes === sizeBytes;
    if (isRightSize && (file.sha256 === null || file.sha256 === sha256)) {
      return { sizeBytes, sha256 };
    }
    await part.truncate(0);
    this._hasher = createHasher();
    this._total = file.sizeBytes;
    throw new RepaintError(
      'modelHash',
      `${url} gave ${sizeBytes} bytes with sha256 ${sha256}; expected ` +
        `${file.sizeBytes ?? 'any number of'} bytes with ${file.sha256 ?? 'any'}. Try again, or from another address.`,
    );
  }

  /** What an earlier attempt left counts into the hash. */
  private async _hashPart(): Promise<void> {
    const { part, signal } = this._options;
    if (this._total !== null && part.sizeBytes > this._total) await part.truncate(0);
    for (let at = 0; at < part.sizeBytes; at += sliceBytes) {
      if (signal.aborted) throw cancelled();
      this._hasher.update(await part.read(at, at + sliceBytes));
    }
  }

  private _explained(error: unknown, url: string): unknown {
    if (this._options.signal.aborted) return cancelled();
    if (error instanceof RepaintError || error instanceof BrokenError) return error;
    return new BrokenError(url, { cause: error });
  }

  private _gaveUp({ message: url, cause }: BrokenError): RepaintError {
    const { part } = this._options;
    return new RepaintError(
      'modelFetch',
      `${url} broke off after ${part.sizeBytes} of ${this._total ?? 'an unknown number of'} bytes. ` +
        'What has come is kept: check the connection and add the model again to go on.',
      { cause },
    );
  }
}

function cancelled(): RepaintError {
  return new RepaintError('cancelled', 'The download was cancelled; what has come is kept.');
}

/** Another address may have what this one has not. */
function isWorthAnother(error: unknown): boolean {
  const isRefused =
    error instanceof RepaintError && ['modelFetch', 'modelHash'].includes(error.code);
  return isRefused || error instanceof BrokenError;
}

function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(cancelled());
    if (signal.aborted) return stop();
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), stop()), { once: true });
  });
}

/**
 * Downloads a file, checks size and hash where they are known, and leaves it in `part`.
 * Throws: RepaintError modelFetch, modelHash (the part is emptied), storageFull,
 * cancelled; in all other cases the part is kept for the next attempt.
 */
export function download(options: DownloadOptions): Promise<Downloaded> {
  return new Download(options).run();
}

/** HTTP requests whose failures say which address failed, how, and what to do. */
import { RepaintError } from '../../protocol/failure.js';

/** An answer with a body: the rest of the file, or the whole of it. */
export interface RangeAnswer {
  readonly kind: 'body';
  readonly body: ReadableStream<Uint8Array>;
  readonly isWhole: boolean;
  /** ETag or Last-Modified of the server's copy; null where it is not told. */
  readonly validator: string | null;
  /** Of the whole file; null where it is not told. */
  readonly totalBytes: number | null;
}

export type Answer = RangeAnswer | { readonly kind: 'complete' };

const advice: Readonly<Record<number, string>> = {
  401: 'it needs an account: download the file yourself and add it from your machine',
  403: 'access is refused: if the repository is gated, download the file yourself and add it from your machine',
  404: 'there is no such file: check the address',
  429: 'the server asks to wait: try again in a few minutes',
};

/** Throws: RepaintError modelFetch. */
function refuse(response: Response, url: string): never {
  const { status } = response;
  const what = advice[status] ?? 'try again later, or from another address';
  throw new RepaintError('modelFetch', `${url} answered ${status}: ${what}.`);
}

function checkScheme(url: string): void {
  const isWeb = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  const isOwn = URL.canParse(url) && new URL(url).protocol === 'blob:';
  if (isWeb || isOwn) return;
  throw new RepaintError('modelFetch', `${url} is no address of a file: it must begin with https://.`);
}

/** A weak validator promises the same meaning, not the same bytes. */
function validatorOf({ headers }: Response): string | null {
  const etag = headers.get('etag');
  return (etag && !etag.startsWith('W/') ? etag : null) ?? headers.get('last-modified');
}

/**
 * Asks for a file from byte `from` on; from the start where the server has another copy by now. The
 * browser's own cache would keep a second copy of the weights.
 */
export async function requestFrom(
  url: string,
  from: number,
  validator: string | null,
  signal: AbortSignal,
): Promise<Answer> {
  checkScheme(url);
  const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
  const response = await fetch(url, { headers, signal, cache: 'no-store' });
  if (response.status === 416 && from > 0) return { kind: 'complete' };
  if (!response.ok || !response.body) refuse(response, url);
  const told = validatorOf(response);
  const isOther = validator !== null && told !== null && told !== validator;
  if (from > 0 && response.status === 206 && isOther) {
    await response.body.cancel();
    return requestFrom(url, 0, null, signal);
  }
  const isWhole = response.status !== 206;
  const length = Number(response.headers.get('content-length') ?? NaN);
  const isEncoded = response.headers.has('content-encoding');
  const totalBytes = Number.isNaN(length) || isEncoded ? null : length + (isWhole ? 0 : from);
  return { kind: 'body', body: response.body, isWhole, validator: told, totalBytes };
}

/**
 * Fetches bytes [start, end). From a server without ranges only the beginning can be had.
 * Throws: RepaintError modelFetch, cancelled.
 */
export async function fetchRange(
  url: string,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  checkScheme(url);
  const watch = pulse(signal, 30_000);
  try {
    const headers = { range: `bytes=${start}-${end - 1}` };
    const response = await fetch(url, { headers, signal: watch.signal, cache: 'no-store' });
    if (!response.ok || !response.body) refuse(response, url);
    if (response.status === 206) return new Uint8Array(await response.arrayBuffer());
    if (start === 0) return await firstBytes(response.body, end);
    await response.body.cancel();
    throw new RepaintError(
      'modelFetch',
      `${url} cannot be read in parts: download it and add the file.`,
    );
  } catch (error) {
    throw explained(error, url, signal);
  } finally {
    watch.stop();
  }
}

async function firstBytes(body: ReadableStream<Uint8Array>, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  const reader = body.getReader();
  let filled = 0;
  while (filled < count) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes.set(value.subarray(0, count - filled), filled);
    filled += Math.min(value.byteLength, count - filled);
  }
  await reader.cancel();
  return bytes.subarray(0, filled);
}

function explained(error: unknown, url: string, signal: AbortSignal): RepaintError {
  if (error instanceof RepaintError) return error;
  if (signal.aborted) return new RepaintError('cancelled', 'The download was cancelled.');
  const sentence = `${url} could not be reached: check the connection.`;
  return new RepaintError('modelFetch', sentence, { cause: error });
}

/** An abort signal that also fires when nothing has come for a while. */
export function pulse(signal: AbortSignal, stallMs: number) {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  const start = () => setTimeout(() => controller.abort(new Error('nothing came')), stallMs);
  let timer = start();
  return {
    signal: controller.signal,
    beat(): void {
      clearTimeout(timer);
      timer = start();
    },
    stop(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}

/** Fetches a small file whole. Throws: RepaintError modelFetch, cancelled. */
export async function fetchSmall(
  url: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  checkScheme(url);
  const watch = pulse(signal, 30_000);
  try {
    const response = await fetch(url, { signal: watch.signal });
    if (!response.ok) refuse(response, url);
    const length = Number(response.headers.get('content-length') ?? 0);
    const bytes = length > maxBytes ? null : new Uint8Array(await response.arrayBuffer());
    if (bytes && bytes.byteLength <= maxBytes) return bytes;
    throw new RepaintError('modelFetch', `${url} is larger than expected (${maxBytes} bytes).`);
  } catch (error) {
    throw explained(error, url, signal);
  } finally {
    watch.stop();
  }
}

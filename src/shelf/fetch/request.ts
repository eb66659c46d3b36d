/** HTTP requests whose failures say which address failed, how, and what to do. */
import { RepaintError } from '../../protocol/failure.js';
import { follow } from './follow.js';

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
  401: 'it needs an account, as a gated or private repository does: download the file yourself and add it from this machine',
  403: 'access is refused: if the repository is gated or private, download the file yourself and add it from this machine',
  404: 'there is no such file: check the address',
  429: 'the server asks to wait: try again in a few minutes',
};

/** A server that may answer otherwise in a moment. */
export class BusyError extends RepaintError {}

/** Throws: RepaintError modelFetch. */
function refuse(response: Response, url: string): never {
  const { status } = response;
  const what = advice[status] ?? 'try again later, or from another address';
  const Refusal = status === 408 || status === 429 || status >= 500 ? BusyError : RepaintError;
  throw new Refusal('modelFetch', `${url} answered ${status}: ${what}.`);
}

function checkScheme(url: string): void {
  const isWeb = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  const isOwn = URL.canParse(url) && new URL(url).protocol === 'blob:';
  if (isWeb || isOwn) return;
  throw new RepaintError(
    'modelFetch',
    `${url} is no address of a file: it must begin with https://.`,
  );
}

/** A weak validator promises the same meaning, not the same bytes. */
function validatorOf({ headers }: Response): string | null {
  const etag = headers.get('etag');
  return (etag && !etag.startsWith('W/') ? etag : null) ?? headers.get('last-modified');
}

/** Of Content-Range, which pages see only where the server exposes it. */
function rangeOf({ headers }: Response): { start: number | null; total: number | null } {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  const number = (text: string | undefined) => (/^\d+$/.test(text ?? '') ? Number(text) : null);
  return { start: number(match?.[1]), total: number(match?.[2]) };
}

/** Of the whole file; null where it is not told. A compressed body's length is not the file's. */
function totalOf(response: Response, from: number): number | null {
  const { total } = rangeOf(response);
  const length = response.headers.get('content-length');
  if (total !== null || length === null) return total;
  return response.headers.has('content-encoding') ? null : Number(length) + from;
}

function bodyOf(response: Response, url: string, from: number): RangeAnswer {
  if (!response.ok || !response.body) refuse(response, url);
  return {
    kind: 'body',
    body: response.body,
    isWhole: from === 0,
    validator: validatorOf(response),
    totalBytes: totalOf(response, from),
  };
}

/**
 * Asks for a file from byte `from` on; from the start where the server has another copy by now, no
 * such byte, or no ranges. Another copy is known by its validator; `If-Range` would make browsers
 * ask the server for permission first, which few give.
 */
export async function requestFrom(
  url: string,
  from: number,
  validator: string | null,
  signal: AbortSignal,
): Promise<Answer> {
  checkScheme(url);
  // Also from 0: with a range nothing is compressed, whose length a page would take for the file's.
  const response = await follow(url, { headers: { range: `bytes=${from}-` }, signal });
  const { start, total } = rangeOf(response);
  const { status } = response;
  if (status === 416 && total === from) return { kind: 'complete' };
  const told = validatorOf(response);
  const isOther = from > 0 && validator !== null && told !== validator;
  const isShifted = start !== null && start !== from;
  if (status === 416 || (status === 206 && (isOther || isShifted))) {
    await response.body?.cancel();
    return bodyOf(await follow(url, { signal }), url, 0);
  }
  return bodyOf(response, url, status === 206 ? from : 0);
}

/** For what is small, from question to end. */
const smallTimeoutMs = 30_000;
/** Answers of servers that may serve a file, but not tell about it. */
const refusesHead: readonly number[] = [403, 405, 501];

/**
 * Asks how large a file is, without taking it; null where its server does not tell.
 * Throws: RepaintError modelFetch, cancelled.
 */
export function askSize(
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<number | null> {
  return within(url, timeoutMs, signal, async (init) => {
    // See `requestFrom` for the range.
    const fromStart = { ...init, headers: { range: 'bytes=0-' } };
    const head = await follow(url, { ...fromStart, method: 'HEAD' });
    const response = refusesHead.includes(head.status) ? await follow(url, fromStart) : head;
    if (!response.ok) refuse(response, url);
    if (!isPage(response)) return totalOf(response, 0);
    throw new RepaintError(
      'modelFetch',
      `${url} is a web page, not a file: give the address that downloads the file.`,
    );
  });
}

/** Servers that know no other answer send their start page. */
export function isPage({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('text/html') ?? false;
}

/**
 * Fetches bytes [start, end). From a server without ranges only the beginning can be had.
 * Throws: RepaintError modelFetch, cancelled.
 */
export function fetchRange(
  url: string,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return within(url, smallTimeoutMs, signal, async (init) => {
    const headers = { range: `bytes=${start}-${end - 1}` };
    const response = await follow(url, { ...init, headers, cache: 'no-store' });
    if (!response.ok || !response.body) refuse(response, url);
    if (response.status === 206 || start === 0) return firstBytes(response.body, end - start);
    throw new RepaintError(
      'modelFetch',
      `${url} cannot be read in parts: download it and add the file.`,
    );
  });
}

/** The whole body, or null as soon as it proves longer. */
async function atMost(
  { body }: Response,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let count = 0;
  const reader = body?.getReader();
  for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
    count += piece.value.byteLength;
    if (count > maxBytes) return null;
    pieces.push(piece.value);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** Whatever more comes is let go. */
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
  return bytes.subarray(0, filled);
}

/** A question that must be answered in time; a body that was not read to its end is let go. */
async function within<T>(
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
  ask: (init: { readonly signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  checkScheme(url);
  const watch = pulse(signal, timeoutMs);
  try {
    return await ask({ signal: watch.signal });
  } catch (error) {
    throw explained(error, url, signal);
  } finally {
    watch.stop();
  }
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
    beat: (): void => {
      clearTimeout(timer);
      timer = start();
    },
    /** Also ends a body that was not read to its end. */
    stop(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      controller.abort();
    },
  };
}

/** Fetches a small file whole. Throws: RepaintError modelFetch, cancelled. */
export function fetchSmall(
  url: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  return within(url, smallTimeoutMs, signal, async (init) => {
    const response = await follow(url, init);
    if (!response.ok) refuse(response, url);
    const length = Number(response.headers.get('content-length') ?? 0);
    // Counted as it comes: the length told may be wrong, or that of a compressed body.
    const bytes = length > maxBytes ? null : await atMost(response, maxBytes);
    if (bytes) return bytes;
    throw new RepaintError('modelFetch', `${url} is larger than expected (${maxBytes} bytes).`);
  });
}

/**
 * Fetching from a thread that may connect to nobody: it asks over a port, and a thread that does
 * nothing else answers. Bodies are pulled piece by piece, since not every browser transfers streams.
 * Plain messages: comlink would let the asking end reach whatever hangs on the answering one.
 */
import { type FailureCode, RepaintError } from '../../protocol/failure.js';
import { networkPatienceMs } from '../../protocol/model-shelf-api.js';
import { follow, type Follow } from './follow.js';

interface Question {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly cache: RequestCache;
}

type Call =
  | { readonly kind: 'hello' }
  | { readonly kind: 'fetch'; readonly fetchId: number; readonly question: Question }
  | { readonly kind: 'pull'; readonly fetchId: number }
  /** Ends a fetch, and whatever of its body was not pulled. */
  | { readonly kind: 'stop'; readonly fetchId: number };

/** As a value: a clone would lose its code. `code`: null for what is not of ours. */
interface Failed {
  readonly code: FailureCode | null;
  readonly message: string;
}

interface Head {
  readonly status: number;
  readonly headers: [string, string][];
  readonly hasBody: boolean;
}

type Reply = Failed | Head | Uint8Array<ArrayBuffer> | 'end' | 'hello';

function headersOf(headers: Headers): [string, string][] {
  const found: [string, string][] = [];
  headers.forEach((value, name) => found.push([name, value]));
  return found;
}

function failed(error: unknown): Failed {
  const code = error instanceof RepaintError ? error.code : null;
  return { code, message: error instanceof Error ? error.message : String(error) };
}

/** What a download has to say of itself, and nothing that could carry more. */
const mayBeSaid: readonly (readonly [string, RegExp])[] = [
  ['accept', /^application\/json$/],
  ['range', /^bytes=\d{1,16}-\d{0,16}$/],
];

/** Throws: RepaintError modelFetch for a question to somebody else, or of more than a file. */
function check({ url, method, headers }: Question, origins: readonly string[]): void {
  const { origin } = new URL(url);
  if (!origins.includes(origin)) {
    const sentence = `${origin} is not the host that was named: nothing is fetched from there.`;
    throw new RepaintError('modelFetch', sentence);
  }
  const isPlain = headers.every(([name, value]) =>
    mayBeSaid.some(([known, pattern]) => name === known && pattern.test(value)),
  );
  if (isPlain && ['GET', 'HEAD'].includes(method)) return;
  throw new RepaintError(
    'modelFetch',
    `${origin} was to be told more than which file is asked for.`,
  );
}

interface UnderWay {
  readonly controller: AbortController;
  reader: ReadableStreamDefaultReader<Uint8Array> | null;
}

class Desk {
  private readonly _underWay = new Map<number, UnderWay>();

  constructor(private readonly _origins: () => readonly string[]) {}

  /** Throws: what `follow` throws, and what reading a body throws. */
  async answer(call: Call): Promise<Reply> {
    switch (call.kind) {
      case 'hello':
        return 'hello';
      case 'fetch':
        return this._fetch(call.fetchId, call.question);
      case 'pull':
        return this._pull(call.fetchId);
      case 'stop':
        this._stop(call.fetchId);
        return 'end';
    }
    return call satisfies never;
  }

  stopAll(): void {
    for (const fetchId of this._underWay.keys()) this._stop(fetchId);
  }

  private async _fetch(fetchId: number, question: Question): Promise<Head> {
    check(question, this._origins());
    const { url, method, headers, cache } = question;
    const controller = new AbortController();
    const fetching: UnderWay = { controller, reader: null };
    this._underWay.set(fetchId, fetching);
    const response = await follow(url, {
      method,
      cache,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: controller.signal,
    });
    fetching.reader = response.body?.getReader() ?? null;
    const hasBody = fetching.reader !== null;
    return { status: response.status, headers: headersOf(response.headers), hasBody };
  }

  private async _pull(fetchId: number): Promise<Uint8Array<ArrayBuffer> | 'end'> {
    const piece = await this._underWay.get(fetchId)?.reader?.read();
    if (piece?.value) return new Uint8Array(piece.value);
    this._underWay.delete(fetchId);
    return 'end';
  }

  private _stop(fetchId: number): void {
    this._underWay.get(fetchId)?.controller.abort();
    this._underWay.delete(fetchId);
  }
}

/**
 * Answers what is asked at the other end of `port`. `origins`: whom it may ask, at any moment.
 * Returns: what ends all that is under way, and listens no longer.
 */
export function answerFetches(port: MessagePort, origins: () => readonly string[]): () => void {
  const desk = new Desk(origins);
  port.onmessage = async ({ data }: MessageEvent<{ callId: number; call: Call }>) => {
    const reply = await desk.answer(data.call).catch(failed);
    const moved = reply instanceof Uint8Array ? [reply.buffer] : [];
    port.postMessage({ callId: data.callId, reply }, moved);
  };
  return () => {
    port.close();
    desk.stopAll();
  };
}

/** Numbers calls, so that each finds its reply. */
class Line {
  private readonly _waiting = new Map<number, (reply: Reply) => void>();
  private _count = 0;

  constructor(private readonly _port: MessagePort) {
    _port.onmessage = ({ data }: MessageEvent<{ callId: number; reply: Reply }>) => {
      this._waiting.get(data.callId)?.(data.reply);
      this._waiting.delete(data.callId);
    };
  }

  call(call: Call): Promise<Reply> {
    const callId = this._count++;
    return new Promise((resolve) => {
      this._waiting.set(callId, resolve);
      this._port.postMessage({ callId, call });
    });
  }
}

/** Rejects when nobody is there, and as soon as the signal says so; else it stays as it is. */
function cutOff(line: Line, signal: AbortSignal | null, patienceMs: number) {
  const watch = new AbortController();
  const isCut = new Promise<never>((_, reject) => {
    const sentence = 'The part of the panel that downloads does not answer: reload the panel.';
    const gone = () => reject(new RepaintError('networkGone', sentence));
    const timer = setTimeout(gone, patienceMs);
    void line.call({ kind: 'hello' }).then(() => clearTimeout(timer));
    watch.signal.addEventListener('abort', () => clearTimeout(timer));
    const abort = () => reject(signal?.reason as Error);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { signal: watch.signal });
  });
  return { isCut, end: () => watch.abort() };
}

function expectNoFailure(reply: Reply): asserts reply is Exclude<Reply, Failed> {
  if (typeof reply !== 'object' || !('message' in reply)) return;
  if (reply.code === null) throw new TypeError(reply.message);
  throw new RepaintError(reply.code, reply.message);
}

/** Asks for a piece only when the reader wants one, so that nothing piles up. */
function pulledBody(line: Line, fetchId: number, signal: AbortSignal | null) {
  const source: UnderlyingDefaultSource<Uint8Array> = {
    start: (controller) =>
      signal?.addEventListener('abort', () => controller.error(signal.reason), { once: true }),
    pull: async (controller) => {
      const piece = await line.call({ kind: 'pull', fetchId });
      if (signal?.aborted) return;
      expectNoFailure(piece);
      if (piece instanceof Uint8Array) controller.enqueue(piece);
      else controller.close();
    },
    cancel: () => void line.call({ kind: 'stop', fetchId }),
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

/**
 * Fetches by whoever answers at the other end of `port`: a GET or HEAD, its headers, cache and
 * signal. The answer's `url` is empty. Throws, besides what `follow` throws: RepaintError
 * networkGone where nobody is there.
 */
export function followOver(port: MessagePort, patienceMs = networkPatienceMs): Follow {
  const line = new Line(port);
  let count = 0;
  return async (url, { method = 'GET', headers: said, cache = 'default', signal = null } = {}) => {
    const fetchId = count++;
    const { isCut, end } = cutOff(line, signal, patienceMs);
    const stop = () => void line.call({ kind: 'stop', fetchId });
    signal?.addEventListener('abort', stop, { once: true });
    const question = { url, method, headers: headersOf(new Headers(said)), cache };
    try {
      const reply = await Promise.race([isCut, line.call({ kind: 'fetch', fetchId, question })]);
      expectNoFailure(reply);
      const { status, headers, hasBody } = reply as Head;
      return new Response(hasBody ? pulledBody(line, fetchId, signal) : null, { status, headers });
    } finally {
      end();
    }
  };
}

/** A real HTTP server with the habits of good and bad hosts. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface Habits {
  /** Bytes of a body after which the connection is cut, for each request in turn; null = none. */
  readonly cuts?: readonly (number | null)[];
  /** Sends so many bytes and then nothing more, on the first request. */
  readonly stallsAfter?: number;
  readonly ignoresRange?: boolean;
  readonly etag?: string;
  readonly status?: number;
  /** Statuses of the first requests in turn; the file after them. */
  readonly statuses?: readonly number[];
  readonly hasNoLength?: boolean;
  readonly refusesHead?: boolean;
  /** Sent with the file. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Says nothing of ranges, as pages see servers that do not expose that header. */
  readonly hidesRange?: boolean;
  /** Compresses for whom accepts it. */
  readonly compresses?: boolean;
  /** Answers every range from the file's beginning. */
  readonly shiftsRange?: boolean;
}

interface Served {
  readonly bytes: Uint8Array;
  readonly habits: Habits;
  requests: number;
}

export class FileServer {
  readonly requests: { readonly path: string; readonly range: string | null }[] = [];
  readonly files = new Map<string, Served>();
  /** How many bodies were sent compressed. */
  compressedCount = 0;
  private readonly _server: Server;

  private constructor() {
    this._server = createServer((request, response) => this._answer(request, response));
  }

  static async start(): Promise<FileServer> {
    const server = new FileServer();
    await new Promise<void>((done) => server._server.listen(0, '127.0.0.1', done));
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this._server.address() as AddressInfo).port}`;
  }

  /** Returns: the file's address. */
  put(path: string, bytes: Uint8Array | string, habits: Habits = {}): string {
    const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    this.files.set(path, { bytes: content, habits, requests: 0 });
    return `${this.origin}${path}`;
  }

  stop(): Promise<unknown> {
    this._server.closeAllConnections();
    return new Promise((done) => this._server.close(done));
  }

  private _answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').split('?')[0];
    const range = request.headers.range ?? null;
    this.requests.push({ path, range });
    const file = this.files.get(path);
    if (!file) return void response.writeHead(404).end();
    const { bytes, habits } = file;
    const attempt = file.requests++;
    if (request.method === 'HEAD' && habits.refusesHead) {
      return void response.writeHead(405).end();
    }
    const status = habits.status ?? habits.statuses?.[attempt];
    if (status) return void response.writeHead(status).end();
    const asked = range && !habits.ignoresRange ? Number(/bytes=(\d+)-/.exec(range)?.[1]) : null;
    if (asked !== null && asked >= bytes.length) return this._refuse(response, file);
    const isCompressed = habits.compresses && /gzip/.test(request.headers['accept-encoding'] ?? '');
    this._send(response, file, { attempt, asked, isCompressed: isCompressed ?? false });
  }

  private _refuse(response: ServerResponse, { bytes, habits }: Served): void {
    const told = habits.hidesRange ? {} : { 'content-range': `bytes */${bytes.length}` };
    response.writeHead(416, told).end();
  }

  private _send(
    response: ServerResponse,
    { bytes, habits }: Served,
    {
      attempt,
      asked,
      isCompressed,
    }: { attempt: number; asked: number | null; isCompressed: boolean },
  ): void {
    const start = habits.shiftsRange ? 0 : (asked ?? 0);
    this.compressedCount += Number(isCompressed);
    const body = isCompressed ? gzipSync(bytes) : bytes.subarray(start);
    response.writeHead(asked === null ? 200 : 206, {
      ...habits.headers,
      ...(habits.etag && { etag: habits.etag }),
      ...(isCompressed && { 'content-encoding': 'gzip' }),
      ...(!habits.hasNoLength && { 'content-length': body.length }),
      ...(asked !== null &&
        !habits.hidesRange && {
          'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
        }),
    });
    const cut = habits.cuts?.[attempt] ?? null;
    const isStalling = habits.stallsAfter !== undefined && attempt === 0;
    if (isStalling) return void response.write(body.subarray(0, habits.stallsAfter));
    if (cut === null || cut >= body.length) return void response.end(body);
    response.write(body.subarray(0, cut), () => setTimeout(() => response.destroy(), 20));
  }
}

/** A real HTTP server with the habits of good and bad hosts. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Habits {
  /** Bytes of a body after which the connection is cut, for each request in turn; null = none. */
  readonly cuts?: readonly (number | null)[];
  /** Sends so many bytes and then nothing more, on the first request. */
  readonly stallsAfter?: number;
  readonly ignoresRange?: boolean;
  readonly etag?: string;
  readonly status?: number;
  readonly hasNoLength?: boolean;
}

export class FileServer {
  readonly requests: { readonly path: string; readonly range: string | null }[] = [];
  readonly files = new Map<string, { bytes: Uint8Array; habits: Habits }>();
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
    this.files.set(path, { bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes, habits });
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
    if (habits.status) return void response.writeHead(habits.status).end();
    const start = range && !habits.ignoresRange ? Number(/bytes=(\d+)-/.exec(range)?.[1]) : 0;
    if (range && !habits.ignoresRange && start >= bytes.length) {
      return void response.writeHead(416).end();
    }
    this._send(response, bytes.subarray(start), start > 0, habits);
  }

  private _send(response: ServerResponse, body: Uint8Array, isPartial: boolean, habits: Habits) {
    const attempt = this.requests.length - 1;
    response.writeHead(isPartial ? 206 : 200, {
      ...(habits.etag && { etag: habits.etag }),
      ...(!habits.hasNoLength && { 'content-length': body.length }),
    });
    const cut = habits.cuts?.[attempt] ?? null;
    const isStalling = habits.stallsAfter !== undefined && attempt === 0;
    if (isStalling) return void response.write(body.subarray(0, habits.stallsAfter));
    if (cut === null || cut >= body.length) return void response.end(body);
    response.write(body.subarray(0, cut), () => setTimeout(() => response.destroy(), 20));
  }
}

/**
 * The document sandbox over the workbench's document, in Node: the same realm code that runs in
 * QuickJS, with a page that decodes nothing but keeps sizes.
 */
import type { Command, FromRealm, NodeData, ToRealm } from '../../src/workbench/document.js';
import type { PanelApi, SandboxApi } from '../../src/protocol/sandbox-api.js';
import { BlobHandle, decodeMessage, encodeMessage } from '../../src/workbench/realm/wire.js';

type Outgoing = FromRealm;
type Reply = Extract<Outgoing, { kind: 'reply' }>;
type Promised<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};

/** Globals the realm's module installs. */
interface RealmGlobals {
  __workbenchSend: (text: string) => void;
  __workbenchReceive: (text: string) => void;
  __workbenchPublish: () => void;
}

const globals = globalThis as unknown as RealmGlobals;

/** One document with one photo of 640 x 400 (bitmap 1) and the add-on's sandbox code on it. */
export class RealmHarness {
  readonly panelCalls: (keyof PanelApi)[] = [];
  private readonly _replies = new Map<number, (reply: Reply) => void>();
  private _nextId = 1;
  /** Size every loaded bitmap has. */
  bitmapSize = { width: 60, height: 40 };
  document: NodeData | null = null;
  /** The open page, as the sandbox names it. */
  get pageId(): string {
    return `page-${this.document?.id}`;
  }

  selection: readonly string[] = [];

  static async start(): Promise<RealmHarness> {
    const harness = new RealmHarness();
    globals.__workbenchSend = (text) => harness._receive(decodeMessage<Outgoing>(text));
    await import('../../src/sandbox/code.js');
    harness.command({ kind: 'open', bitmap: 1, width: 640, height: 400 });
    return harness;
  }

  command(command: Command): void {
    this._post({ kind: 'command', command });
  }

  /** The sandbox's methods as the panel calls them. */
  readonly api = new Proxy({} as Promised<SandboxApi>, {
    get:
      (_, method) =>
      (...args: unknown[]) =>
        this._call(String(method), args),
  });

  get layers(): readonly NodeData[] {
    return this.document?.children ?? [];
  }

  private _call(method: string, args: unknown[]): Promise<unknown> {
    const id = this._nextId++;
    return new Promise((resolve, reject) => {
      this._replies.set(id, ({ value, error }) =>
        error === undefined ? resolve(value) : reject(new Error(error)),
      );
      this._post({ kind: 'call', id, method, args });
    });
  }

  private _post(message: ToRealm): void {
    globals.__workbenchReceive(encodeMessage(message));
    globals.__workbenchPublish();
  }

  private _receive(message: Outgoing): void {
    if (message.kind === 'reply') {
      queueMicrotask(() => globals.__workbenchPublish());
      return this._replies.get(message.id)?.(message);
    }
    if (message.kind === 'callPanel') {
      this.panelCalls.push(message.method as keyof PanelApi);
    } else if (message.kind === 'document') {
      this.document = message.document.artboard;
      this.selection = message.document.selection;
    } else if (message.kind !== 'saved') this._answer(message);
  }

  /** Answers like the page does: later, in a turn of its own. */
  private _answer(message: Extract<Outgoing, { kind: 'loadBitmap' | 'bitmapData' }>): void {
    const value =
      message.kind === 'loadBitmap'
        ? { bitmap: 2, ...this.bitmapSize }
        : new BlobHandle(message.bitmap, 10, 'image/png');
    setTimeout(() => this._post({ kind: 'reply', id: message.id, value }));
  }
}

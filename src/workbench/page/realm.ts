/** A QuickJS realm with the add-on's `code.js` in it, as the host runs its document sandbox. */
import { getQuickJS, type QuickJSContext } from 'quickjs-emscripten';
import type { DocumentState, FromRealm, ToRealm } from '../document.js';
import { BlobHandle, decodeMessage, encodeMessage } from '../realm/wire.js';
import type { BitmapStore } from './bitmaps.js';

const realmModule = 'workbench-realm';

/** What each bare import of the sandbox resolves to. */
const sdkModules: Record<string, string> = {
  'express-document-sdk': `export { editor, constants } from '${realmModule}';`,
  'add-on-sdk-document-sandbox': `export { default } from '${realmModule}';`,
};

/** Longest a single entry may run; the host cuts off long frames too. */
const maxEntryMs = 5000;

export interface RealmSources {
  /** The document stand-in, an ES module. */
  readonly document: string;
  /** The add-on's `code.js`, unmodified. */
  readonly code: string;
}

export type RealmListener = (message: FromRealm, realm: Realm) => void;

/** Text in, text out; promise jobs are run after each entry. */
export class Realm {
  private _deadline = Infinity;
  private _isOver = false;
  private _onSaved: (state: DocumentState) => void = () => undefined;

  private constructor(
    private readonly _vm: QuickJSContext,
    private readonly _bitmaps: BitmapStore,
  ) {}

  static async start(
    sources: RealmSources,
    bitmaps: BitmapStore,
    listener: RealmListener,
    state?: DocumentState,
  ): Promise<Realm> {
    const vm = (await getQuickJS()).newContext();
    const realm = new Realm(vm, bitmaps);
    vm.runtime.setInterruptHandler(() => performance.now() > realm._deadline);
    vm.runtime.setModuleLoader((name) =>
      name === realmModule
        ? sources.document
        : (sdkModules[name] ?? new Error(`the document sandbox cannot import ${name}`)),
    );
    realm._install(listener);
    realm._evaluate(`import '${realmModule}';`, 'realm.js');
    if (state) realm.post({ kind: 'restore', state });
    realm._evaluate(sources.code, 'code.js');
    return realm;
  }

  /** Returns the document with its history, for the realm that follows. */
  save(): Promise<DocumentState> {
    return new Promise((resolve) => {
      this._onSaved = resolve;
      this._enter('__workbenchReceive', encodeMessage({ kind: 'save' }));
    });
  }

  /** Nothing is heard of it any more. */
  end(): void {
    this._isOver = true;
  }

  /** Sends a message in, then lets everything that follows from it run. */
  post(message: ToRealm): void {
    if (this._isOver) return;
    this._enter('__workbenchReceive', encodeMessage(this._blobsToHandles(message)));
    this._enter('__workbenchPublish');
  }

  /** Evaluates an expression of JSON-able value, for tests. */
  private _evaluate(source: string, file: string): void {
    this._deadline = performance.now() + maxEntryMs;
    this._vm.unwrapResult(this._vm.evalCode(source, file, { type: 'module' })).dispose();
    this._runJobs();
  }

  private _install(listener: RealmListener): void {
    const vm = this._vm;
    const send = vm.newFunction('__workbenchSend', (text) => {
      const message = decodeMessage<FromRealm>(vm.getString(text));
      if (message.kind === 'saved') return this._onSaved(message.state);
      // The realm is still running: answer once it has returned.
      queueMicrotask(() => {
        if (!this._isOver) listener(this._handlesToBlobs(message) as FromRealm, this);
      });
    });
    vm.setProp(vm.global, '__workbenchSend', send);
    send.dispose();
    this._installConsole();
  }

  private _installConsole(): void {
    const vm = this._vm;
    const target = vm.newObject();
    for (const level of ['log', 'info', 'warn', 'error'] as const) {
      const write = vm.newFunction(level, (...args) => {
        console[level]('[document sandbox]', ...args.map((arg) => vm.dump(arg) as unknown));
      });
      vm.setProp(target, level, write);
      write.dispose();
    }
    vm.setProp(vm.global, 'console', target);
    target.dispose();
  }

  private _enter(name: string, text?: string): void {
    const vm = this._vm;
    this._deadline = performance.now() + maxEntryMs;
    const callee = vm.getProp(vm.global, name);
    const args = text === undefined ? [] : [vm.newString(text)];
    const result = vm.callFunction(callee, vm.undefined, ...args);
    callee.dispose();
    args.forEach((arg) => arg.dispose());
    vm.unwrapResult(result).dispose();
    this._runJobs();
  }

  private _runJobs(): void {
    this._vm.unwrapResult(this._vm.runtime.executePendingJobs());
  }

  private _blobsToHandles(value: unknown): unknown {
    return mapDeep(value, (entry) =>
      entry instanceof Blob
        ? new BlobHandle(this._bitmaps.hold(entry), entry.size, entry.type)
        : undefined,
    );
  }

  private _handlesToBlobs(value: unknown): unknown {
    return mapDeep(value, (entry) =>
      entry instanceof BlobHandle ? this._bitmaps.blob(entry.handle) : undefined,
    );
  }
}

/** Rebuilds plain data, replacing what `change` gives a value for. */
function mapDeep(value: unknown, change: (value: object) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const changed = change(value);
  if (changed !== undefined) return changed;
  if (Array.isArray(value)) return value.map((entry) => mapDeep(entry, change));
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, mapDeep(entry, change)]),
  );
}

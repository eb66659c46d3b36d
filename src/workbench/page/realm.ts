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
  private deadline = Infinity;
  private isOver = false;
  private onSaved: (state: DocumentState) => void = () => undefined;

  private constructor(
    private readonly vm: QuickJSContext,
    private readonly bitmaps: BitmapStore,
  ) {}

  static async start(
    sources: RealmSources,
    bitmaps: BitmapStore,
    listener: RealmListener,
    state?: DocumentState,
  ): Promise<Realm> {
    const vm = (await getQuickJS()).newContext();
    const realm = new Realm(vm, bitmaps);
    vm.runtime.setInterruptHandler(() => performance.now() > realm.deadline);
    vm.runtime.setModuleLoader((name) =>
      name === realmModule
        ? sources.document
        : (sdkModules[name] ?? new Error(`the document sandbox cannot import ${name}`)),
    );
    realm.install(listener);
    realm.evaluate(`import '${realmModule}';`, 'realm.js');
    if (state) realm.post({ kind: 'restore', state });
    realm.evaluate(sources.code, 'code.js');
    return realm;
  }

  /** Returns the document with its history, for the realm that follows. */
  save(): Promise<DocumentState> {
    return new Promise((resolve) => {
      this.onSaved = resolve;
      this.enter('__workbenchReceive', encodeMessage({ kind: 'save' }));
    });
  }

  /** Nothing is heard of it any more. */
  end(): void {
    this.isOver = true;
  }

  /** Sends a message in, then lets everything that follows from it run. */
  post(message: ToRealm): void {
    if (this.isOver) return;
    this.enter('__workbenchReceive', encodeMessage(this.blobsToHandles(message)));
    this.enter('__workbenchPublish');
  }

  /** Evaluates an expression of JSON-able value, for tests. */
  private evaluate(source: string, file: string): void {
    this.deadline = performance.now() + maxEntryMs;
    this.vm.unwrapResult(this.vm.evalCode(source, file, { type: 'module' })).dispose();
    this.runJobs();
  }

  private install(listener: RealmListener): void {
    const { vm } = this;
    const send = vm.newFunction('__workbenchSend', (text) => {
      const message = decodeMessage<FromRealm>(vm.getString(text));
      if (message.kind === 'saved') return this.onSaved(message.state);
      // The realm is still running: answer once it has returned.
      queueMicrotask(() => {
        if (!this.isOver) listener(this.handlesToBlobs(message) as FromRealm, this);
      });
    });
    vm.setProp(vm.global, '__workbenchSend', send);
    send.dispose();
    this.installConsole();
  }

  private installConsole(): void {
    const { vm } = this;
    const target = vm.newObject();
    for (const level of ['log', 'info', 'warn', 'error'] as const) {
      const write = vm.newFunction(level, (...args) => {
        // eslint-disable-next-line no-console -- the sandbox's own console
        console[level]('[document sandbox]', ...args.map((arg) => vm.dump(arg) as unknown));
      });
      vm.setProp(target, level, write);
      write.dispose();
    }
    vm.setProp(vm.global, 'console', target);
    target.dispose();
  }

  private enter(name: string, text?: string): void {
    const { vm } = this;
    this.deadline = performance.now() + maxEntryMs;
    const callee = vm.getProp(vm.global, name);
    const args = text === undefined ? [] : [vm.newString(text)];
    const result = vm.callFunction(callee, vm.undefined, ...args);
    callee.dispose();
    args.forEach((arg) => arg.dispose());
    vm.unwrapResult(result).dispose();
    this.runJobs();
  }

  private runJobs(): void {
    this.vm.unwrapResult(this.vm.runtime.executePendingJobs());
  }

  private blobsToHandles(value: unknown): unknown {
    return mapDeep(value, (entry) =>
      entry instanceof Blob
        ? new BlobHandle(this.bitmaps.hold(entry), entry.size, entry.type)
        : undefined,
    );
  }

  private handlesToBlobs(value: unknown): unknown {
    return mapDeep(value, (entry) =>
      entry instanceof BlobHandle ? this.bitmaps.blob(entry.handle) : undefined,
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

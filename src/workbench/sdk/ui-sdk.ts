/**
 * The UI SDK's stand-in, served to the panel's frame in place of Adobe's. Members carry the real
 * types: a signature that differs does not compile.
 */
import type * as Sdk from '@adobe/ccweb-add-on-sdk-types/iframe-ui';
import { checkTransferable } from './transferable.js';
import {
  tagged,
  wireTag,
  type FromFrame,
  type HostSettings,
  type StorageRequest,
  type ToFrame,
} from './wire.js';

type Api = Record<string, (...args: unknown[]) => unknown>;
type Handler = (event: unknown) => void;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The frame's end of the line to the page. */
class Line {
  private readonly _waiting = new Map<number, Waiting>();
  private _nextId = 1;
  settings: HostSettings | null = null;
  exposed: Api | null = null;
  readonly handlers = new Map<string, Set<Handler>>();
  private _announceReady: () => void = () => undefined;
  readonly ready = new Promise<void>((resolve) => (this._announceReady = resolve));

  constructor() {
    window.addEventListener('message', (event) => {
      const message = event.source === window.parent ? tagged<ToFrame>(event.data) : null;
      if (message) this._receive(message);
    });
    this.post({ kind: 'hello' });
  }

  post(message: FromFrame): void {
    window.parent.postMessage({ tag: wireTag, message }, '*');
  }

  ask(make: (id: number) => FromFrame): Promise<unknown> {
    const id = this._nextId++;
    return new Promise((resolve, reject) => {
      this._waiting.set(id, { resolve, reject });
      this.post(make(id));
    });
  }

  private _receive(message: ToFrame): void {
    switch (message.kind) {
      case 'settings':
        return this._apply(message.settings);
      case 'reply':
        return this._settle(message);
      case 'callPanel':
        void this._answer(message);
        return;
      default:
        message satisfies never;
    }
  }

  private _apply(settings: HostSettings): void {
    const before = this.settings;
    this.settings = settings;
    this._announceReady();
    if (before && before.theme !== settings.theme)
      this._emit('themechange', { theme: settings.theme });
    if (before && before.locale !== settings.locale)
      this._emit('localechange', { locale: settings.locale });
  }

  private _emit(name: string, data: unknown): void {
    for (const handler of this.handlers.get(name) ?? []) handler(data);
  }

  private _settle({ id, value, error }: Extract<ToFrame, { kind: 'reply' }>): void {
    const waiting = this._waiting.get(id);
    this._waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }

  private async _answer({
    id,
    method,
    args,
  }: Extract<ToFrame, { kind: 'callPanel' }>): Promise<void> {
    try {
      const value = await this.exposed?.[method](...args);
      this.post({ kind: 'reply', id, value });
    } catch (error) {
      this.post({
        kind: 'reply',
        id,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

const line = new Line();

function current(): HostSettings {
  if (!line.settings) throw new Error('await addOnUISdk.ready first');
  return line.settings;
}

const ui: Pick<Sdk.UI, 'theme' | 'locale' | 'locales' | 'format'> = {
  get theme() {
    return current().theme;
  },
  get locale() {
    return current().locale;
  },
  get locales() {
    return [...current().locales];
  },
  get format() {
    return current().locale;
  },
};

function askStorage(request: StorageRequest): Promise<unknown> {
  return line.ask((id) => ({ kind: 'storage', id, request }));
}

const clientStorage: Sdk.ClientStorage = {
  getItem: (key) => askStorage({ kind: 'get', key }),
  setItem: async (key, value) => void (await askStorage({ kind: 'set', key, value })),
  removeItem: async (key) => void (await askStorage({ kind: 'remove', key })),
  keys: async () => (await askStorage({ kind: 'keys' })) as string[],
  clear: async () => void (await askStorage({ kind: 'clear' })),
};

const runtime = {
  type: 'panel' as Sdk.RuntimeType.panel,
  exposeApi<T>(api: T): void {
    if (line.exposed) throw new Error('exposeApi may be called once');
    line.exposed = api as Api;
  },
  async apiProxy<T>() {
    const proxy = new Proxy(
      {},
      {
        get: (_, method) =>
          method === 'then'
            ? undefined
            : (...args: unknown[]) => {
                checkTransferable(args, 'arguments');
                return line.ask((id) => ({ kind: 'call', id, method: String(method), args }));
              },
      },
    );
    return proxy as T as never;
  },
} satisfies Pick<Sdk.Runtime, 'type' | 'exposeApi' | 'apiProxy'>;

/** The page as PNG; `requestedSize` keeps the aspect, like the host. */
const createRenditions: Sdk.AddOnSDKAPI['app']['document']['createRenditions'] = async (
  options,
) => {
  const { requestedSize } = options as Sdk.PngRenditionOptions;
  const { width = null, height = null } = requestedSize ?? {};
  const blob = (await line.ask((id) => ({ kind: 'rendition', id, width, height }))) as Blob;
  return [{ type: 'page' as Sdk.RenditionType, blob }];
};

const sdk = {
  apiVersion: '1',
  ready: line.ready,
  app: {
    ui,
    document: { createRenditions, exportAllowed: async () => true },
    on(name: string, handler: Handler): void {
      line.handlers.set(name, (line.handlers.get(name) ?? new Set()).add(handler));
    },
    off(name: string, handler: Handler): void {
      line.handlers.get(name)?.delete(handler);
    },
  },
  instance: {
    runtime,
    clientStorage,
    get manifest() {
      return current().manifest;
    },
    entrypointType: 'panel' as Sdk.EntrypointType,
  },
  constants: {
    Range: { currentPage: 'currentPage', entireDocument: 'entireDocument' },
    RenditionFormat: { png: 'image/png', jpg: 'image/jpeg' },
    RenditionIntent: { preview: 'preview', export: 'export', print: 'print' },
    RuntimeType: { panel: 'panel', documentSandbox: 'documentSandbox' },
    AppEvent: { themechange: 'themechange', localechange: 'localechange' },
  },
};

export default sdk;
/** Named enums, as Adobe's module exports them beside its default. */
export const RuntimeType = sdk.constants.RuntimeType;
export const AppEvent = sdk.constants.AppEvent;
export const Range = sdk.constants.Range;
export const RenditionFormat = sdk.constants.RenditionFormat;
export const RenditionIntent = sdk.constants.RenditionIntent;

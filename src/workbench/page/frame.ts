/** The add-on's panel: a sandboxed frame on another origin, and the line to it. */
import type { FromRealm, ToRealm } from '../document.js';
import { ClientStore } from './client-store.js';
import { tagged, wireTag, type FromFrame, type HostSettings, type ToFrame } from '../sdk/wire.js';

/** One build of the add-on, as the server tells of it. */
export interface AddOn {
  readonly origin: string;
  readonly manifest: Record<string, unknown>;
}

export interface FrameOptions {
  readonly addOn: AddOn;
  readonly settings: () => HostSettings;
  readonly toRealm: (message: ToRealm) => void;
  /** The host gives no cross-origin isolation; `?isolated` tries what it would change. */
  readonly isIsolated: boolean;
  readonly render: (width: number | null, height: number | null) => Promise<Blob>;
}

/** Flags the host always sets; the manifest may add more. */
const hostFlags = ['allow-scripts', 'allow-same-origin'];

/** Flags of the manifest's first entry point, the panel. */
function permittedFlags(manifest: Record<string, unknown>): readonly string[] {
  const { entryPoints } = manifest as {
    entryPoints?: readonly { permissions?: { sandbox?: readonly string[] } }[];
  };
  return entryPoints?.[0]?.permissions?.sandbox ?? [];
}

/** Carries calls between the panel's frame and the realm, and answers what the host itself does. */
export class PanelFrame {
  readonly element = document.createElement('iframe');
  private readonly _storage = new ClientStore(localStorage);

  constructor(private readonly _options: FrameOptions) {
    this.element.title = 'RePaint Fill';
    this.element.dataset.testid = 'panel-frame';
    const { origin, manifest } = _options.addOn;
    const flags = [...hostFlags, ...permittedFlags(manifest)];
    this.element.setAttribute('sandbox', flags.join(' '));
    if (_options.isIsolated) this.element.allow = 'cross-origin-isolated';
    this.element.src = `${origin}/index.html`;
    window.addEventListener('message', this._listen);
  }

  /** Closes the panel. */
  end(): void {
    window.removeEventListener('message', this._listen);
    this.element.remove();
  }

  private readonly _listen = (event: MessageEvent): void => {
    const { origin } = this._options.addOn;
    const isOurs = event.source === this.element.contentWindow && event.origin === origin;
    const message = isOurs ? tagged<FromFrame>(event.data) : null;
    if (message) this._receive(message);
  };

  /** Theme or locale has changed. */
  sendSettings(): void {
    this._post({ kind: 'settings', settings: this._options.settings() });
  }

  /** Something the realm says to the panel. */
  forward(message: Extract<FromRealm, { kind: 'reply' | 'callPanel' }>): void {
    this._post(message);
  }

  private _post(message: ToFrame): void {
    this.element.contentWindow?.postMessage({ tag: wireTag, message }, this._options.addOn.origin);
  }

  private _receive(message: FromFrame): void {
    switch (message.kind) {
      case 'hello':
        return this.sendSettings();
      case 'call':
      case 'reply':
        return this._options.toRealm(message);
      case 'rendition':
        void this._answer(message.id, () => this._options.render(message.width, message.height));
        return;
      case 'storage':
        void this._answer(message.id, () => this._storage.run(message.request));
        return;
      default:
        message satisfies never;
    }
  }

  private async _answer(id: number, ask: () => unknown): Promise<void> {
    try {
      this._post({ kind: 'reply', id, value: await ask() });
    } catch (error) {
      this._post({
        kind: 'reply',
        id,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

/** The add-on's panel: a sandboxed frame on another origin, and the line to it. */
import type { FromRealm, ToRealm } from '../document.js';
import { wireTag, type FromFrame, type HostSettings, type ToFrame } from '../sdk/wire.js';

export interface FrameOptions {
  readonly origin: string;
  readonly settings: () => HostSettings;
  readonly toRealm: (message: ToRealm) => void;
  readonly render: (width: number | null, height: number | null) => Promise<Blob>;
}

/** Flags the host always sets; the manifest may add more. */
const hostFlags = ['allow-scripts', 'allow-same-origin'];

/** Carries calls between the panel's frame and the realm, and answers what the host itself does. */
export class PanelFrame {
  readonly element = document.createElement('iframe');
  /** Calls of the realm to the panel that wait for an answer. */
  constructor(private readonly options: FrameOptions) {
    this.element.title = 'RePaint Fill';
    this.element.dataset.testid = 'panel-frame';
    const permissions = options.settings().manifest['sandbox'];
    const flags = Array.isArray(permissions) ? (permissions as string[]) : [];
    this.element.setAttribute('sandbox', [...hostFlags, ...flags].join(' '));
    this.element.src = `${options.origin}/index.html`;
    window.addEventListener('message', (event) => {
      const isOurs = event.source === this.element.contentWindow && event.origin === options.origin;
      if (isOurs && event.data?.tag === wireTag) this.receive(event.data.message as FromFrame);
    });
  }

  /** Theme or locale has changed. */
  sendSettings(): void {
    this.post({ kind: 'settings', settings: this.options.settings() });
  }

  /** Something the realm says to the panel. */
  forward(message: Extract<FromRealm, { kind: 'reply' | 'callPanel' }>): void {
    this.post(message);
  }

  private post(message: ToFrame): void {
    this.element.contentWindow?.postMessage({ tag: wireTag, message }, this.options.origin);
  }

  private receive(message: FromFrame): void {
    switch (message.kind) {
      case 'hello':
        return this.sendSettings();
      case 'call':
      case 'reply':
        return this.options.toRealm(message);
      case 'rendition':
        void this.rendition(message);
        return;
      default:
        message satisfies never;
    }
  }

  private async rendition({ id, width, height }: Extract<FromFrame, { kind: 'rendition' }>) {
    try {
      this.post({ kind: 'reply', id, value: await this.options.render(width, height) });
    } catch (error) {
      this.post({
        kind: 'reply',
        id,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

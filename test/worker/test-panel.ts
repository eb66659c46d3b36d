/** The panel's side of the conversation with a real worker. */
import { decode } from 'fast-png';
import type { Backend } from '../../src/protocol/compute-device.js';
import type { FromWorker, ToWorker } from '../../src/protocol/worker-api.js';
import type { ModelCard } from '../../src/protocol/model-card.js';
import { report } from '../engine/browser-setup.js';
import type { TestCommand } from './worker-entry.js';

type Kind = FromWorker['kind'];
type Message<K extends Kind> = Extract<FromWorker, { kind: K }>;

/** A worker of its own, and all that it has said. */
export class TestPanel {
  readonly messages: FromWorker[] = [];
  private readonly _worker = new Worker(new URL('./worker-entry.ts', import.meta.url), {
    type: 'module',
  });
  private _onMessage: () => void = () => undefined;

  constructor() {
    this._worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      this.messages.push(data);
      this._onMessage();
    };
  }

  send(message: ToWorker | TestCommand): void {
    this._worker.postMessage(message);
  }

  /** Waits for the first message that matches; a failure that was not asked for ends the wait. */
  async next<K extends Kind>(
    kind: K,
    matches: (message: Message<K>) => boolean = () => true,
  ): Promise<Message<K>> {
    for (;;) {
      const found = this.messages.find(
        (message): message is Message<K> => message.kind === kind && matches(message as Message<K>),
      );
      if (found) return found;
      const failed = this.messages.find((message) => message.kind === 'failed');
      if (failed) throw new Error(JSON.stringify(failed));
      await new Promise<void>((resolve) => (this._onMessage = resolve));
    }
  }

  async load(manifestUrl: string, backend: Backend | null): Promise<ModelCard> {
    this.send({ kind: 'load', model: { kind: 'shipped', manifestUrl }, backend });
    const { card, device, msPerCall } = await this.next('ready');
    report(`worker on ${device.backend} ${device.adapter}: ${msPerCall.toFixed(1)} ms a call`);
    return card;
  }

  of<K extends Kind>(kind: K): Message<K>[] {
    return this.messages.filter((message): message is Message<K> => message.kind === kind);
  }

  close(): void {
    this._worker.terminate();
  }
}

/** What a PNG shows. */
export async function pixels(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(decode(new Uint8Array(await blob.arrayBuffer())).data);
}

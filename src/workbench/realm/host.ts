/** The realm's only way out: text to the page, and answers to what it asked. */
import type { FromRealm } from '../document.js';
import { encodeMessage } from './wire.js';

/** Put into the realm by the page. */
declare const __workbenchSend: (message: string) => void;

type Question = { kind: 'loadBitmap'; blob: unknown } | { kind: 'bitmapData'; bitmap: number };
type PanelCall = { kind: 'callPanel'; method: string; args: unknown[] };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

class Host {
  private readonly _waiting = new Map<number, Waiting>();
  private _nextId = 1;

  send(message: FromRealm): void {
    __workbenchSend(encodeMessage(message));
  }

  /** Asks the page, or the panel through it. */
  ask(question: Question | PanelCall): Promise<unknown> {
    const id = this._nextId++;
    return new Promise((resolve, reject) => {
      this._waiting.set(id, { resolve, reject });
      this.send({ ...question, id });
    });
  }

  answer(id: number, value: unknown, error: string | undefined): void {
    const waiting = this._waiting.get(id);
    this._waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }
}

export const host = new Host();

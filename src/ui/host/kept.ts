/** What the panel keeps between visits, since the host resets its page often. */
import type { AddOnSdk } from './sdk.js';

type ClientStorage = AddOnSdk['instance']['clientStorage'];

/** Named values. Refused storage loses the wish to remember, nothing else. */
export interface Kept {
  read(key: string): Promise<unknown>;
  write(key: string, value: unknown): Promise<void>;
  forget(key: string): Promise<void>;
  names(): Promise<readonly string[]>;
}

/** Keeps values in the host's storage, and in memory where that is refused. */
export function keptIn(
  storage: Pick<ClientStorage, 'getItem' | 'setItem' | 'removeItem' | 'keys'> | undefined,
): Kept {
  const memory = new Map<string, unknown>();
  return {
    async read(key) {
      try {
        return (await storage?.getItem(key)) ?? memory.get(key);
      } catch {
        return memory.get(key);
      }
    },
    async write(key, value) {
      memory.set(key, value);
      await storage?.setItem(key, value).catch(() => undefined);
    },
    async forget(key) {
      memory.delete(key);
      await storage?.removeItem(key).catch(() => undefined);
    },
    async names() {
      const stored = (await storage?.keys().catch(() => undefined)) ?? [];
      return [...new Set([...stored, ...memory.keys()])];
    },
  };
}

/**
 * The newest few values of one kind, by id. Each is written under its time, so that two windows add
 * to what is kept and overwrite nothing; of one id the latest counts.
 */
export class KeptByTime {
  /** `kind`: begins their names. `most`: older ones are forgotten, the host keeps 10 MB in all. */
  constructor(
    private readonly _kept: Kept,
    private readonly _kind: string,
    private readonly _most: number,
  ) {}

  /** Oldest first, the latest of each id last. */
  async entries(): Promise<{ key: string; id: string }[]> {
    const keys = (await this._kept.names()).filter((name) => name.startsWith(`${this._kind}/`));
    const idAt = (key: string) => key.indexOf('/', this._kind.length + 1) + 1;
    return keys.sort().map((key) => ({ key, id: key.slice(idAt(key)) }));
  }

  read(key: string): Promise<unknown> {
    return this._kept.read(key);
  }

  /** `at`: milliseconds since 1970. What it replaces goes last, so that a page that ends loses nothing. */
  async write(id: string, value: unknown, at = Date.now()): Promise<void> {
    const entries = await this.entries();
    const key = `${this._kind}/${at.toString(36).padStart(9, '0')}/${id}`;
    const others = entries.filter((entry) => entry.id !== id);
    await this._forgetAll(others.slice(0, -(this._most - 1)));
    await this._kept.write(key, value);
    await this._forgetAll(entries.filter((entry) => entry.id === id && entry.key !== key));
  }

  async forget(id: string): Promise<void> {
    await this._forgetAll((await this.entries()).filter((entry) => entry.id === id));
  }

  private async _forgetAll(entries: readonly { key: string }[]): Promise<void> {
    await Promise.all(entries.map(({ key }) => this._kept.forget(key)));
  }
}

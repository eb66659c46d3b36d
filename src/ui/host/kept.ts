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

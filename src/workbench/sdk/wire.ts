/** Messages between the workbench page and the SDK stand-in in the panel's frame. */

export interface HostSettings {
  readonly theme: 'light' | 'dark';
  readonly locale: string;
  readonly locales: readonly string[];
  readonly manifest: Record<string, unknown>;
}

/** A call of `clientStorage`. */
export type StorageRequest =
  | { kind: 'get'; key: string }
  | { kind: 'set'; key: string; value: unknown }
  | { kind: 'remove'; key: string }
  | { kind: 'keys' }
  | { kind: 'clear' };

/** Sent from the frame to the page. */
export type FromFrame =
  | { kind: 'hello' }
  | { kind: 'call'; id: number; method: string; args: unknown[] }
  | { kind: 'rendition'; id: number; width: number | null; height: number | null }
  | { kind: 'storage'; id: number; request: StorageRequest }
  | { kind: 'reply'; id: number; value?: unknown; error?: string };

/** Sent from the page to the frame. */
export type ToFrame =
  | { kind: 'settings'; settings: HostSettings }
  | { kind: 'callPanel'; id: number; method: string; args: unknown[] }
  | { kind: 'reply'; id: number; value?: unknown; error?: string };

export const wireTag = 'repaint-workbench';

/** Returns the message that a window sent under our tag, or null: others post to windows too. */
export function tagged<Message>(data: unknown): Message | null {
  const { tag, message } = (data ?? {}) as { tag?: unknown; message?: Message };
  return tag === wireTag ? (message ?? null) : null;
}

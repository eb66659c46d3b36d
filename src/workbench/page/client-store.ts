/** The add-on's `clientStorage`, kept by the host and not in the frame, which may be refused storage. */
import type { StorageRequest } from '../sdk/wire.js';

const prefix = 'add-on/';
/** The host's limit for all of one add-on's values. */
const maxBytes = 10 * 1024 * 1024;

interface BytesOnDisk {
  readonly $bytes: readonly number[];
}

function encode(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) =>
    entry instanceof Uint8Array ? { $bytes: [...entry] } : entry,
  );
}

function decode(text: string): unknown {
  return JSON.parse(text, (_, entry: unknown) =>
    typeof entry === 'object' && entry !== null && '$bytes' in entry
      ? Uint8Array.from((entry as BytesOnDisk).$bytes)
      : entry,
  );
}

/** Values by key: strings, numbers, booleans, null, plain objects, arrays and Uint8Array. */
export class ClientStore {
  constructor(private readonly _storage: Storage) {}

  /** Throws: RangeError when the values together would exceed the host's 10 MB. */
  run(request: StorageRequest): unknown {
    switch (request.kind) {
      case 'get': {
        const text = this._storage.getItem(prefix + request.key);
        return text === null ? undefined : decode(text);
      }
      case 'set':
        return this._set(request.key, request.value);
      case 'remove':
        return this._storage.removeItem(prefix + request.key);
      case 'keys':
        return this._keys();
      case 'clear':
        return this._keys().forEach((key) => this._storage.removeItem(prefix + key));
      default:
        return request satisfies never;
    }
  }

  private _set(key: string, value: unknown): void {
    const text = encode(value);
    const others = this._keys().filter((name) => name !== key);
    const used = others.reduce(
      (sum, name) => sum + (this._storage.getItem(prefix + name)?.length ?? 0),
      0,
    );
    if (used + text.length > maxBytes)
      throw new RangeError(`clientStorage holds 10 MB: ${key} does not fit`);
    this._storage.setItem(prefix + key, text);
  }

  private _keys(): string[] {
    return Object.keys(this._storage).flatMap((key) =>
      key.startsWith(prefix) ? [key.slice(prefix.length)] : [],
    );
  }
}

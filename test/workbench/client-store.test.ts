/** The host's storage for add-ons: values come back as they were, within its limit. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ClientStore } from '../../src/workbench/page/client-store.js';

/** Storage as browsers have it: keys are own properties, methods are not. */
function memoryStorage(): Storage {
  const methods = {
    getItem(this: Record<string, string>, key: string) {
      return this[key] ?? null;
    },
    setItem(this: Record<string, string>, key: string, value: string) {
      this[key] = value;
    },
    removeItem(this: Record<string, string>, key: string) {
      delete this[key];
    },
  };
  return Object.create(methods) as Storage;
}

let storage: Storage;
let store: ClientStore;

beforeEach(() => {
  storage = memoryStorage();
  store = new ClientStore(storage);
});

describe('clientStorage', () => {
  it.each([
    'text',
    7.5,
    false,
    null,
    [1, { a: 'b' }],
    new Uint8Array([0, 128, 255]),
    { in: new Uint8Array([1]) },
  ])('gives back %s', (value) => {
    store.run({ kind: 'set', key: 'a', value });
    expect(store.run({ kind: 'get', key: 'a' })).toEqual(value);
  });

  it('knows nothing of keys that were never set, or were removed', () => {
    store.run({ kind: 'set', key: 'a', value: 1 });
    store.run({ kind: 'remove', key: 'a' });
    expect(store.run({ kind: 'get', key: 'a' })).toBeUndefined();
    expect(store.run({ kind: 'keys' })).toEqual([]);
  });

  it("clears the add-on's keys and leaves the page's own", () => {
    storage.setItem('theme', 'dark');
    store.run({ kind: 'set', key: 'a', value: 1 });
    expect(store.run({ kind: 'keys' })).toEqual(['a']);
    store.run({ kind: 'clear' });
    expect(store.run({ kind: 'keys' })).toEqual([]);
    expect(storage.getItem('theme')).toBe('dark');
  });

  it('refuses more than 10 MB in all, and lets a value be replaced', () => {
    const six = 'x'.repeat(6 * 1024 * 1024);
    store.run({ kind: 'set', key: 'a', value: six });
    expect(() => store.run({ kind: 'set', key: 'b', value: six })).toThrow(/10 MB/);
    store.run({ kind: 'set', key: 'a', value: six });
    expect(store.run({ kind: 'keys' })).toEqual(['a']);
  });
});

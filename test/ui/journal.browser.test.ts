import { clear, createStore, entries, set } from 'idb-keyval';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { sealed, unsealed } from '../../src/ui/host/seal.js';
import { report } from '../engine/browser-setup.js';
import { randomStream } from '../../src/lab/masks/random.js';
import { damaged } from './damage.js';
import { bytesOf, Journal, type FoundEntry } from '../../src/ui/host/journal.js';

let name: string;
const open: Journal[] = [];

/** A window's journal. */
async function window(): Promise<Journal> {
  const journal = await Journal.open(name);
  open.push(journal);
  return journal;
}

/** As a window's end: its locks go, what it wrote stays. */
function close(journal: Journal, ...keys: string[]): void {
  for (const key of keys) journal.letGo(key);
}

async function left(journal: Journal): Promise<FoundEntry[]> {
  const found: FoundEntry[] = [];
  await journal.findLeft((entry) => found.push(entry));
  return found;
}

const hex = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
const stored = () => entries(createStore(name, 'entries'));

describe('a journal', () => {
  name = 'journal-test';

  afterEach(async () => {
    vi.restoreAllMocks();
    // What one window lets go of, another one that waited may get only now.
    await vi.waitFor(async () => {
      for (const journal of open) close(journal, 'a', 'b');
      expect((await navigator.locks.query()).held).toEqual([]);
    });
    open.length = 0;
    await clear(createStore(name, 'entries'));
  });

  test('hands on what a window left, with what it noted last, bit for bit', async () => {
    const first = await window();
    const xt = Float32Array.from({ length: 1000 }, (_, i) => Math.fround(Math.sin(i)));
    await first.keep('a', { png: new Blob(['abc']), xt });
    for (let i = 0; i < 50; i++) first.note('a', { i });
    await vi.waitFor(async () =>
      expect(await stored()).toContainEqual(['note of a', { seal: hex, value: { i: 49 } }]),
    );
    close(first, 'a');
    const [{ key, value, note }] = await left(await window());
    expect(key).toBe('a');
    expect(note).toEqual({ i: 49 });
    const kept = value as { png: Blob; xt: Float32Array };
    expect(kept.xt).toEqual(xt);
    expect(await kept.png.text()).toBe('abc');
  });

  test('leaves to a living window what is its own, and gets it when that window is gone', async () => {
    const [first, second, third] = [await window(), await window(), await window()];
    await first.keep('a', 1);
    const found: string[] = [];
    for (const [who, journal] of [second, third].entries()) {
      await journal.findLeft(({ key }) => found.push(`${key} by ${who}`));
      expect(journal.elsewhere).toBe(1);
    }
    expect(found).toEqual([]);
    close(first, 'a');
    await vi.waitFor(() => expect(found).toEqual(['a by 0']));
    expect(second.elsewhere).toBe(0);
    expect(third.elsewhere).toBe(1);
  });

  test('forgets an entry with its note, and whoever waits for it finds nothing', async () => {
    const [first, second] = [await window(), await window()];
    await first.keep('a', 1);
    first.note('a', 2);
    const found: FoundEntry[] = [];
    await second.findLeft((entry) => found.push(entry));
    await first.forget('a');
    await vi.waitFor(() => expect(second.elsewhere).toBe(0));
    expect(found).toEqual([]);
    expect(await stored()).toEqual([]);
    first.note('a', 3);
    await first.keep('b', 1);
    expect((await stored()).map(([key]) => key)).toEqual(['b']);
  });

  test('drops an entry that cannot be written, and says so once', async () => {
    const journal = await window();
    const lost: string[] = [];
    journal.onLost = (key) => lost.push(key);
    await journal.keep('a', 1);
    // As a full disk: the transaction is refused.
    const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('no room', 'QuotaExceededError');
    });
    journal.note('a', 2);
    await vi.waitFor(() => expect(lost).toEqual(['a']));
    journal.note('a', 3);
    put.mockRestore();
    await journal.keep('b', 1);
    expect((await stored()).map(([key]) => key)).toEqual(['b']);
    expect(lost).toEqual(['a']);
  });

  test('keeps nothing where storage is refused, and the panel works on', async () => {
    const refused = vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      throw new DOMException('denied', 'SecurityError');
    });
    const journal = await Journal.open('journal-refused');
    refused.mockRestore();
    expect(journal.isKept).toBe(false);
    await journal.keep('a', 1);
    journal.note('a', 2);
    expect(await left(journal)).toEqual([]);
    await journal.forget('a');
  });

  test('keeps no more than there is room for', async () => {
    const journal = await window();
    const lost: string[] = [];
    journal.onLost = (key) => lost.push(key);
    const large = { source: { data: new Uint8ClampedArray(257e6) } };
    expect(bytesOf({ ...large, png: new Blob(['abc']), others: [new Float32Array(5)] })).toBe(
      257e6 + 23,
    );
    await journal.keep('a', large);
    expect(lost).toEqual(['a']);
    expect(await stored()).toEqual([]);
  });

  test('that is damaged, or not its own, is found without a value', async () => {
    const store = createStore(name, 'entries');
    await set('a', { version: 99 }, store);
    await set('b', await sealed('b', 1), store);
    await set('note of b', await sealed('note of a', 2), store);
    expect(await left(await window())).toEqual([
      { key: 'a', value: undefined, note: undefined, isNoteDamaged: false },
      { key: 'b', value: 1, note: undefined, isNoteDamaged: true },
    ]);
  });
});

interface ViteMeta extends ImportMeta {
  readonly env: Readonly<Record<string, unknown>>;
}
const isLong = (import.meta as ViteMeta).env['VITE_SOAK'] !== undefined;
const rounds = isLong ? 10_000 : 300;

test('one bit changed anywhere in what is stored is noticed', async () => {
  const pixels = { width: 20, height: 15, data: new Uint8ClampedArray(1200).fill(7) };
  const value = {
    version: 1,
    documentId: null,
    region: { id: 'a', pixelsToPage: [1, 0, 0, 1, -0, 0.5], markerIds: [], isSoft: false },
    request: { source: pixels, seeds: [0, 1, 4294967295], chosen: undefined },
    snapshot: { level: 0, xt: Float32Array.from({ length: 500 }, (_, i) => Math.sin(i)) },
    png: new Blob([new Uint8Array(900).fill(3)], { type: 'image/png' }),
  };
  const stored = await sealed('job a', value);
  expect(await unsealed('job a', structuredClone(stored))).toEqual(value);
  const random = randomStream(14, 'damage');
  for (let round = 0; round < rounds; round++) {
    const changed = await damaged(stored, random);
    expect(await unsealed('job a', changed)).toBeUndefined();
  }
  report(`soak: ${rounds} damaged records`);
});

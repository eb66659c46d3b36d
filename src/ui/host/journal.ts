/**
 * What must outlive the panel: entries in the frame's own storage, each held by one window. A window
 * that closes, crashes or is reloaded lets go of its entries, and whoever is there next finds them.
 */
import { createStore, del, delMany, getMany, keys, set, type UseStore } from 'idb-keyval';
import { Observed } from '../observed.js';
import { answerWithin } from './sandbox-client.js';
import { sealed, unsealed } from './seal.js';

/** An entry whose window is gone, held by this one from now on. */
export interface FoundEntry {
  readonly key: string;
  /** undefined: what is stored is not what was written. */
  readonly value: unknown;
  /** What was last noted with it; undefined where nothing was, or where that is damaged. */
  readonly note: unknown;
  readonly isNoteDamaged: boolean;
}

/** Larger entries are not kept: the host's quota is for models, too. */
const maxEntryBytes = 256e6;
const lockName = (key: string) => `repaint-fill ${key}`;
const noteKey = (key: string) => `note of ${key}`;

/** Counts the bytes of images and files within plain data. */
export function bytesOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (value instanceof Blob) return value.size;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + bytesOf(part), 0);
}

/** Storage that does not answer at all is as good as none. */
const openPatienceMs = 3000;

/** Tries whether anything can be written here. */
async function openStore(name: string): Promise<UseStore | null> {
  try {
    const store = createStore(name, 'entries');
    await answerWithin(set('try', await sealed('try', 1), store), openPatienceMs, 'storage');
    await del('try', store);
    return store;
  } catch {
    return null;
  }
}

export class Journal extends Observed {
  /** Entries that other windows hold, as far as they are known. */
  elsewhere = 0;
  /** An entry could not be kept any longer: storage is full, or was taken away. */
  onLost: (key: string) => void = () => undefined;
  /** By key: lets the entry's lock go. */
  private readonly _held = new Map<string, () => void>();
  /** Notes that wait for the one before them to be written; of several the last one counts. */
  private readonly _notes = new Map<string, unknown>();
  private _last: Promise<unknown> = Promise.resolve();

  private constructor(private readonly _store: UseStore | null) {
    super();
  }

  static async open(name = 'repaint-fill'): Promise<Journal> {
    return new Journal(await openStore(name));
  }

  /** False where the frame may not use storage: nothing outlives the panel. */
  get isKept(): boolean {
    return this._store !== null;
  }

  /**
   * Writes an entry, or writes it anew. Values: plain data, typed arrays and Blobs, or a promise of
   * them. What is asked for later is written, or removed, after it.
   */
  async keep(key: string, value: unknown): Promise<void> {
    if (!this._store) return;
    await this._then(async () => {
      const known = await value;
      if (bytesOf(known) > maxEntryBytes) return this.onLost(key);
      if (!this._held.has(key) && !(await this._hold(key, true))) return this.onLost(key);
      await this._write(key, key, known);
    });
  }

  /** Writes what changes often beside an entry. Nothing waits for it. */
  note(key: string, value: unknown): void {
    if (!this._held.has(key)) return;
    const isBusy = this._notes.has(key);
    this._notes.set(key, value);
    if (!isBusy) void this._writeNote(key);
  }

  /** Leaves an entry to whoever looks for it next. */
  letGo(key: string): void {
    this._held.get(key)?.();
    this._held.delete(key);
  }

  /** Removes an entry and what was noted with it. */
  async forget(key: string): Promise<void> {
    const store = this._store;
    this._notes.delete(key);
    if (store) await this._then(() => delMany([key, noteKey(key)], store).catch(() => undefined));
    this.letGo(key);
  }

  /**
   * Looks for entries that other windows have left, and keeps looking at those that other windows
   * hold: whoever gets an entry's lock first has it.
   */
  async findLeft(onFound: (entry: FoundEntry) => void): Promise<void> {
    const store = this._store;
    if (!store) return;
    const all = await keys<string>(store).catch(() => []);
    const entries = all.filter((key) => !key.startsWith(noteKey('')) && !this._held.has(key));
    for (const key of entries) {
      if (await this._hold(key, true)) await this._find(key, store, onFound);
      else void this._await(key, store, onFound);
    }
  }

  private async _await(key: string, store: UseStore, onFound: (entry: FoundEntry) => void) {
    this.elsewhere++;
    this.changed();
    await this._hold(key, false);
    this.elsewhere--;
    await this._find(key, store, onFound);
    this.changed();
  }

  private async _find(key: string, store: UseStore, onFound: (entry: FoundEntry) => void) {
    const [value, note] = await getMany<unknown>([key, noteKey(key)], store).catch(() => []);
    if (value === undefined) return this.forget(key);
    const whole = await Promise.all([unsealed(key, value), unsealed(noteKey(key), note)]);
    const isNoteDamaged = note !== undefined && whole[1] === undefined;
    onFound({ key, value: whole[0], note: whole[1], isNoteDamaged });
  }

  private async _writeNote(key: string): Promise<void> {
    while (this._notes.has(key)) {
      const value = this._notes.get(key);
      await this._then(() => this._write(key, noteKey(key), value));
      if (this._notes.get(key) === value) this._notes.delete(key);
    }
  }

  private async _write(key: string, at: string, value: unknown): Promise<void> {
    const store = this._store;
    if (!store || !this._held.has(key)) return;
    const isWritten = sealed(at, value).then((it) => set(at, it, store));
    await isWritten.catch(() => {
      void this.forget(key);
      this.onLost(key);
    });
  }

  /** Returns: false where another window has it. Without Web Locks this window has everything. */
  private _hold(key: string, ifAvailable: boolean): Promise<boolean> {
    if (!('locks' in navigator)) {
      this._held.set(key, () => undefined);
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const hold = (lock: Lock | null) => {
        if (!lock) return resolve(false);
        return new Promise<void>((release) => {
          this._held.set(key, release);
          resolve(true);
        });
      };
      navigator.locks.request(lockName(key), { ifAvailable }, hold).catch(() => {
        this._held.set(key, () => undefined);
        resolve(true);
      });
    });
  }

  /** One write after another, so that what was kept first is found first. */
  private _then<T>(action: () => Promise<T>): Promise<T> {
    const next = this._last.then(action);
    this._last = next.catch(() => undefined);
    return next;
  }
}

/**
 * Sessions by shape. On WebGPU a session of fixed shape plans its memory once, so each level's
 * size has its own; each holds a copy of the weights, so only the last few are kept.
 */
import type { ImageShape } from '../core/network.js';

/** What a session's free dimensions are set to; named as in the graph. */
export interface BatchSize {
  readonly N: number;
  readonly H: number;
  readonly W: number;
}

type Open<T> = (size: BatchSize) => Promise<T>;

/** Something made from a session that can be let go. */
export interface Releasable {
  release(): Promise<void>;
}

/** The free dimensions of a batch's shape. */
export function sizeOf([n, , h, w]: ImageShape): BatchSize {
  return { N: n, H: h, W: w };
}

function keyOf({ N, H, W }: BatchSize): string {
  return `${N}x${H}x${W}`;
}

/** Keeps the most recently used `capacity` sessions. */
export class SessionPool<T extends Releasable> {
  /** In order of use, the last used at the end. */
  private readonly _entries = new Map<string, { readonly size: BatchSize; opened: Promise<T> }>();

  constructor(
    private readonly _open: Open<T>,
    private readonly _capacity: number,
  ) {}

  /** What is held. */
  get sizes(): readonly BatchSize[] {
    return [...this._entries.values()].map(({ size }) => size);
  }

  has(size: BatchSize): boolean {
    return this._entries.has(keyOf(size));
  }

  /**
   * Opens, or finds, the session of that size. A failed opening is forgotten. Room is made first:
   * memory need not hold one more than are kept.
   * `spare`: how many more than the capacity are kept this time.
   */
  async acquire(size: BatchSize, spare = 0): Promise<T> {
    const key = keyOf(size);
    const known = this._entries.get(key);
    this._entries.delete(key);
    const surplus = Math.max(0, this._entries.size + 1 - this._capacity - spare);
    const room = Promise.all(this.sizes.slice(0, surplus).map((oldest) => this.release(oldest)));
    const entry = known ?? { size, opened: room.then(() => this._open(size)) };
    this._entries.set(key, entry);
    entry.opened.catch(() => this._entries.delete(key));
    await room;
    return entry.opened;
  }

  /** Lets go of one size; nothing where it is not held. */
  async release(size: BatchSize): Promise<void> {
    const entry = this._entries.get(keyOf(size));
    this._entries.delete(keyOf(size));
    await (await entry?.opened)?.release();
  }

  async releaseAll(): Promise<void> {
    for (const size of this.sizes) await this.release(size);
  }
}

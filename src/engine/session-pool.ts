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
  private readonly _entries = new Map<string, Promise<T>>();

  constructor(
    private readonly _open: Open<T>,
    private readonly _capacity: number,
  ) {}

  /** Opens, or finds, the session of that size. A failed opening is forgotten. */
  async acquire(size: BatchSize): Promise<T> {
    const key = keyOf(size);
    const entry = this._entries.get(key) ?? this._open(size);
    this._entries.delete(key);
    this._entries.set(key, entry);
    entry.catch(() => this._entries.delete(key));
    await this._releaseOldest();
    return entry;
  }

  /** Lets go of one size; nothing where it is not held. */
  async release(size: BatchSize): Promise<void> {
    const entry = this._entries.get(keyOf(size));
    this._entries.delete(keyOf(size));
    await (await entry)?.release();
  }

  async releaseAll(): Promise<void> {
    const entries = [...this._entries.values()];
    this._entries.clear();
    for (const entry of entries) await (await entry).release();
  }

  private async _releaseOldest(): Promise<void> {
    while (this._entries.size > this._capacity) {
      const [key, entry] = this._entries.entries().next().value as [string, Promise<T>];
      this._entries.delete(key);
      await (await entry).release();
    }
  }
}

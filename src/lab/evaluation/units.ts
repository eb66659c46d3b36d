/** The units of an evaluation: one method on one photo with one mask and one seed. */
import path from 'node:path';
import { RepaintError } from '../../protocol/failure.js';

/** What a run is about; every shard of it writes and reads the same. */
export interface RunPlan {
  readonly version: 1;
  /** Pixels a side. */
  readonly size: number;
  /** File names in the folder of photos. */
  readonly photos: readonly string[];
  /** Names of the lab's masks, or folders of mask images. */
  readonly masks: readonly { readonly name: string; readonly folder: string | null }[];
  readonly maskSeed: number;
  readonly methods: readonly { readonly name: string; readonly how: string }[];
  readonly seeds: readonly number[];
  /** Which network's features are compared; null where there is none. */
  readonly features: string | null;
  /** The learned metric's file, by its SHA-256; null where there is none. */
  readonly lpips: string | null;
}

export interface Unit {
  readonly method: string;
  readonly mask: string;
  readonly photo: string;
  readonly seed: number;
}

/** Quality of one fill; null where it was not measured. */
export interface Measures {
  readonly psnr: number;
  readonly ssim: number;
  readonly features: number | null;
  readonly lpips: number | null;
  readonly seam: number;
  readonly sharp: number;
}

/** A unit whose picture was made. */
export interface MadeRecord extends Unit {
  readonly status: 'made';
  /** The part of the picture that is hole, 0 to 1. */
  readonly holeShare: number;
  /** Network calls; null for programs that make none. */
  readonly nfe: number | null;
  readonly ms: number;
  /** True where the method's own picture differed outside the hole; it is put back. */
  readonly changedOutside: boolean;
  readonly measures: Measures;
}

/** A unit without a picture, and why. */
export interface LostRecord extends Unit {
  readonly status: 'failed' | 'unreadable';
  readonly reason: string;
}

/** What became of a unit, as its file says. */
export type UnitRecord = MadeRecord | LostRecord;

/** All units, method by method, in the order that shards are dealt from. */
export function planUnits({ methods, masks, photos, seeds }: RunPlan): Unit[] {
  return methods.flatMap((method) =>
    masks.flatMap((mask) =>
      photos.flatMap((photo) =>
        seeds.map((seed) => ({ method: method.name, mask: mask.name, photo, seed })),
      ),
    ),
  );
}

/** One of n parts of the work: units number i, i + n, i + 2n ... */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Reads "2/3". Throws: RepaintError badRequest. */
export function parseShard(text: string): Shard {
  const [index, count] = /^\d+\/\d+$/.test(text) ? text.split('/').map(Number) : [0, 0];
  if (index >= 1 && index <= count) return { index, count };
  throw new RepaintError(
    'badRequest',
    `--shard must be i/n with i from 1 to n, as in 2/3, got "${text}".`,
  );
}

export function unitsOfShard(units: readonly Unit[], { index, count }: Shard): Unit[] {
  return units.filter((_, i) => i % count === index - 1);
}

/** Where a unit's files lie below the run's folder, without their endings. */
export function unitPath({ method, mask, photo, seed }: Unit): string {
  return path.join('units', method, mask, `${photo}-${seed}`);
}

/** Walks the units of a shard: reads, fills, measures and keeps each once. */
import path from 'node:path';
import type { Coverage, RgbaImage } from '../../image/raster.js';
import { RepaintError } from '../../protocol/failure.js';
import { holeShare } from '../masks/draw.js';
import { seam, sharp } from '../measure/edges.js';
import {
  featureDistance,
  featuresOf,
  type FeatureNetwork,
  type Features,
} from '../measure/features.js';
import type { Lpips } from '../measure/lpips.js';
import { psnr, ssim } from '../measure/pixels.js';
import { Latest } from './latest.js';
import type { Maker, Method } from './methods.js';
import { holeOf } from './holes.js';
import { encodePng, readSquare, UnreadableError } from './photos.js';
import type { RunStore } from './store.js';
import type { MadeRecord, Measures, RunPlan, Unit, UnitRecord } from './units.js';

export interface RunInput {
  readonly plan: RunPlan;
  readonly methods: readonly Method[];
  readonly photosFolder: string;
  readonly store: RunStore;
  /** The units to do, those of this shard. */
  readonly units: readonly Unit[];
  readonly features: FeatureNetwork | null;
  readonly lpips: Lpips | null;
  openMaker(method: Method): Promise<Maker>;
}

/** `made` and `lost`: a unit was done now; `kept`: it was done before; `closed`: none of the method's will be. */
export type RunEvent =
  | { readonly kind: 'made' | 'kept'; readonly unit: Unit }
  | { readonly kind: 'lost'; readonly unit: Unit; readonly reason: string }
  | { readonly kind: 'closed'; readonly method: string; readonly reason: string };

/** What stands in the hole while a method fills it. */
const holeGrey = 128;

function emptied(photo: RgbaImage, hole: Coverage): RgbaImage {
  const data = photo.data.slice();
  hole.data.forEach((value, i) => {
    if (value > 127) data.fill(holeGrey, 4 * i, 4 * i + 3);
  });
  return { ...photo, data };
}

/** Puts the photo's pixels back outside the hole, and tells whether that changed any. */
function onlyInside(picture: RgbaImage, photo: RgbaImage, hole: Coverage) {
  const data = picture.data.slice();
  let changedOutside = false;
  hole.data.forEach((value, i) => {
    for (let at = 4 * i; at < 4 * i + 3 && value <= 127; at++) {
      changedOutside ||= data[at] !== photo.data[at];
      data[at] = photo.data[at];
    }
  });
  return { picture: { ...picture, data }, changedOutside };
}

const rounded = (value: number) => Number(value.toFixed(6));

function expectFilled(picture: RgbaImage, photo: RgbaImage): void {
  if (picture.width === photo.width && picture.height === photo.height) return;
  throw new Error(
    `the picture is ${picture.width} x ${picture.height} pixels, not ${photo.width} x ${photo.height}`,
  );
}

function expectHole(hole: Coverage, mask: string): void {
  const share = holeShare(hole);
  if (share === 1) throw new Error(`the mask ${mask} leaves nothing known`);
  if (share === 0) throw new Error(`the mask ${mask} has no hole`);
}

/** One shard of a run, with what it has read. */
class ShardRun {
  private readonly _photos = new Latest<RgbaImage>(64);
  private readonly _features = new Latest<Features>(64);

  constructor(private readonly _input: RunInput) {}

  /** Throws: RepaintError when the record cannot be kept. */
  async do(unit: Unit, maker: Maker): Promise<UnitRecord> {
    const { store } = this._input;
    try {
      const { record, picture } = await this._fill(unit, maker);
      await store.keep(record, await encodePng(picture));
      return record;
    } catch (error) {
      if (error instanceof RepaintError && error.code === 'storageFull') throw error;
      const status = error instanceof UnreadableError ? 'unreadable' : 'failed';
      const reason = error instanceof Error ? error.message : String(error);
      const record = { ...unit, status, reason } as const;
      await store.keep(record, null);
      return record;
    }
  }

  private async _fill(unit: Unit, maker: Maker) {
    const photo = await this._photo(unit.photo);
    const hole = await holeOf(this._input.plan, unit);
    expectHole(hole, unit.mask);
    const start = performance.now();
    const made = await maker.make({
      photo: emptied(photo, hole),
      hole,
      seed: unit.seed,
      photoName: unit.photo,
      maskName: unit.mask,
    });
    const ms = Math.round(performance.now() - start);
    expectFilled(made.picture, photo);
    const { picture, changedOutside } = onlyInside(made.picture, photo, hole);
    const measures = await this._measure(unit.photo, photo, picture, hole);
    const share = rounded(holeShare(hole));
    const facts = { status: 'made', holeShare: share, nfe: made.nfe, ms, changedOutside } as const;
    const record: MadeRecord = { ...unit, ...facts, measures };
    return { record, picture };
  }

  private _photo(name: string): Promise<RgbaImage> {
    const { photosFolder, plan } = this._input;
    return this._photos.get(name, () => readSquare(path.join(photosFolder, name), plan.size));
  }

  private async _measure(
    name: string,
    photo: RgbaImage,
    picture: RgbaImage,
    hole: Coverage,
  ): Promise<Measures> {
    const { features: network, lpips } = this._input;
    let features: number | null = null;
    if (network) {
      const original = await this._features.get(name, () => featuresOf(network, photo));
      features = rounded(featureDistance(original, await featuresOf(network, picture), hole));
    }
    return {
      psnr: rounded(psnr(photo, picture)),
      ssim: rounded(ssim(photo, picture)),
      features,
      lpips: lpips && rounded(await lpips.distance(photo, picture)),
      seam: rounded(seam(picture, hole)),
      sharp: rounded(sharp(picture, hole)),
    };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Does the shard's units that have no record yet, yielding after each. To stop, stop pulling.
 * A method that cannot be opened is told once and its units are left undone, for a machine that
 * can. Throws: RepaintError storageFull when the disk is full; a later run goes on.
 */
export async function* runUnits(input: RunInput): AsyncGenerator<RunEvent, void, void> {
  const run = new ShardRun(input);
  for (const method of input.methods) {
    let maker: Maker | null = null;
    try {
      for (const unit of input.units.filter((it) => it.method === method.name)) {
        if (await input.store.record(unit)) {
          yield { kind: 'kept', unit };
          continue;
        }
        try {
          maker ??= await input.openMaker(method);
        } catch (error) {
          yield { kind: 'closed', method: method.name, reason: reasonOf(error) };
          break;
        }
        const record = await run.do(unit, maker);
        yield record.status === 'made'
          ? { kind: 'made', unit }
          : { kind: 'lost', unit, reason: record.reason };
      }
    } finally {
      await maker?.release();
    }
  }
}

/** How long a plan will take, from the measured time of one call. */
import type { FillLevel, FillPlan, FillProgress } from '../../protocol/fill.js';
import type { ModelCard } from '../../protocol/model-card.js';
import type { ReadyModel } from './model-link.js';

/** Milliseconds a thousand pixels of a window take a call of the photo, before any was measured. */
export const firstPhotoPace = 1.5;
/** Searching all patches of a small picture costs as this many pixels do. */
const exactPixels = 10_000;

/** Pixels that a call of the photo's own level goes over. */
function photoPixels({ network, width, height, bounds, partBounds }: FillLevel): number {
  if (network === 'exact') return exactPixels;
  const scale = (width * height) / (bounds.width * bounds.height);
  return partBounds.width * partBounds.height * scale;
}

/** What a call of a level costs: in calls at the model's native size, or in thousands of pixels. */
function cost(level: FillLevel, card: ModelCard | null): number {
  if (level.network !== 'model') return photoPixels(level) / 1000;
  return (level.width * level.height) / (card?.network.nativeSize ?? 1) ** 2;
}

/** Learns the pace of a job from what its worker measures at each level. */
export class Pace {
  private readonly _msPerCall = new Map<number, number>();

  hear({ level, msPerCall }: FillProgress): void {
    this._msPerCall.set(level, msPerCall);
  }

  /** Returns: ms a call at the model's native size, as its levels went; null before their end. */
  nativeMsPerCall({ levels }: FillPlan, card: ModelCard): number | null {
    return this._ratio(levels, card, (level) => level.network === 'model');
  }

  /** Returns: ms a thousand pixels and call, as the photo's levels went; null before their end. */
  photoPace({ levels }: FillPlan): number | null {
    return this._ratio(levels, null, (level) => level.network !== 'model');
  }

  private _ratio(
    levels: readonly FillLevel[],
    card: ModelCard | null,
    isMeant: (level: FillLevel) => boolean,
  ): number | null {
    let [ms, costs] = [0, 0];
    levels.forEach((level, index) => {
      if (!isMeant(level)) return;
      ms += level.nfe * (this._msPerCall.get(index) ?? NaN);
      costs += level.nfe * cost(level, card);
    });
    return Number.isFinite(ms) && costs > 0 ? ms / costs : null;
  }
}

/** Returns milliseconds for all fills: a call costs as its pixels do. */
export function estimateMs(
  { levels }: FillPlan,
  fills: number,
  model: Pick<ReadyModel, 'card' | 'msPerCall'> | null,
  photoPace: number = firstPhotoPace,
): number {
  const oneFill = levels.reduce((sum, level) => {
    const pace = level.network === 'model' ? (model?.msPerCall ?? 0) : photoPace;
    return sum + level.nfe * pace * cost(level, model?.card ?? null);
  }, 0);
  return fills * oneFill;
}

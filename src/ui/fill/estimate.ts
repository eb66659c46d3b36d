/** How long a plan will take, from the measured time of one call. */
import { callCost, firstPhotoPace, isOfModel, planCost } from '../../fill/cost.js';
import type { FillLevel, FillPlan, FillProgress } from '../../protocol/fill.js';
import type { ModelCard } from '../../protocol/model-card.js';
import type { ReadyModel } from './model-link.js';

/** What a device may do; a kept pace beyond is none. */
const likely = { least: 0.01, most: 1000 };

/** Reads a kept pace; what is none gives way to the first. */
export function parsePace(kept: unknown): number {
  const isPace = typeof kept === 'number' && kept >= likely.least && kept <= likely.most;
  return isPace ? kept : firstPhotoPace;
}

/** Learns the pace of a job from what its worker measures at each level. */
export class Pace {
  private readonly _msPerCall = new Map<number, number>();
  private _span: { readonly from: number; readonly to: number } | null = null;

  /** `at`: ms of one clock. */
  hear({ level, msPerCall }: FillProgress, at: number): void {
    this._msPerCall.set(level, msPerCall);
    this._span = { from: this._span?.from ?? at, to: at };
  }

  /** Returns: ms a call at the model's native size, as its levels went; null before their end. */
  nativeMsPerCall({ levels }: FillPlan, card: ModelCard): number | null {
    return this._ratio(levels, card, true);
  }

  /**
   * Returns: ms a unit of the photo's levels; null before their end. Where nothing else was done, all
   * that passed counts, previews and other programs too: the next run will meet the same.
   */
  photoPace(plan: FillPlan, fills: number): number | null {
    const byCalls = this._ratio(plan.levels, null, false);
    if (byCalls === null || plan.levels.some(isOfModel) || !this._span) return byCalls;
    const { from, to } = this._span;
    return Math.max(byCalls, (to - from) / (fills * planCost(plan, null, false)));
  }

  private _ratio(
    levels: readonly FillLevel[],
    card: ModelCard | null,
    ofModel: boolean,
  ): number | null {
    let [ms, costs] = [0, 0];
    levels.forEach((level, index) => {
      if (isOfModel(level) !== ofModel) return;
      ms += level.nfe * (this._msPerCall.get(index) ?? NaN);
      costs += level.nfe * callCost(level, card);
    });
    return Number.isFinite(ms) && costs > 0 ? ms / costs : null;
  }
}

/** Returns milliseconds for all fills. */
export function estimateMs(
  plan: FillPlan,
  fills: number,
  model: Pick<ReadyModel, 'card' | 'msPerCall'> | null,
  photoPace: number = firstPhotoPace,
): number {
  const byModel = (model?.msPerCall ?? 0) * planCost(plan, model?.card ?? null, true);
  return fills * (byModel + photoPace * planCost(plan, null, false));
}

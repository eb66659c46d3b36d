/** How long a plan will take, from the measured time of one call. */
import type { FillPlan, FillProgress } from '../../protocol/fill.js';
import type { ModelCard } from '../../protocol/model-card.js';
import type { ReadyModel } from './model-link.js';

/** Learns the pace of a job from what its worker measures at each level. */
export class Pace {
  private readonly _msPerCall = new Map<number, number>();

  hear({ level, msPerCall }: FillProgress): void {
    this._msPerCall.set(level, msPerCall);
  }

  /** Returns: ms a call at the model's native size, as the whole plan went; null before its end. */
  nativeMsPerCall({ levels }: FillPlan, { network }: ModelCard): number | null {
    const [measured, atNative] = levels.reduce(
      ([ms, calls], { width, height, nfe }, level) => [
        ms + nfe * (this._msPerCall.get(level) ?? NaN),
        calls + (nfe * width * height) / network.nativeSize ** 2,
      ],
      [0, 0],
    );
    return Number.isFinite(measured) && atNative > 0 ? measured / atNative : null;
  }
}

/** Returns milliseconds for all fills: a call costs as its pixels do. */
export function estimateMs(
  { levels }: FillPlan,
  fills: number,
  { card, msPerCall }: Pick<ReadyModel, 'card' | 'msPerCall'>,
): number {
  const nativePixels = card.network.nativeSize ** 2;
  const oneFill = levels.reduce(
    (sum, { width, height, nfe }) => sum + nfe * msPerCall * ((width * height) / nativePixels),
    0,
  );
  return fills * oneFill;
}

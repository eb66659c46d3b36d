/** How long a plan will take, from the measured time of one call. Pure. */
import type { FillPlan } from '../../protocol/fill.js';
import type { ReadyModel } from './model-link.js';

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

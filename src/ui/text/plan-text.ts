/** What a fill will cost, in words. */
import type { Margins } from '../../image/margins.js';
import type { FillPlan, FillProgress } from '../../protocol/fill.js';
import type { FillJob } from '../fill/fill-queue.js';
import { estimateMs } from '../fill/estimate.js';
import type { ReadyModel } from '../fill/model-link.js';
import { msg, str } from '../host/localisation.js';
import { duration, listed, milliseconds, number } from './format.js';

/** "About 50 s for 3 fills, 390 steps each". */
export function planSummary(
  plan: FillPlan,
  fills: number,
  model: ReadyModel | null,
  photoPace?: number,
): string {
  const steps = number(plan.nfe);
  const time = duration(estimateMs(plan, fills, model, photoPace));
  return fills === 1
    ? msg(str`About ${time} for 1 fill, ${steps} steps`)
    : msg(str`About ${time} for ${number(fills)} fills, ${steps} steps each`);
}

/** "Reaches 120 px past the right edge: the picture will be expanded there." */
export function expansionText({ top, right, bottom, left }: Margins): string {
  const sides = [
    top > 0 ? msg(str`${number(top)} px past the top edge`) : '',
    right > 0 ? msg(str`${number(right)} px past the right edge`) : '',
    bottom > 0 ? msg(str`${number(bottom)} px past the bottom edge`) : '',
    left > 0 ? msg(str`${number(left)} px past the left edge`) : '',
  ];
  return msg(str`Reaches ${listed(sides)}: the picture will be expanded there.`);
}

/** One line for each level: "64 × 64 px, 210 steps". */
export function levelLines({ levels }: FillPlan): string[] {
  return levels.map(({ width, height, nfe }) =>
    msg(str`${number(width)} × ${number(height)} px, ${number(nfe)} steps`),
  );
}

export function queuedText(fills: number): string {
  return fills === 1 ? msg('Queued: 1 fill') : msg(str`Queued: ${number(fills)} fills`);
}

/** What an interrupted job goes on with: "Go on (2 of 3 fills done, 40 s left)". */
export function goOnText({ request, seedsLeft, remainingMs }: FillJob): string {
  const all = number(request.seeds.length);
  const done = number(request.seeds.length - seedsLeft.length);
  if (remainingMs === null) return msg(str`Go on (${done} of ${all} fills done)`);
  return msg(str`Go on (${done} of ${all} fills done, ${duration(remainingMs)} left)`);
}

/** Which of the fills are being made: "Fill 2 of 3", or "Fills 1 to 3 of 3" where at once. */
export function fillsText(progress: FillProgress | null, fills: number): string {
  const { fill, batch } = progress ?? { fill: 0, batch: 1 };
  const first = number(fill + 1);
  return batch === 1
    ? msg(str`Fill ${first} of ${number(fills)}`)
    : msg(str`Fills ${first} to ${number(fill + batch)} of ${number(fills)}`);
}

/** Steps done and their pace, as counted and measured by the worker. */
export function stepsText({ nfe, nfeTotal, msPerCall }: FillProgress): string {
  const pace = milliseconds(msPerCall);
  return msg(str`${number(nfe)} of ${number(nfeTotal)} steps, ${pace} each`);
}

/** Time left, as measured by the worker. */
export function timeLeftText({ remainingMs }: FillProgress): string {
  if (remainingMs === null) return msg('Measuring the pace …');
  return msg(str`About ${duration(remainingMs)} left`);
}

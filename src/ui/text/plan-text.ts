/** What a fill will cost, in words. */
import type { FillPlan, FillProgress } from '../../protocol/fill.js';
import { estimateMs } from '../fill/estimate.js';
import type { ReadyModel } from '../fill/model-link.js';
import { msg, str } from '../host/localisation.js';
import { duration, milliseconds, number } from './format.js';

/** "3 fills, 1,170 network calls, about 50 s". */
export function planSummary(plan: FillPlan, fills: number, model: ReadyModel): string {
  const calls = number(plan.nfe * fills);
  const time = duration(estimateMs(plan, fills, model));
  return fills === 1
    ? msg(str`1 fill, ${calls} network calls, about ${time}`)
    : msg(str`${number(fills)} fills, ${calls} network calls, about ${time}`);
}

/** One line for each level: "64 × 64 px, 210 calls". */
export function levelLines({ levels }: FillPlan): string[] {
  return levels.map(({ width, height, nfe }) =>
    msg(str`${number(width)} × ${number(height)} px, ${number(nfe)} calls`),
  );
}

export function queuedText(fills: number): string {
  return fills === 1 ? msg('Queued: 1 fill') : msg(str`Queued: ${number(fills)} fills`);
}

/** Which of the fills are being made: "Fill 2 of 3", or "Fills 1 to 3 of 3" where at once. */
export function fillsText(progress: FillProgress | null, fills: number): string {
  const { fill, batch } = progress ?? { fill: 0, batch: 1 };
  const first = number(fill + 1);
  return batch === 1
    ? msg(str`Fill ${first} of ${number(fills)}`)
    : msg(str`Fills ${first} to ${number(fill + batch)} of ${number(fills)}`);
}

export function callsText({ nfe, nfeTotal }: FillProgress): string {
  return msg(str`${number(nfe)} of ${number(nfeTotal)} calls`);
}

/** Speed and time left, as measured by the worker. */
export function paceText({ msPerCall, remainingMs }: FillProgress): string {
  const pace = milliseconds(msPerCall);
  if (remainingMs === null) return msg(str`${pace} a call`);
  return msg(str`${pace} a call, ${duration(remainingMs)} left`);
}

/** What a fill of a region would do, as far as that is known. Pure. */
import { planFill } from '../../fill/plan.js';
import { growReach } from '../../image/coverage.js';
import { widen } from '../../image/geometry.js';
import type { FillPlan, FillSettings } from '../../protocol/fill.js';
import type { Problem } from '../problem.js';
import type { Region } from '../selection/region.js';
import { settingsFor, type Choices } from './choices.js';
import type { ModelState } from './model-link.js';

export type PlanState =
  | { readonly kind: 'none' }
  | { readonly kind: 'planned'; readonly plan: FillPlan; readonly settings: FillSettings }
  | { readonly kind: 'refused'; readonly problem: Problem };

/** Plans a fill; there is no plan before region and model are known. */
export function planState(region: Region | null, choices: Choices, model: ModelState): PlanState {
  if (!region || model.kind !== 'ready') return { kind: 'none' };
  const settings = settingsFor(choices, model.card);
  try {
    const { raster: imageSize } = region;
    const maskBounds = widen(region.maskBounds, growReach(settings.growPx), imageSize);
    const selection = region.coverage(maskBounds, settings.growPx);
    const plan = planFill({ imageSize, maskBounds, selection, card: model.card, settings });
    return { kind: 'planned', plan, settings };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', problem: { code: 'settingsRefused', detail } };
  }
}

/** Returns `planState` that keeps its last answer: each progress message asks several times. */
export function planner(): typeof planState {
  let last: Parameters<typeof planState> | null = null;
  let planned: PlanState;
  return (...given) => {
    if (!last?.every((part, i) => part === given[i])) planned = planState(...given);
    last = given;
    return planned;
  };
}

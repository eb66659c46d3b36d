/** What a fill of a region would do, as far as that is known. Pure. */
import { firstPhotoPace } from '../../fill/cost.js';
import { planFill } from '../../fill/plan.js';
import { growReach } from '../../image/coverage.js';
import { widen } from '../../image/geometry.js';
import type { FillPlan, FillSettings } from '../../protocol/fill.js';
import type { Problem } from '../problem.js';
import { isExpanded } from '../selection/expansion.js';
import type { Region } from '../selection/region.js';
import { presetNames } from '../../protocol/presets.js';
import { settingsFor, type Choices, type PresetChoice } from './choices.js';
import { estimateMs } from './estimate.js';
import type { ModelState } from './model-link.js';

export type PlanState =
  | { readonly kind: 'none' }
  | { readonly kind: 'planned'; readonly plan: FillPlan; readonly settings: FillSettings }
  | { readonly kind: 'refused'; readonly problem: Problem };

/** Plans a fill; there is no plan before the region is known, and the model where one takes part. */
export function planState(
  region: Region | null,
  choices: Choices,
  model: ModelState,
  strength = 1,
): PlanState {
  const card = model.kind === 'ready' ? model.card : null;
  if (!region || (!card && choices.prior !== 'photo')) return { kind: 'none' };
  const chosen = settingsFor(choices, card);
  // What lies past the photo's edge is transparent so far.
  const settings = isExpanded(region) ? { ...chosen, fillTransparent: true } : chosen;
  try {
    const { raster: imageSize } = region;
    const maskBounds = widen(region.maskBounds, growReach(settings.growPx), imageSize);
    const selection = region.coverage(maskBounds, settings.growPx);
    const plan = planFill({ imageSize, maskBounds, selection, card, settings, strength });
    return { kind: 'planned', plan, settings };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', problem: { code: 'settingsRefused', detail } };
  }
}

/** Milliseconds for all fills, by preset. */
export type PresetTimes = Partial<Record<PresetChoice, number>>;

/** Returns how long each preset would take for the region, as far as it can be planned. */
export function presetTimes(
  region: Region | null,
  choices: Choices,
  model: ModelState,
  photoPace: number = firstPhotoPace,
): PresetTimes {
  const times: PresetTimes = {};
  const ready = model.kind === 'ready' ? model : null;
  for (const preset of presetNames) {
    const planned = planState(region, { ...choices, preset }, model);
    if (planned.kind === 'planned')
      times[preset] = estimateMs(planned.plan, choices.fills, ready, photoPace);
  }
  return times;
}

/** Returns the plan's function so that it keeps its last answer: each progress message asks several times. */
export function planner<Given extends unknown[], T>(plan: (...given: Given) => T): typeof plan {
  let last: Given | null = null;
  let planned: T;
  return (...given) => {
    if (!last?.every((part, i) => part === given[i])) planned = plan(...given);
    last = given;
    return planned;
  };
}

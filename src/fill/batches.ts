/** How many fills of a request are made at once, level by level. */
import { callsPerStep } from '../core/guidance.js';
import type { BatchQuestion, FillPlan, FillRequest, FillSettings } from '../protocol/fill.js';
import type { ModelCard } from '../protocol/model-card.js';
import { guidanceFor } from './plan.js';
import type { FillRuntime } from './runtime.js';

/** What the runtime is asked for each level of a plan. */
export function batchQuestions(
  plan: FillPlan,
  settings: FillSettings,
  fills: number,
  card: ModelCard,
): BatchQuestion[] {
  const calls = callsPerStep(guidanceFor(settings, card, 1));
  return plan.levels.map(({ width, height, nfe }) => ({
    shape: [1, card.network.channels, height, width],
    callsPerStep: calls,
    fills,
    nfe: nfe * fills,
  }));
}

/** Returns: the batch size of each level, 1 to the number of fills. */
export async function chooseBatches(
  { plan, settings, seeds }: FillRequest,
  runtime: FillRuntime,
): Promise<number[]> {
  const batches: number[] = [];
  for (const question of batchQuestions(plan, settings, seeds.length, runtime.card)) {
    const batch = seeds.length > 1 ? await runtime.chooseBatch(question) : 1;
    batches.push(Math.max(1, Math.min(batch, seeds.length)));
  }
  return batches;
}

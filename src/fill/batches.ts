/** How many fills of a request are made at once, level by level. */
import { callsPerStep } from '../core/guidance.js';
import type { BatchQuestion, FillPlan, FillRequest, FillSettings } from '../protocol/fill.js';
import type { ModelCard } from '../protocol/model-card.js';
import { guidanceFor, modelOf } from './plan.js';
import type { FillRuntime } from './runtime.js';

/** What the runtime is asked for each level of a plan; null for the photo's own, made one by one. */
export function batchQuestions(
  plan: FillPlan,
  settings: FillSettings,
  fills: number,
  card: ModelCard | null,
): (BatchQuestion | null)[] {
  return plan.levels.map(({ network, width, height, nfe }) => {
    if (network !== 'model') return null;
    const model = modelOf(card);
    return {
      shape: [1, model.network.channels, height, width],
      callsPerStep: callsPerStep(guidanceFor(settings, model, 1)),
      fills,
      nfe: nfe * fills,
    };
  });
}

/** Returns: the batch size of each level, 1 to the number of fills. */
export async function chooseBatches(
  { plan, settings, seeds }: FillRequest,
  runtime: FillRuntime,
): Promise<number[]> {
  const batches: number[] = [];
  for (const question of batchQuestions(plan, settings, seeds.length, runtime.card)) {
    const batch = question && seeds.length > 1 ? await runtime.chooseBatch(question) : 1;
    batches.push(Math.max(1, Math.min(batch, seeds.length)));
  }
  return batches;
}

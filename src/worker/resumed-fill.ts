/** The events of a request that may go on from a checkpoint, counted over the whole request. */
import { runFill } from '../fill/run.js';
import type { FillEvent } from '../fill/run.js';
import type { FillRequest } from '../protocol/fill.js';
import type { FillCheckpoint } from '../protocol/worker-api.js';
import type { CheckpointRuntime } from './checkpoint-runtime.js';

/**
 * Walks the fills that are not finished yet. Calls made before the checkpoint are not reported.
 * Throws: what runFill throws.
 */
export async function* resumedFill(
  request: FillRequest,
  runtime: CheckpointRuntime,
  resume: FillCheckpoint | null,
): AsyncGenerator<FillEvent, void, void> {
  const finished = resume?.fill ?? 0;
  const { plan, seeds } = request;
  const rest = { ...request, seeds: seeds.slice(finished) };
  for await (const event of runFill(rest, runtime)) {
    const fill = event.fill + finished;
    if (event.kind === 'filled') yield { ...event, fill };
    else if (!runtime.isReplaying) {
      const nfe = event.nfe + finished * plan.nfe;
      const preview = async () => (await runtime.preview()) ?? event.preview();
      yield { ...event, fill, nfe, nfeTotal: seeds.length * plan.nfe, preview };
    }
  }
}

/** The events of a request that may go on from a checkpoint: only what is news. */
import { runFill } from '../fill/run.js';
import type { FillEvent } from '../fill/run.js';
import type { FillRequest } from '../protocol/fill.js';
import type { FillCheckpoint } from '../protocol/worker-api.js';
import type { CheckpointRuntime } from './checkpoint-runtime.js';

/**
 * Walks the fills that are not finished yet, in the checkpoint's groups. Calls made and fills
 * finished before the checkpoint are not reported.
 * Throws: what runFill throws.
 */
export async function* resumedFill(
  request: FillRequest,
  runtime: CheckpointRuntime,
  resume: FillCheckpoint | null,
): AsyncGenerator<FillEvent, void, void> {
  for await (const event of runFill(request, runtime, resume?.group ?? null)) {
    if (runtime.isReplaying) continue;
    if (event.kind === 'filled') yield event;
    else {
      const preview = async () => (await runtime.preview()) ?? event.preview();
      yield { ...event, preview };
    }
  }
}

/** Progress that is told now and then: messages cost more than the work between two of them. */
import type { AddModelProgress } from '../protocol/model-shelf-api.js';

/** Lets the first and the last of each stage through, and one each `everyMs` between them. */
export function throttled(
  tell: (progress: AddModelProgress) => void,
  everyMs: number,
): (progress: AddModelProgress) => void {
  let stage: string | null = null;
  let toldAt = -Infinity;
  return (progress) => {
    const now = performance.now();
    const isNews = progress.stage !== stage || progress.done === progress.total;
    if (!isNews && now - toldAt < everyMs) return;
    stage = progress.stage;
    toldAt = now;
    tell(progress);
  };
}

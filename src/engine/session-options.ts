/** How onnxruntime-node is asked to use the processor: the same for fills, tests and benchmarks. */
import type { InferenceSession } from 'onnxruntime-node';

/**
 * How long an idle thread spins before it sleeps. Long enough to bridge two operators, short enough
 * to leave busy cores alone: at 64 px a call takes 9.4 ms instead of 10.7 without spinning, and on a
 * busy machine as long as without, where ONNX Runtime's own second of spinning doubles it.
 */
export const spinMicroseconds = 20;

/** `spin` null: threads sleep at once. */
export function sessionOptions(
  threads: number,
  spin: number | null = spinMicroseconds,
): InferenceSession.SessionOptions {
  const spinning =
    spin === null
      ? { allow_spinning: '0' }
      : { allow_spinning: '1', spin_duration_us: String(spin) };
  return { intraOpNumThreads: threads, extra: { session: { intra_op: spinning } } };
}

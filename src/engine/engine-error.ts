/** Turns what ONNX Runtime and WebGPU throw into the product's failure codes. */
import { RepaintError, type FailureCode } from '../protocol/failure.js';

const patterns: readonly (readonly [RegExp, FailureCode])[] = [
  [/device.*lost|lost.*device|MapAsyncStatus|^Aborted\(/i, 'deviceLost'],
  [
    /bad_alloc|out of memory|array buffer allocation|failed to allocate|memory\.grow|max\w* (storage )?buffer (binding )?size/i,
    'outOfMemory',
  ],
  [/invalid dimensions|invalid rank|unexpected input|missing input|invalid feed/i, 'modelShape'],
];

function codeOf(message: string): FailureCode {
  return patterns.find(([pattern]) => pattern.test(message))?.[1] ?? 'internal';
}

/** Wraps any thrown value; a RepaintError passes through. `what` names the step that failed. */
export function toEngineError(error: unknown, what: string): RepaintError {
  if (error instanceof RepaintError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new RepaintError(codeOf(message), `${what}: ${message}`, { cause: error });
}

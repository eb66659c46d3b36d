/** Errors that WebGPU only reports: an allocation that failed, a command that was refused. */
import { RepaintError } from '../../protocol/failure.js';

/**
 * Runs a task and throws what the device reported meanwhile.
 * Throws: RepaintError outOfMemory for what was reported; what the task throws.
 */
export async function inErrorScopes<T>(
  device: GPUDevice,
  filters: readonly GPUErrorFilter[],
  task: () => Promise<T>,
): Promise<T> {
  filters.forEach((filter) => device.pushErrorScope(filter));
  let errors: readonly (GPUError | null)[];
  let result: T;
  try {
    result = await task();
  } finally {
    // A lost device has its own way of being told.
    const popped = filters.map(() => device.popErrorScope().catch(() => null));
    errors = await Promise.all(popped);
  }
  const reported = errors.find((error) => error !== null);
  if (!reported) return result;
  const message = `The GPU has no room for this, or refused it: ${reported.message}`;
  throw new RepaintError('outOfMemory', message, { cause: reported });
}

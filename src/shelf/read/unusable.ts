/** Failures of an import as the codes that the panel and the command line turn into advice. */
import { CheckpointError, plainText } from '../../checkpoint/checkpoint.js';
import { RepaintError } from '../../protocol/failure.js';

/** `sentence`: what was expected, what came, what to do. */
export function unusable(sentence: string, cause?: unknown): RepaintError {
  return new RepaintError('modelUnusable', plainText(sentence), { cause });
}

/** Makes a sentence of a message that another room wrote for its callers. */
function asSentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What engines say when they cannot get memory: as RangeErrors too. */
const memoryWords = /allocation failed|invalid (typed )?array (buffer )?length|out of memory/i;

/** Turns what checkpoints and configs are refused with into `modelUnusable`; passes on the rest. */
export function asImportError(error: unknown): unknown {
  if (error instanceof CheckpointError) return unusable(asSentence(error.message), error);
  if (!(error instanceof RangeError)) return error;
  if (!memoryWords.test(error.message)) return unusable(asSentence(error.message), error);
  const sentence = 'There is not enough memory to convert the model; close other programs.';
  return new RepaintError('outOfMemory', sentence, { cause: error });
}

/** Runs `action`; throws `asImportError` of what it throws. */
export async function orUnusable<T>(action: () => Promise<T> | T): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asImportError(error);
  }
}

/** Anything with AbortSignal's flag. */
export interface CancelSignal {
  readonly aborted: boolean;
}

/** Throws: RepaintError cancelled. */
export function expectNotCancelled(signal: CancelSignal | undefined): void {
  if (signal?.aborted) throw new RepaintError('cancelled', 'Adding the model was cancelled.');
}

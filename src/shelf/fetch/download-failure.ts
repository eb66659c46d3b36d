/** What a download says when it fails, and which of several failures is worth saying. */
import { RepaintError } from '../../protocol/failure.js';
import { BusyError } from './request.js';

/** A connection that broke, stalled, or was never made: worth another attempt. */
export class BrokenError extends Error {
  constructor(
    readonly url: string,
    /** False when the server never answered. */
    readonly isAnswered: boolean,
    cause?: unknown,
  ) {
    super(`${url} broke off`, { cause });
  }
}

export function cancelled(): RepaintError {
  return new RepaintError('cancelled', 'The download was cancelled; what has come is kept.');
}

/** The same address may do better after a pause. */
export function isPassing(error: unknown): boolean {
  return error instanceof BrokenError || error instanceof BusyError;
}

/** Another address may have what this one has not. */
export function isWorthAnotherAddress(error: unknown): boolean {
  const isRefused =
    error instanceof RepaintError && ['modelFetch', 'modelHash'].includes(error.code);
  return isRefused || error instanceof BrokenError;
}

/** True, false, or unknown in runtimes that do not watch the network. */
function isOffline(): boolean {
  const { navigator } = globalThis as { readonly navigator?: { readonly onLine?: boolean } };
  return navigator?.onLine === false;
}

function brokenSentence({ url, isAnswered }: BrokenError, bytes: number, total: number | null) {
  if (isOffline()) {
    return `This machine is offline: connect it and try again. The ${bytes} bytes that have come are kept.`;
  }
  // What sent bytes before does not forbid them now.
  if (isAnswered || bytes > 0) {
    return `${url} broke off after ${bytes} of ${total ?? 'an unknown number of'} bytes. What has come is kept: check the connection and try again to go on.`;
  }
  return `${url} could not be reached: check the address and the connection. A server may also forbid pages like this one to read its files (CORS): then download the file yourself and add it from this machine.`;
}

/**
 * What to tell of the failures of all addresses, in their order: a connection that broke with
 * bytes to go on with, else the first answer, else that nobody answered.
 */
export function mostTelling(
  failures: readonly unknown[],
  keptBytes: number,
  totalBytes: number | null,
): unknown {
  const broken = failures.filter((error) => error instanceof BrokenError);
  const answer = failures.find((error) => !(error instanceof BrokenError));
  const isToGoOn = keptBytes > 0 && broken.length > 0;
  if (answer !== undefined && !isToGoOn) return answer;
  const told = broken.filter(({ isAnswered }) => isAnswered).at(-1) ?? broken[0];
  const sentence = brokenSentence(told, keptBytes, totalBytes);
  return new RepaintError('modelFetch', sentence, { cause: told.cause });
}

/** Every way the product can fail, as a code; the panel and the command line turn it into words. */
export const failureCodes = [
  'noWebGpu',
  'deviceLost',
  'outOfMemory',
  'modelFetch',
  'networkGone',
  'modelHash',
  'modelShape',
  'modelUnusable',
  'modelUnknown',
  'modelChanged',
  'selfTestFailed',
  'storageFull',
  'cancelled',
  'nonFinite',
  'badRequest',
  'internal',
] as const;
export type FailureCode = (typeof failureCodes)[number];

/** An error with a code. `message` is one sentence: what was expected, what came, what to do. */
export class RepaintError extends Error {
  override readonly name = 'RepaintError';
  constructor(
    readonly code: FailureCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message);
    if (options?.cause !== undefined) this.cause = options.cause;
  }
  declare cause?: unknown;
}

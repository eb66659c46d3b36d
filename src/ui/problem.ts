/** Everything the panel may have to tell the user, as a code. `text/problems.ts` has the words. */
import type { FailureCode } from '../protocol/failure.js';
import type { SelectionProblem } from '../protocol/sandbox-api.js';

/** Found by the panel itself. */
export const panelProblems = [
  'regionEmpty',
  'regionCoversEverything',
  'imageTooSmall',
  'imageTooLarge',
  'expandedTooLarge',
  'imageUnreadable',
  'imageKindUnreadable',
  'imageCutOff',
  'pixelsRefused',
  'settingsRefused',
  'sandboxSilent',
  'sandboxStale',
  'workerCrashed',
  'workerSilent',
  'panelClosed',
  'progressDamaged',
  'leftDamaged',
  'fillLeft',
  'targetGone',
  'otherPage',
  'targetChanged',
  'layerNotAdded',
  'fillPixelsGone',
  'shelfCrashed',
  'shelfFailed',
] as const;

export const selectionProblems = [
  'noSelection',
  'shapesWithoutImage',
  'imageWithoutShapes',
  'regionOutsideImage',
  'severalImages',
  'unsupportedMedia',
  'fillSelected',
] as const satisfies readonly SelectionProblem[];

export type ProblemCode = (typeof panelProblems)[number] | SelectionProblem | FailureCode;

/** A code with the technical sentence that came with it, if one did. */
export interface Problem {
  readonly code: ProblemCode;
  readonly detail?: string;
}

/** Carries a problem through a rejection. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(
    readonly code: ProblemCode,
    readonly detail?: string,
  ) {
    super(detail ?? code);
  }
}

/** Turns any rejection into a problem; what is no `ProblemError` gets the code given. */
export function problemOf(error: unknown, otherwise: ProblemCode): Problem {
  if (error instanceof ProblemError) return { code: error.code, detail: error.detail };
  return { code: otherwise, detail: error instanceof Error ? error.message : String(error) };
}

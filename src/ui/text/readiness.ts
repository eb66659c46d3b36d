/** Why the button is not enabled yet, or that it is. */
import { msg, str } from '../host/localisation.js';
import type { Session } from '../session.js';
import { megabytes } from './format.js';
import { problemText } from './problems.js';

/** Returns the reason the button is disabled, null when it is enabled. */
export function notReadyReason({ selection, model, plan }: Session): string | null {
  const { state } = model;
  if (state.kind === 'failed') return msg('The model is not loaded.');
  if (selection.state.kind === 'problem') {
    return msg('Mark a region of a photo first.');
  }
  if (selection.state.kind === 'reading') return msg('Reading the selection …');
  if (state.kind === 'loading') {
    if (state.totalBytes === 0 || state.loadedBytes >= state.totalBytes) {
      return msg('Preparing the model …');
    }
    const { loadedBytes, totalBytes } = state;
    return msg(str`Loading the model: ${megabytes(loadedBytes)} of ${megabytes(totalBytes)}`);
  }
  return plan.kind === 'refused' ? problemText(plan.problem).sentence : null;
}

/** Why the button is not enabled yet, or that it is. */
import { needsClass } from '../fill/choices.js';
import type { ModelLink } from '../fill/model-link.js';
import { msg, str } from '../host/localisation.js';
import type { Session } from '../session.js';
import { megabytes } from './format.js';
import { problemText } from './problems.js';

/** Returns why model and backend cannot be changed now; empty when they can. */
export function busyReason({ queue }: Session): string {
  if (queue.jobs.length === 0) return '';
  return queue.jobs.length === queue.interrupted.length
    ? msg('Continue or dismiss the fill that stopped first.')
    : msg('Can be changed when no fill is running.');
}

/** How far the model's loading is; empty when it is loaded. */
export function loadingText({ state }: ModelLink): string {
  if (state.kind === 'ready') return '';
  if (state.kind === 'failed') return msg('The model is not loaded.');
  if (state.kind === 'unloaded') return msg('Preparing the model …');
  const { loadedBytes, totalBytes } = state;
  return totalBytes === 0 || loadedBytes >= totalBytes
    ? msg('Preparing the model …')
    : msg(str`Loading the model: ${megabytes(loadedBytes)} of ${megabytes(totalBytes)}`);
}

/** Returns the reason the button is disabled, null when it is enabled. */
export function notReadyReason(session: Session): string | null {
  const { selection, model, plan, choices } = session;
  const { state } = model;
  const needsModel = choices.prior !== 'photo';
  if (needsModel && state.kind === 'failed') return msg('The model is not loaded.');
  if (selection.state.kind === 'problem') {
    return problemText(selection.state.problem).sentence;
  }
  if (selection.state.kind === 'reading') return msg('Reading the selection …');
  if (needsModel && state.kind !== 'ready') return loadingText(model);
  const card = needsModel && state.kind === 'ready' ? state.card : null;
  if (card && needsClass(card) && choices.classLabel === null) {
    return msg('This model needs to know what should grow here.');
  }
  if (session.isBeingFilled) return msg('This region is being filled.');
  return plan.kind === 'refused' ? problemText(plan.problem).sentence : null;
}

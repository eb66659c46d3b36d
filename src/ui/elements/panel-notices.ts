/** Everything the user should know or decide right now, below the button. */
import { html, nothing, type TemplateResult } from 'lit';
import '@spectrum-web-components/button/sp-button.js';
import './notice.js';
import type { Notice } from './notice.js';
import type { FillJob } from '../fill/fill-queue.js';
import type { NewLayer } from '../../protocol/sandbox-api.js';
import type { FillGallery, StrandedFill } from '../gallery/fill-gallery.js';
import { msg, str } from '../host/localisation.js';
import type { Problem } from '../problem.js';
import type { Session } from '../session.js';
import { goOnText } from '../text/plan-text.js';
import { smallButton } from './small-button.js';
import { problemText, type ProblemPlace, type ProblemText } from '../text/problems.js';
import { CancelEvent, ResumeEvent } from './job-events.js';

type Actions = TemplateResult | typeof nothing;

/** What a closed panel has left is no failure. */
const isOffer = ({ code }: Problem) => code === 'panelClosed' || code === 'fillLeft';

function problemNotice(
  problem: Problem,
  actions: Actions = nothing,
  place: ProblemPlace = 'fill',
): TemplateResult {
  const { sentence, nextStep } = problemText(problem, place);
  const variant = isOffer(problem) ? 'info' : 'error';
  return html`<repaint-notice data-testid="problem" data-code=${problem.code} variant=${variant}
    ><span slot="sentence">${sentence}</span>
    <span>${nextStep}</span>
    ${problem.detail ? html`<span slot="detail">${problem.detail}</span>` : nothing}
    ${actions}</repaint-notice
  >`;
}

function modelProblem(session: Session): Actions {
  const { state } = session.model;
  if (state.kind !== 'failed') return nothing;
  const { model } = session.choices;
  const actions = html`
    ${smallButton('retry-model', msg('Try again'), () => session.restartModel())}
    ${
      model && session.queue.jobs.length === 0
        ? smallButton('use-shipped', msg('Use the add-on’s own model'), () =>
            session.useModel(null),
          )
        : nothing
    }
  `;
  return problemNotice(state.problem, actions, model ? 'addedModel' : 'fill');
}

function conditionNotice(
  testId: string,
  variant: Notice['variant'],
  text: ProblemText,
  onClose: (() => void) | null = null,
) {
  return html`<repaint-notice
    data-testid=${testId}
    variant=${variant}
    ?closable=${onClose !== null}
    @repaint-close=${() => onClose?.()}
    ><span slot="sentence">${text.sentence}</span> <span>${text.nextStep}</span></repaint-notice
  >`;
}

/** What holds for the whole visit is said until it is closed, then no more. */
function closableNotice(
  session: Session,
  name: string,
  variant: Notice['variant'],
  text: ProblemText,
): Actions {
  if (session.closedNotices.includes(name)) return nothing;
  return conditionNotice(name, variant, text, () => session.closeNotice(name));
}

/** Said plainly wherever the processor stands in for the graphics processor. */
function slowNotice(session: Session): Actions {
  const { state } = session.model;
  if (state.kind !== 'ready' || state.device.backend === 'webgpu') return nothing;
  const wasChosen = state.device.fallbackReason === null;
  return closableNotice(session, 'slow-fallback', 'warning', {
    sentence: wasChosen
      ? msg('Fills run on the processor, as chosen under Advanced.')
      : msg('WebGPU is not available here, so fills run on the processor.'),
    nextStep: msg('That is many times slower; the time above is the estimate for it.'),
  });
}

function storageNotice(session: Session): Actions {
  const { journal, model } = session;
  const keepsModel = model.state.kind !== 'ready' || model.state.device.storage !== 'memory';
  if (keepsModel && journal.isKept) return nothing;
  return closableNotice(session, 'storage-refused', 'info', {
    sentence: msg('This browser refuses storage to the add-on.'),
    nextStep: journal.isKept
      ? msg('Everything works, but the model is loaded anew each time.')
      : msg(
          'Everything works, but a fill is lost if the panel is closed before it is finished. Finished fills go onto the page at once.',
        ),
  });
}

/** What the journal cannot do for the fills of this visit. */
function journalNotice({ journal, turn }: Session): Actions {
  if (turn.isWaiting) {
    return conditionNotice('other-window', 'info', {
      sentence: msg('Another window of this add-on is filling.'),
      nextStep: msg('This fill starts as soon as that one is done.'),
    });
  }
  if (journal.isFull) {
    return conditionNotice('journal-full', 'warning', {
      sentence: msg('There is no room to write this fill down.'),
      nextStep: msg('It goes on, but is lost if the panel is closed before it is finished.'),
    });
  }
  if (journal.elsewhere === 0) return nothing;
  return conditionNotice('other-window', 'info', {
    sentence: msg('Another window of this add-on has fills that are not finished.'),
    nextStep: msg('They go on there. If it is closed, they are offered here.'),
  });
}

function interruptedNotice(job: FillJob): Actions {
  if (!job.problem) return nothing;
  return problemNotice(
    job.problem,
    html`
      ${smallButton('resume', goOnText(job), (event) =>
        event.target?.dispatchEvent(new ResumeEvent(job.id)),
      )}
      ${smallButton('dismiss', msg('Discard'), (event) =>
        event.target?.dispatchEvent(new CancelEvent(job.id)),
      )}
    `,
  );
}

function damagedNotice({ journal }: Session): Actions {
  if (!journal.hasDamaged) return nothing;
  const discard = () => journal.discardDamaged();
  const problem = { code: 'leftDamaged' } as const;
  return problemNotice(problem, smallButton('drop-damaged', msg('Discard'), discard));
}

/** A fill without a place waits here, however long; its file can be had without the document. */
function strandedNotice({ id, layer, problem }: StrandedFill, gallery: FillGallery): Actions {
  const canTryAgain = problem.code !== 'targetGone' && problem.code !== 'targetChanged';
  const place = () => void gallery.place(id, 'topOfPage');
  const again = problem.code === 'fillLeft' ? msg('Add it') : msg('Try again');
  return problemNotice(
    problem,
    html`
      ${canTryAgain ? smallButton('add-stranded', again, () => void gallery.place(id)) : nothing}
      ${smallButton('place-stranded', msg('Place on this page'), place)}
      ${smallButton('download-stranded', msg('Download PNG'), () => download(layer))}
      ${smallButton('drop-stranded', msg('Discard'), () => gallery.discard(id))}
    `,
  );
}

function download({ png, record }: NewLayer): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(png);
  link.download = `fill-${record.seed}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A remembered model that is gone is no failure: another one fills in its place. */
function lostModelNotice(session: Session): Actions {
  const { lostModel } = session;
  if (lostModel === null) return nothing;
  return closableNotice(session, 'lost-model', 'warning', {
    sentence: msg(str`The model ${lostModel} is not on this machine any more.`),
    nextStep: msg('Fills use the add-on’s own model; add the other again under Models.'),
  });
}

/** Renders what went wrong and what can be done, most pressing first. */
export function renderProblems(session: Session): TemplateResult {
  const { queue, gallery, plan } = session;
  return html`
    ${session.hostProblem ? problemNotice(session.hostProblem) : nothing}
    ${gallery.stranded.map((fill) => strandedNotice(fill, gallery))}
    ${queue.interrupted.map(interruptedNotice)} ${damagedNotice(session)}
    ${gallery.problem ? problemNotice(gallery.problem) : nothing}
    ${plan.kind === 'refused' ? problemNotice(plan.problem) : nothing} ${modelProblem(session)}
  `;
}

/** Renders what holds throughout the visit: a slow device, refused storage. */
export function renderConditions(session: Session): TemplateResult {
  return html`${lostModelNotice(session)} ${slowNotice(session)} ${storageNotice(session)}
  ${journalNotice(session)}`;
}

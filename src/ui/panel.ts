/** `<repaint-panel>`: the whole panel, from the selection down to the advanced section. */
import { LitElement, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { compose, invert, mapBounds } from '../image/geometry.js';
import { defaultModelId, type ModelCard } from '../protocol/model-card.js';
import { settingsOf } from './fill/choices.js';
import type { FillJob } from './fill/fill-queue.js';
import '@spectrum-web-components/button/sp-button.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-lock-closed.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-magic-wand.js';
import '@spectrum-web-components/theme/sp-theme.js';
import '@spectrum-web-components/theme/express/scale-medium.js';
import '@spectrum-web-components/theme/express/theme-light.js';
import './elements/main-choices.js';
import './elements/model-row.js';
import './elements/notice.js';
import './elements/selection-card.js';
import type { ChooseEvent } from './elements/choose-event.js';
import type {
  DeleteEvent,
  KeepEvent,
  MoreLikeEvent,
  ShowEvent,
  StarEvent,
} from './elements/gallery-events.js';
import type { CancelEvent, ResumeEvent } from './elements/job-events.js';
import type {
  ManageModelsEvent,
  RemoveModelEvent,
  UseModelEvent,
} from './elements/model-events.js';
import { KeepFocus } from './elements/keep-focus.js';
import type { RecipeEvent } from './elements/recipe.js';
import type { SetEvent } from './elements/set-actions.js';
import { smallButton } from './elements/small-button.js';
import { shared } from './elements/styles.js';
import type { FillSet } from './gallery/fill-sets.js';
import { getLocale, localized, msg, speak, str } from './host/localisation.js';
import type { HostLook } from './host/look.js';
import { Watching } from './observed.js';
import { panelStyles } from './panel.styles.js';
import type { SelectionState } from './selection/selection-watch.js';
import type { Session } from './session.js';
import { Announcer } from './text/announcer.js';
import { listed } from './text/format.js';
import { levelLines, planSummary, queuedText } from './text/plan-text.js';
import { renderConditions, renderProblems } from './elements/panel-notices.js';
import { addingText } from './text/model-text.js';
import { busyReason, notReadyReason } from './text/readiness.js';

/** A file dropped beside the drop zone would otherwise be opened in place of the panel. */
const keepPage = (event: Event) => event.preventDefault();

@localized()
@customElement('repaint-panel')
export class RepaintPanel extends LitElement {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) look!: HostLook;
  /** What a screen reader is told, not more often than it can be listened to. */
  @state() private _spoken = '';
  /** The models are shown in place of the rest, which stays as it is. */
  @state() private _isManaging = false;
  /** The region whose first fill is waited for. */
  private _awaited: string | null = null;
  private readonly _announcer = new Announcer((text) => (this._spoken = text));

  static override styles = [shared, panelStyles];

  constructor() {
    super();
    new Watching(this, () => this.session);
    new Watching(this, () => this.look);
    new KeepFocus(this, ['[data-testid=generate]', 'repaint-progress-card', 'repaint-model-row']);
  }

  override firstUpdated(): void {
    // For whoever measures how long a panel takes to open; `interactive` comes in index.ts.
    performance.mark('shown');
    void import('./elements/later.js');
  }

  override willUpdate(): void {
    void speak(this.look.locale);
    this._announcer.tell(this.session);
  }

  override updated(): void {
    const { region, gallery, isBeingFilled } = this.session;
    const hasFills = gallery.sets.some(({ regionId }) => regionId === region?.id);
    if (!hasFills) this._awaited = isBeingFilled && region ? region.id : null;
    else if (this._awaited === region?.id) {
      this._awaited = null;
      void this._showFills();
    }
  }

  /** Who waited on a small screen sees what came; who marks meanwhile is let alone. */
  private async _showFills(): Promise<void> {
    if (this.shadowRoot?.activeElement?.localName === 'repaint-selection-card') return;
    const gallery = this.renderRoot.querySelector<LitElement>('repaint-fill-gallery');
    await gallery?.updateComplete;
    const dock = this.renderRoot.querySelector('.dock');
    if (!gallery || !dock) return;
    const { top, bottom } = gallery.getBoundingClientRect();
    const isSeen = top >= 0 && bottom <= dock.getBoundingClientRect().top;
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (!isSeen) gallery.scrollIntoView({ block: 'start', behavior: isStill ? 'auto' : 'smooth' });
  }

  override render() {
    return html`<sp-theme
      system="express"
      color=${this.look.colour}
      scale="medium"
      @dragover=${keepPage}
      @drop=${keepPage}
      @repaint-manage-models=${(event: ManageModelsEvent) => this._manage(event.isOpen)}
    >
      ${this._filling()} ${this._isManaging ? this._models() : nothing}
      <div class="spoken" role="status" aria-live="polite">${this._spoken}</div>
    </sp-theme>`;
  }

  private _filling() {
    const { session } = this;
    const { model, choices, queue, gallery } = session;
    const card = model.state.kind === 'ready' ? model.state.card : null;
    const isMarked = (set: FillSet) => set.regionId === session.region?.id;
    const [marked, others] = [
      gallery.sets.filter(isMarked),
      gallery.sets.filter((set) => !isMarked(set)),
    ];
    return html`
      <main
        ?hidden=${this._isManaging}
        @repaint-choose=${(event: ChooseEvent) => session.choose(event.choices)}
        @repaint-cancel=${(event: CancelEvent) => queue.cancel(event.jobId)}
        @repaint-resume=${(event: ResumeEvent) => session.resume(event.jobId)}
        @repaint-show=${(event: ShowEvent) => gallery.show(event.regionId, event.layerId)}
        @repaint-keep=${(event: KeepEvent) => gallery.keep(event.regionId, event.layerId)}
        @repaint-delete=${(event: DeleteEvent) => gallery.remove(event.regionId, event.layerId)}
        @repaint-set=${(event: SetEvent) => event.ask(gallery)}
        @repaint-again=${() => session.fillAgain()}
        @repaint-star=${(event: StarEvent) => gallery.star(event.fill)}
        @repaint-more-like=${(event: MoreLikeEvent) => session.moreLike(event.fill, event.strength)}
        @repaint-recipe=${(event: RecipeEvent) => event.ask(session)}
        @repaint-marked=${() => session.selection.marked()}
      >
        <h1 class="spoken">RePaint Fill</h1>
        ${this._selection()} ${renderProblems(session)} ${marked.map((set) => this._set(set))}
        ${this._inLocale(
          html`<repaint-main-choices
              .choices=${choices}
              .card=${card}
              .times=${session.times}
            ></repaint-main-choices>
            <repaint-edge-settings .choices=${choices}></repaint-edge-settings>`,
        )}
        ${this._modelRow(card)} ${others.map((set) => this._set(set))} ${renderConditions(session)}
        ${this._inLocale(this._history())} ${this._inLocale(this._advanced())} ${this._help()}
        ${this._privacy()} ${this._dock()}
      </main>
    `;
  }

  private _selection() {
    const { selection, queue, choices } = this.session;
    const { growPx, featherPx } = settingsOf(choices);
    return html`<repaint-selection-card
      .state=${selection.state}
      .choices=${choices}
      .grow=${growPx}
      .feather=${featherPx}
      .preview=${queue.active ? previewOf(queue.active, selection.state) : null}
    ></repaint-selection-card>`;
  }

  private _modelRow(card: ModelCard | null) {
    const { choices, library } = this.session;
    const name =
      card?.name ?? choices.model?.name ?? library.shelf.card(defaultModelId)?.name ?? '';
    return html`<repaint-model-row
      .name=${name}
      .status=${addingText(library.adding.state)}
    ></repaint-model-row>`;
  }

  private _models() {
    const { session } = this;
    return html`<main
      @repaint-use-model=${(event: UseModelEvent) => session.useModel(event.modelId)}
      @repaint-remove-model=${(event: RemoveModelEvent) => session.removeModel(event.id)}
    >
      ${this._inLocale(html`<repaint-models-page .session=${session}></repaint-models-page>`)}
      ${this._privacy()}
    </main>`;
  }

  private _history() {
    const { history, gallery } = this.session;
    return html`<repaint-history .fills=${history.fills} .gallery=${gallery}></repaint-history>`;
  }

  private _help() {
    return this._inLocale(html`<repaint-help .session=${this.session}></repaint-help>`);
  }

  private _privacy() {
    return html`<p class="privacy quiet">
      <sp-icon-lock-closed size="s" aria-hidden="true"></sp-icon-lock-closed>
      ${msg('Nothing leaves this machine.')}
    </p>`;
  }

  /** Goes to the models or back; the focus goes along. */
  private async _manage(isOpen: boolean): Promise<void> {
    // Most visits never see it, so it is not part of the panel's start.
    if (isOpen) await import('./elements/models-page.js');
    this._isManaging = isOpen;
    if (isOpen) return void this.session.library.shelf.read();
    await this.updateComplete;
    this.renderRoot.querySelector('repaint-model-row')?.focus();
  }

  /** Field labels name their fields once, when they begin: a new language needs new ones. */
  private _inLocale(fields: TemplateResult) {
    return keyed(getLocale(), fields);
  }

  /** What is done next, always in sight: the button, or in its place the fill that runs. */
  private _dock() {
    const { active, waiting } = this.session.queue;
    return html`<div class="dock" role="region" aria-label=${msg('Fill')}>
      ${
        active
          ? html`<repaint-progress-card .job=${active}></repaint-progress-card>`
          : this._start()
      }
      ${waiting.map((job) => this._waiting(job))} ${active ? this._next() : nothing}
    </div>`;
  }

  private _waiting(job: FillJob) {
    return html`<div class="waiting" data-testid="queued">
      <span>${queuedText(job.seedsLeft.length)}</span>
      ${smallButton('cancel-queued', msg('Cancel'), () => this.session.queue.cancel(job.id))}
    </div>`;
  }

  /** Another region can be asked for while one is filled. */
  private _next() {
    const { session } = this;
    if (notReadyReason(session) !== null) return nothing;
    return smallButton('generate-next', msg('Fill this region next'), () => session.fill());
  }

  private _start() {
    const { session } = this;
    const reason = notReadyReason(session);
    return html`<div class="start">
      <sp-button
        data-testid="generate"
        variant="accent"
        size="l"
        ?disabled=${reason !== null}
        title=${reason ?? nothing}
        @click=${() => session.fill()}
      >
        <sp-icon-magic-wand slot="icon"></sp-icon-magic-wand>${msg('Generative fill')}
      </sp-button>
      <p class="quiet numbers" data-testid="plan">${reason ?? this._planText()}</p>
    </div>`;
  }

  private _planText(): string {
    const { plan, model, choices } = this.session;
    if (plan.kind !== 'planned') return '';
    const ready = model.state.kind === 'ready' ? model.state : null;
    const summary = planSummary(plan.plan, choices.fills, ready, this.session.photoPace);
    const { seed } = choices;
    return listed([summary, seed === null ? '' : msg(str`seed ${seed}`)]);
  }

  private _set(set: FillSet) {
    const { region } = this.session;
    const isMarked = region?.id === set.regionId;
    const reason = isMarked
      ? notReadyReason(this.session)
      : msg('Select this region’s shape first.');
    return html`<repaint-fill-gallery
      .fillSet=${set}
      .original=${set.original}
      .isMarked=${isMarked}
      .heading=${isMarked ? msg('Fills of this region') : msg('Fills of another region')}
      .againReason=${reason ?? ''}
    ></repaint-fill-gallery>`;
  }

  private _advanced() {
    const { plan, choices, model } = this.session;
    const { state } = model;
    return html`<repaint-advanced
      .choices=${choices}
      .levels=${plan.kind === 'planned' ? levelLines(plan.plan) : []}
      .maxSteps=${state.kind === 'ready' ? state.card.diffusion.numTrainTimesteps : 1000}
      .device=${state.kind === 'ready' ? state.device : null}
      .busyReason=${busyReason(this.session)}
    ></repaint-advanced>`;
  }
}

/** What is seen of a fill of the marked region, where it lies on the photo. */
function previewOf({ region, request, previews, progress }: FillJob, state: SelectionState) {
  const image = previews[progress?.fill ?? 0];
  const isMarked = state.kind === 'ready' && state.region.id === region.id;
  if (!image || !isMarked) return null;
  // The picture may have been expanded since, which moves its corner.
  const toNow = compose(invert(state.region.raster.pixelsToPage), region.raster.pixelsToPage);
  return { image, bounds: mapBounds(toNow, request.plan.contextBounds) };
}

declare global {
  interface HTMLElementTagNameMap {
    'repaint-panel': RepaintPanel;
  }
}

/** Adding a model, from where it comes from to the word that it is there. */
import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '@spectrum-web-components/progress-bar/sp-progress-bar.js';
import { originText } from '../../protocol/hub-address.js';
import type { ModelOrigin, ShelfModel } from '../../protocol/model-shelf-api.js';
import { localized, msg, str } from '../host/localisation.js';
import { isComplete, type AddingState, type ModelAdding } from '../models/model-adding.js';
import { suggestedModels, type SuggestedModel } from '../models/suggestions.js';
import { Watching } from '../observed.js';
import type { Problem } from '../problem.js';
import { fileSize, listed, size } from '../text/format.js';
import { fractionOf, stageText } from '../text/model-text.js';
import { problemText } from '../text/problems.js';
import { KeepFocus } from './keep-focus.js';
import { UseModelEvent } from './model-events.js';
import './model-form.js';
import './model-source.js';
import './notice.js';
import { smallButton } from './small-button.js';
import { shared } from './styles.js';

@localized()
@customElement('repaint-model-adder')
export class ModelAdderForm extends LitElement {
  @property({ attribute: false }) adding!: ModelAdding;
  /** Why another model cannot be used now; empty when it can. */
  @property() busyReason = '';

  static override styles = [
    shared,
    css`
      section {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
      }
      .card {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 8px;
        padding: 12px;
      }
      sp-progress-bar {
        width: 100%;
        --mod-progressbar-font-size: 0;
      }
      .card > sp-button {
        justify-self: start;
      }
      ul {
        display: grid;
        gap: 8px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      ul .card {
        gap: 2px;
        overflow-wrap: anywhere;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
    `,
  ];

  constructor() {
    super();
    new Watching(this, () => this.adding);
    new KeepFocus(this, ['h2']);
  }

  override render() {
    return html`<section aria-labelledby="heading">
      <h2 id="heading" tabindex="-1" data-testid="adder-heading">${msg('Add a model')}</h2>
      ${this._step(this.adding.state)}
    </section>`;
  }

  override focus(): void {
    this.renderRoot.querySelector('h2')?.focus();
  }

  private _step(state: AddingState): TemplateResult {
    switch (state.kind) {
      case 'idle':
        return html`
          <repaint-model-source
            .adding=${this.adding}
            .address=${state.origin && state.origin.kind !== 'files' ? originText(state.origin) : ''}
          ></repaint-model-source>
          ${this._problem(state.problem, false, state.origin)} ${this._suggestions()}
        `;
      case 'looking':
        return this._progress({ title: msg('Looking at the files …'), fraction: null });
      case 'asking':
        return html`
          ${this._problem(state.problem, isComplete(state))}
          <repaint-model-form
            .adding=${this.adding}
            .form=${state}
            .isRefused=${state.problem?.code === 'selfTestFailed'}
          ></repaint-model-form>
        `;
      case 'adding':
        return this._progress({
          name: state.words.name,
          title: stageText(state.progress),
          fraction: fractionOf(state.progress),
          isCancelling: state.isCancelling,
        });
      case 'added':
        return this._added(state.model);
    }
  }

  private _progress(step: {
    name?: string;
    title: string;
    fraction: number | null;
    isCancelling?: boolean;
  }) {
    const { name, title, fraction, isCancelling = false } = step;
    return html`<div class="card" data-testid="adding">
      ${name ? html`<h3>${name}</h3>` : nothing}
      <p class="numbers" data-testid="adding-stage">${title}</p>
      <sp-progress-bar
        size="s"
        ?indeterminate=${fraction === null}
        progress=${100 * (fraction ?? 0)}
        aria-label=${title}
      ></sp-progress-bar>
      ${smallButton(
        'cancel-adding',
        isCancelling ? msg('Stopping …') : msg('Cancel'),
        () => (name ? this.adding.cancel() : this.adding.close()),
        isCancelling,
      )}
    </div>`;
  }

  private _suggestions() {
    return html`<h3 id="suggestions">${msg('Models to begin with')}</h3>
      <ul aria-labelledby="suggestions">
        ${suggestedModels.map((model) => this._suggestion(model))}
      </ul>`;
  }

  private _suggestion({ repo, licence, sizeBytes, nativeSize, knows }: SuggestedModel) {
    const facts = [licence, fileSize(sizeBytes), size({ width: nativeSize, height: nativeSize })];
    return html`<li class="card" data-testid="suggestion">
      <p>${repo}</p>
      <p class="quiet">${msg(str`Knows ${knows()}.`)}</p>
      <p class="quiet numbers">${listed(facts)}</p>
      ${smallButton('look-suggestion', msg('Look and add'), () => void this.adding.look({ kind: 'hub', repo }))}
    </li>`;
  }

  private _problem(problem: Problem | null, canAdd = false, tried: ModelOrigin | null = null) {
    if (!problem) return nothing;
    const { sentence, nextStep } = problemText(problem, 'adding');
    const wasAsked = problem.code === 'cancelled';
    return html`<repaint-notice
      data-testid="adding-problem"
      data-code=${problem.code}
      variant=${wasAsked ? 'info' : 'error'}
      ><span slot="sentence">${sentence}</span>
      <span>${nextStep}</span>
      ${problem.detail && !wasAsked ? html`<span slot="detail">${problem.detail}</span>` : nothing}
      ${
        tried
          ? smallButton('look-again', msg('Try again'), () => void this.adding.look(tried))
          : nothing
      }
      ${
        problem.code === 'selfTestFailed'
          ? smallButton(
              'use-anyway',
              msg('Add it anyway'),
              () => void this.adding.add(false),
              !canAdd,
            )
          : nothing
      }</repaint-notice
    >`;
  }

  private _added({ manifest: { card } }: ShelfModel) {
    return html`<div class="card" data-testid="added">
      <p>${msg(str`${card.name} is ready.`)}</p>
      <div class="actions">
        ${smallButton('use-added', msg('Use it'), () => this._use(card.id), this.busyReason !== '')}
        ${smallButton('add-another', msg('Add another'), () => this.adding.close())}
      </div>
      ${this.busyReason ? html`<p class="quiet">${this.busyReason}</p>` : nothing}
    </div>`;
  }

  private _use(id: string): void {
    this.dispatchEvent(new UseModelEvent(id));
    this.adding.close();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'repaint-model-adder': ModelAdderForm;
  }
}

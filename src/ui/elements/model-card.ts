/** One model: what it is, how fast it is here, and what can be done with it. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '@spectrum-web-components/button/sp-button.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-checkmark.js';
import { defaultModelId, type ModelManifest } from '../../protocol/model-card.js';
import type { ModelSpeed } from '../../protocol/compute-device.js';
import { localized, msg, str } from '../host/localisation.js';
import { cardDetails, factsText, speedText, summaryText } from '../text/model-text.js';
import { KeepFocus } from './keep-focus.js';
import { modelCardStyles } from './model-card.styles.js';
import { RemoveModelEvent, UseModelEvent } from './model-events.js';
import { shared } from './styles.js';

@localized()
@customElement('repaint-model-card')
export class ModelCardElement extends LitElement {
  @property({ attribute: false }) manifest!: ModelManifest;
  @property({ attribute: false }) speed: ModelSpeed | null = null;
  @property({ type: Boolean }) isShipped = false;
  @property({ type: Boolean }) isInUse = false;
  /** Why the model in use cannot be another one now; empty when it can. */
  @property() busyReason = '';
  /** How far the model in use is loaded. */
  @property() status = '';
  /** The user is asked whether to remove it. */
  @state() private _isAsking = false;

  static override styles = [shared, modelCardStyles];

  constructor() {
    super();
    new KeepFocus(this, ['[data-testid=keep-model]', '[data-testid=remove-model]', 'summary']);
  }

  override render() {
    const { card } = this.manifest;
    return html`<article
      class="card"
      data-testid="model"
      data-model=${card.id}
      ?data-in-use=${this.isInUse}
      aria-labelledby="name"
    >
      <header>
        <h3 id="name">${card.name}</h3>
        ${this.isInUse ? this._inUse() : nothing}
      </header>
      <p>${summaryText(card)}</p>
      <p class="quiet numbers">${factsText(this.manifest)}</p>
      <p class="quiet numbers" data-testid="model-speed">${speedText(this.speed)}</p>
      ${this._details()} ${this._isAsking ? this._question() : this._actions()}
    </article>`;
  }

  private _inUse() {
    return html`<span class="in-use" data-testid="in-use">
      <sp-icon-checkmark size="s" aria-hidden="true"></sp-icon-checkmark>${msg('In use')}
    </span>`;
  }

  private _details() {
    return html`<details>
      <summary data-testid="model-details">${msg('Training data, bias and licence')}</summary>
      <dl>
        ${cardDetails(this.manifest.card).map(
          ({ title, text }) =>
            html`<dt>${title}</dt>
              <dd>${text}</dd>`,
        )}
      </dl>
    </details>`;
  }

  private _actions() {
    const { busyReason, isInUse, isShipped, status } = this;
    if (isInUse && isShipped) return this._note(status);
    return html`
      ${isInUse ? this._note(status) : nothing}
      <div class="actions">
        ${isInUse ? nothing : this._button('use-model', msg('Use'), busyReason, this._use)}
        ${
          isShipped
            ? nothing
            : this._button('remove-model', msg('Remove'), isInUse ? busyReason : '', this._ask)
        }
      </div>
      ${this._note(busyReason)}
    `;
  }

  private _note(text: string) {
    return text ? html`<p class="quiet numbers">${text}</p>` : nothing;
  }

  private _question() {
    const { id, name } = this.manifest.card;
    return html`
      <p class="question" id="question">${msg(str`Remove ${name} from this machine?`)}</p>
      <div class="actions" role="group" aria-labelledby="question">
        ${this._button('confirm-remove', msg('Remove'), '', () => {
          this._leave();
          this.dispatchEvent(new RemoveModelEvent(id));
        })}
        ${this._button('keep-model', msg('Keep it'), '', this._leave)}
      </div>
    `;
  }

  private _button(testId: string, label: string, reason: string, onClick: () => void) {
    const { name } = this.manifest.card;
    const isGrave = testId === 'confirm-remove';
    return html`<sp-button
      data-testid=${testId}
      size="s"
      variant=${isGrave ? 'negative' : 'secondary'}
      treatment=${isGrave ? 'fill' : 'outline'}
      ?disabled=${reason !== ''}
      title=${reason || nothing}
      aria-label=${`${label}: ${name}`}
      @click=${onClick}
      >${label}</sp-button
    >`;
  }

  private readonly _use = (): void => {
    const { id } = this.manifest.card;
    this.dispatchEvent(new UseModelEvent(id === defaultModelId ? null : id));
  };

  private readonly _ask = (): void => {
    this._isAsking = true;
  };

  private readonly _leave = (): void => {
    this._isAsking = false;
  };
}

/** What is known of a model before it is added, and what only a person can say. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import '@spectrum-web-components/button/sp-button.js';
import '@spectrum-web-components/field-label/sp-field-label.js';
import '@spectrum-web-components/menu/sp-menu-item.js';
import '@spectrum-web-components/picker/sync/sp-picker.js';
import '@spectrum-web-components/textfield/sp-textfield.js';
import type { Picker } from '@spectrum-web-components/picker';
import type { Textfield } from '@spectrum-web-components/textfield';
import type { ModelFindings, ModelWords } from '../../protocol/model-shelf-api.js';
import { localized, msg, str } from '../host/localisation.js';
import type { ModelAdding, ModelForm } from '../models/model-adding.js';
import { listed } from '../text/format.js';
import {
  findingsTexts,
  incompleteText,
  lookText,
  transferText,
  weightsText,
} from '../text/model-text.js';
import './model-source.js';
import { smallButton } from './small-button.js';
import { shared } from './styles.js';

/** Said of each model, in this order; the long ones get more lines. */
const fields: readonly { key: keyof ModelWords; title: () => string; isLong: boolean }[] = [
  { key: 'name', title: () => msg('Name'), isLong: false },
  { key: 'licence', title: () => msg('Licence'), isLong: false },
  { key: 'trainingData', title: () => msg('Training data'), isLong: true },
  { key: 'bias', title: () => msg('Bias'), isLong: true },
];

@localized()
@customElement('repaint-model-form')
export class ModelFormElement extends LitElement {
  @property({ attribute: false }) adding!: ModelAdding;
  @property({ attribute: false }) form!: ModelForm;
  /** The model did not do as it is: another config may be given. */
  @property({ type: Boolean }) isRefused = false;

  static override styles = [
    shared,
    css`
      .card {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 8px;
        padding: 12px;
      }
      h3 {
        font-size: 12px;
        overflow-wrap: anywhere;
      }
      p {
        overflow-wrap: anywhere;
      }
      sp-textfield,
      sp-picker {
        width: 100%;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-top: 4px;
      }
    `,
  ];

  override render() {
    const { origin, look } = this.form;
    return html`<section class="card" data-testid="model-form" aria-labelledby="found">
      <div>
        <h3 id="found">${look.weights}</h3>
        <p class="quiet numbers">${lookText(look)}</p>
        ${findingsTexts(look.findings).map((text) => html`<p class="quiet" data-testid="finding">${text}</p>`)}
      </div>
      ${look.findings.weights.length > 1 ? this._weightsPicker(look.findings.weights) : nothing}
      ${look.questions.map((question) =>
        question.kind === 'preset'
          ? this._presetPicker(question.presets)
          : this._missing(question.names),
      )}
      ${
        this.isRefused && origin.kind === 'files'
          ? this._dropZone(msg('Drop corrected files here'))
          : nothing
      }
      ${fields.map(({ key, title, isLong }) => this._field(key, title(), isLong))}
      <p class="quiet numbers" data-testid="transfer">${transferText(origin, look)}</p>
      ${this._actions()}
    </section>`;
  }

  private _missing(names: readonly string[]) {
    const list = listed(names);
    return html`
      <p data-testid="missing-files">
        ${
          this.form.origin.kind === 'files'
            ? msg(str`Still missing: ${list}.`)
            : msg(str`Not found there: ${list}. Download all files and drop them here together.`)
        }
      </p>
      ${this._dropZone(msg('Drop the missing files here'))}
    `;
  }

  /** Files that replace or join those given. */
  private _dropZone(invitation: string) {
    return html`<repaint-model-source
      .invitation=${invitation}
      .adding=${this.adding}
    ></repaint-model-source>`;
  }

  private _presetPicker(presets: readonly { id: string; title: string }[]) {
    const { preset } = this.form;
    return html`<div>
      <sp-field-label for="preset"
        >${msg('The checkpoint does not say which network it is:')}</sp-field-label
      >
      ${keyed(
        presets,
        html`<sp-picker
          id="preset"
          data-testid="preset"
          label=${msg('Choose one')}
          .value=${preset ?? ''}
          @change=${(event: Event) =>
            this.adding.answer({ preset: (event.target as Picker).value || null })}
        >
          ${presets.map(({ id, title }) => html`<sp-menu-item value=${id}>${title}</sp-menu-item>`)}
        </sp-picker>`,
      )}
    </div>`;
  }

  private _weightsPicker(found: ModelFindings['weights']) {
    const chosen = found.findIndex(({ path }) => path === this.form.weights);
    return html`<div>
      <sp-field-label for="weights">${msg('Weights')}</sp-field-label>
      ${keyed(
        found,
        html`<sp-picker
          id="weights"
          data-testid="weights"
          .value=${String(Math.max(0, chosen))}
          @change=${(event: Event) => {
            const { value } = event.target as Picker;
            this.adding.answer({ weights: found[Number(value)]?.path ?? null });
          }}
        >
          ${found.map(
            (weights, i) =>
              html`<sp-menu-item value=${String(i)}>${weightsText(weights)}</sp-menu-item>`,
          )}
        </sp-picker>`,
      )}
    </div>`;
  }

  private _field(key: keyof ModelWords, title: string, isLong: boolean) {
    return html`<div>
      <sp-field-label for=${key}>${title}</sp-field-label>
      <sp-textfield
        id=${key}
        data-testid=${`words-${key}`}
        size="s"
        ?multiline=${isLong}
        ?grows=${isLong}
        .value=${this.form.words[key]}
        @input=${(event: Event) => this._say(key, (event.target as Textfield).value)}
      ></sp-textfield>
    </div>`;
  }

  private _actions() {
    const reason = incompleteText(this.form);
    return html`
      ${reason ? html`<p class="quiet" data-testid="incomplete">${reason}</p>` : nothing}
      <div class="actions">
        <sp-button
          data-testid="add-model"
          size="s"
          variant="accent"
          ?disabled=${reason !== ''}
          title=${reason || nothing}
          @click=${() => this.adding.add()}
          >${
            this.form.origin.kind === 'files' ? msg('Add model') : msg('Download and add')
          }</sp-button
        >
        ${smallButton('discard-model', msg('Discard'), () => this.adding.close())}
      </div>
    `;
  }

  private _say(key: keyof ModelWords, text: string): void {
    this.adding.answer({ words: { ...this.form.words, [key]: text } });
  }
}

/** The advanced section: everything of the sampler that can be set. */
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '@spectrum-web-components/accordion/sp-accordion.js';
import '@spectrum-web-components/accordion/sp-accordion-item.js';
import '@spectrum-web-components/field-label/sp-field-label.js';
import '@spectrum-web-components/menu/sp-menu-item.js';
import '@spectrum-web-components/picker/sync/sp-picker.js';
import '@spectrum-web-components/switch/sp-switch.js';
import type { Picker } from '@spectrum-web-components/picker';
import type { Switch } from '@spectrum-web-components/switch';
import { samplerNames, type SamplerName } from '../../protocol/fill.js';
import type { DeviceInfo } from '../../protocol/worker-api.js';
import {
  customise,
  customiseWalk,
  firstChoices,
  settingsOf,
  type BackendChoice,
  type Choices,
  type PrecisionChoice,
} from '../fill/choices.js';
import { localized, msg, str } from '../host/localisation.js';
import { backendTitles, precisionTitles, runningText, samplerTitles } from '../text/names.js';
import { ChooseEvent } from './choose-event.js';
import { numberRow, numberRowStyles } from './number-row.js';
import { shared } from './styles.js';

/** Where or how the network runs; a change loads the model anew. */
interface DeviceChoice {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly titles: Readonly<Record<string, () => string>>;
  /** Why the choice has no effect; empty when it has. */
  readonly notUsed?: string;
  readonly onChange: (value: string) => void;
}

@localized()
@customElement('repaint-advanced')
export class Advanced extends LitElement {
  @property({ attribute: false }) choices: Choices = firstChoices;
  /** Lines of the plan, coarse to fine. */
  @property({ attribute: false }) levels: readonly string[] = [];
  /** Steps the model was trained with. */
  @property({ type: Number }) maxSteps = 1000;
  /** Null while the model loads. */
  @property({ attribute: false }) device: DeviceInfo | null = null;
  /** Why the device stays as it is; empty when it can be changed. */
  @property() busyReason = '';

  static override styles = [
    shared,
    numberRowStyles,
    css`
      sp-picker {
        width: 100%;
      }
      ol {
        margin: 4px 0 0;
        padding-left: 18px;
      }
    `,
  ];

  override render() {
    return html`
      <sp-accordion size="s" level="2">
        <sp-accordion-item label=${msg('Advanced')} data-testid="advanced">
          <div class="fields">
            ${this._sampler()} ${this._walkRows()} ${this._guidanceRow()} ${this._device()}
            ${this._levels()}
          </div>
        </sp-accordion-item>
      </sp-accordion>
    `;
  }

  private _levels() {
    if (this.levels.length === 0) return '';
    return html`<div class="quiet numbers" data-testid="levels">
      ${msg('Coarse to fine, for each fill:')}
      <ol>
        ${this.levels.map((line) => html`<li>${line}</li>`)}
      </ol>
    </div>`;
  }

  private _sampler() {
    const { coarse } = settingsOf(this.choices);
    return html`<div>
      <sp-field-label for="sampler">${msg('Sampler')}</sp-field-label>
      <sp-picker
        id="sampler"
        data-testid="sampler"
        size="s"
        .value=${coarse.sampler}
        @change=${(event: Event) =>
          this._walk({ sampler: (event.target as Picker).value as SamplerName })}
      >
        ${samplerNames.map(
          (name) => html`<sp-menu-item value=${name}>${samplerTitles[name]()}</sp-menu-item>`,
        )}
      </sp-picker>
    </div>`;
  }

  private _walkRows() {
    const { sampler, numInferenceSteps, jumpLength, resamplings, eta } = settingsOf(
      this.choices,
    ).coarse;
    const notUsed = sampler === 'replace' ? msg('This sampler does not resample.') : null;
    return html`
      ${numberRow({
        id: 'steps',
        label: msg('Steps'),
        value: Math.min(numInferenceSteps, this.maxSteps),
        min: 2,
        max: this.maxSteps,
        onChange: (value) => this._walk({ numInferenceSteps: value }),
      })}
      ${numberRow({
        id: 'jump-length',
        label: msg('Jump length'),
        value: jumpLength,
        min: 1,
        max: this.maxSteps,
        notUsed,
        onChange: (value) => this._walk({ jumpLength: value }),
      })}
      ${numberRow({
        id: 'resamplings',
        label: msg('Resamplings'),
        value: resamplings,
        min: 1,
        max: 100,
        notUsed,
        onChange: (value) => this._walk({ resamplings: value }),
      })}
      <sp-switch
        data-testid="ddim"
        ?checked=${eta !== null}
        @change=${(event: Event) =>
          this._walk({ eta: (event.target as Switch).checked ? 0 : null })}
        >${msg('DDIM steps')}</sp-switch
      >
      ${numberRow({
        id: 'eta',
        label: msg('DDIM noise (eta)'),
        value: eta ?? 1,
        min: 0,
        max: 1,
        step: 0.1,
        notUsed: eta === null ? msg('Only with DDIM steps.') : null,
        onChange: (value) => this._walk({ eta: value }),
      })}
    `;
  }

  private _guidanceRow() {
    const { guidanceScale, classLabel } = settingsOf(this.choices);
    return numberRow({
      id: 'guidance',
      label: msg('Guidance'),
      value: guidanceScale,
      min: 0,
      max: 20,
      step: 0.5,
      notUsed: classLabel === null ? msg('Only when something should grow here.') : null,
      onChange: (value) => this._set({ guidanceScale: value }),
    });
  }

  private _device() {
    const { backend, precision } = this.choices;
    const isProcessor = backend === 'wasm';
    return html`
      ${this._devicePicker({
        id: 'backend',
        label: msg('Runs on'),
        value: backend,
        titles: backendTitles,
        onChange: (value) => this._choose({ backend: value as BackendChoice }),
      })}
      ${this._devicePicker({
        id: 'precision',
        label: msg('Precision'),
        value: precision,
        titles: precisionTitles,
        notUsed: isProcessor ? msg('The processor always computes in 32-bit.') : '',
        onChange: (value) => this._choose({ precision: value as PrecisionChoice }),
      })}
      ${this.busyReason ? html`<p class="quiet">${this.busyReason}</p>` : ''}
      ${
        this.device
          ? html`<p class="quiet" data-testid="device">
              ${msg(str`Now: ${runningText(this.device)}`)}
            </p>`
          : ''
      }
    `;
  }

  private _devicePicker(choice: DeviceChoice) {
    const { id, label, value, titles, notUsed = '', onChange } = choice;
    const reason = notUsed || this.busyReason;
    return html`<div>
      <sp-field-label for=${id}>${label}</sp-field-label>
      <sp-picker
        id=${id}
        data-testid=${id}
        size="s"
        .value=${value}
        ?disabled=${reason !== ''}
        title=${reason}
        @change=${(event: Event) => onChange((event.target as Picker).value)}
      >
        ${Object.entries(titles).map(
          ([name, title]) => html`<sp-menu-item value=${name}>${title()}</sp-menu-item>`,
        )}
      </sp-picker>
      ${notUsed ? html`<p class="quiet">${notUsed}</p>` : ''}
    </div>`;
  }

  private _walk(change: Parameters<typeof customiseWalk>[1]): void {
    this.dispatchEvent(new ChooseEvent(customiseWalk(this.choices, change)));
  }

  private _set(change: Parameters<typeof customise>[1]): void {
    this.dispatchEvent(new ChooseEvent(customise(this.choices, change)));
  }

  private _choose(change: Partial<Choices>): void {
    this.dispatchEvent(new ChooseEvent({ ...this.choices, ...change }));
  }
}

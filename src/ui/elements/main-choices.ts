/** The choices every fill has: from what, what should grow, how many, how well. */
import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { ifDefined } from 'lit/directives/if-defined.js';
import { keyed } from 'lit/directives/keyed.js';
import '@spectrum-web-components/action-button/sp-action-button.js';
import '@spectrum-web-components/action-group/sp-action-group.js';
import '@spectrum-web-components/field-label/sp-field-label.js';
import type { ActionGroup } from '@spectrum-web-components/action-group';
import type { Picker } from '@spectrum-web-components/picker';
import { priorNames, type PriorName } from '../../protocol/fill.js';
import type { ModelCard } from '../../protocol/model-card.js';
import {
  firstChoices,
  maxFills,
  needsClass,
  presetChoices,
  type Choices,
  type PresetChoice,
} from '../fill/choices.js';
import type { PresetTimes } from '../fill/plan-state.js';
import { localized, msg, str } from '../host/localisation.js';
import { duration } from '../text/format.js';
import { knowsText } from '../text/model-text.js';
import { className, presetTitles } from '../text/names.js';
import { ChooseEvent } from './choose-event.js';
import { shared } from './styles.js';

const anything = 'anything';

/** More are looked up by name than read from the top. */
const fewClasses = 12;

function inReadingOrder(classes: ModelCard['classes']): ModelCard['classes'] {
  if (classes.length <= fewClasses) return classes;
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  return [...classes].sort((a, b) => compare(a.name, b.name));
}

@localized()
@customElement('repaint-main-choices')
export class MainChoices extends LitElement {
  @property({ attribute: false }) choices: Choices = firstChoices;
  /** How long the fills take by each preset, as far as that is known, ms. */
  @property({ attribute: false }) times: PresetTimes = {};
  /** Null while the model loads. */
  @property({ attribute: false }) card: ModelCard | null = null;
  /** The card last seen: its classes stay while it is loaded anew. */
  private _known: ModelCard | null = null;
  private _sorted: ModelCard['classes'] = [];

  static override styles = [
    shared,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        gap: 8px 16px;
      }
      @media (max-width: 280px) {
        :host {
          grid-template-columns: minmax(0, 1fr);
        }
      }
      .wide {
        grid-column: 1 / -1;
      }
      sp-picker {
        width: 100%;
      }
    `,
  ];

  override willUpdate(): void {
    if (this.card && this.card !== this._known) {
      this._known = this.card;
      this._sorted = inReadingOrder(this.card.classes);
    }
  }

  override render() {
    // A picker shows its value only when the item is there from its beginning.
    return html`
      <div class="wide">${this._priorPicker()}</div>
      ${this._fromModel(html`<div class="wide">${keyed(this._known?.classes, this._growPicker())}</div>`)}
      <div>${this._fillsGroup()}</div>
      <div>${this._qualityPicker()}</div>
      ${this._known ? this._fromModel(html`<p class="wide quiet" data-testid="knows">${knowsText(this._known)}</p>`) : nothing}
    `;
  }

  /** Only where a model takes part. */
  private _fromModel(part: TemplateResult) {
    return this.choices.prior === 'photo' ? nothing : part;
  }

  private _priorPicker() {
    const name = this._known?.name ?? msg('the model');
    const titles: Record<PriorName, () => string> = {
      photo: () => msg('This photo'),
      model: () => name,
      both: () => msg(str`Both: shapes from ${name}, texture from this photo`),
    };
    return html`
      <sp-field-label for="prior">${msg('Fill from')}</sp-field-label>
      <sp-picker
        id="prior"
        data-testid="prior"
        .value=${this.choices.prior}
        @change=${(event: Event) =>
          this._choose({ prior: (event.target as Picker).value as PriorName })}
      >
        ${priorNames.map(
          (prior) => html`<sp-menu-item value=${prior}>${titles[prior]()}</sp-menu-item>`,
        )}
      </sp-picker>
    `;
  }

  private _growPicker() {
    const { classLabel } = this.choices;
    const canBeAnything = !this._known || !needsClass(this._known);
    const hasNone = this._known?.classes.length === 0;
    const none = canBeAnything ? anything : '';
    const value = classLabel === null ? none : String(classLabel);
    return html`
      <sp-field-label for="grow">${msg('What should grow here')}</sp-field-label>
      <sp-picker
        id="grow"
        data-testid="grow"
        label=${ifDefined(value === '' ? msg('Choose one') : undefined)}
        .value=${value}
        ?disabled=${hasNone}
        @change=${(event: Event) => this._chooseClass((event.target as Picker).value)}
      >
        ${
          canBeAnything
            ? html`<sp-menu-item value=${anything}>${msg('Anything')}</sp-menu-item>`
            : nothing
        }
        ${this._classes().map(
          ({ label, name }) =>
            html`<sp-menu-item value=${String(label)}>${className(name)}</sp-menu-item>`,
        )}
      </sp-picker>
      ${
        hasNone
          ? html`<p class="quiet" data-testid="no-classes">
              ${msg('This model has no classes: it continues what is around.')}
            </p>`
          : ''
      }
    `;
  }

  /** Those of the card, and the one remembered while no card is there to name it. */
  private _classes(): ModelCard['classes'] {
    const { classLabel, className: remembered } = this.choices;
    const classes = this._sorted;
    const isListed = classes.some(({ label }) => label === classLabel);
    if (classLabel === null || isListed) return classes;
    return [...classes, { label: classLabel, name: remembered ?? String(classLabel) }];
  }

  private _fillsGroup() {
    const { fills } = this.choices;
    return html`
      <sp-field-label id="fills-label">${msg('Fills')}</sp-field-label>
      <sp-action-group
        data-testid="fills"
        selects="single"
        compact
        justified
        label=${msg('Number of fills')}
        .selected=${[String(fills)]}
        @change=${this._chooseFills}
      >
        ${Array.from({ length: maxFills }, (_, i) => String(i + 1)).map(
          (value) => html`<sp-action-button value=${value}>${value}</sp-action-button>`,
        )}
      </sp-action-group>
    `;
  }

  private _qualityPicker() {
    return html`
      <sp-field-label for="quality">${msg('Quality')}</sp-field-label>
      <sp-picker
        id="quality"
        data-testid="quality"
        .value=${this.choices.preset}
        @change=${(event: Event) =>
          this._choose({ preset: (event.target as Picker).value as PresetChoice })}
      >
        ${presetChoices.map(
          (preset) =>
            html`<sp-menu-item value=${preset}
              >${presetTitles[preset]()}${this._time(preset)}</sp-menu-item
            >`,
        )}
      </sp-picker>
    `;
  }

  private _time(preset: PresetChoice) {
    const ms = this.times[preset];
    if (ms === undefined) return nothing;
    return html`<span slot="description">${msg(str`about ${duration(ms)}`)}</span>`;
  }

  private _chooseClass(value: string): void {
    const classLabel = value === anything ? null : Number(value);
    const name = this._known?.classes.find(({ label }) => label === classLabel)?.name ?? null;
    this._choose({ classLabel, className: name });
  }

  private _chooseFills(event: Event): void {
    const [value] = (event.target as ActionGroup).selected;
    if (value) this._choose({ fills: Number(value) });
  }

  private _choose(change: Partial<Choices>): void {
    this.dispatchEvent(new ChooseEvent({ ...this.choices, ...change }));
  }
}

/** What one sets from fill to fill: the region's edge, and the seed. */
import { LitElement, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '@spectrum-web-components/accordion/sp-accordion.js';
import '@spectrum-web-components/accordion/sp-accordion-item.js';
import '@spectrum-web-components/switch/sp-switch.js';
import type { Switch } from '@spectrum-web-components/switch';
import { customise, firstChoices, settingsOf, type Choices } from '../fill/choices.js';
import { randomSeeds } from '../fill/seeds.js';
import { localized, msg } from '../host/localisation.js';
import { ChooseEvent } from './choose-event.js';
import { numberRow, numberRowStyles } from './number-row.js';
import { shared } from './styles.js';

@localized()
@customElement('repaint-edge-settings')
export class EdgeSettings extends LitElement {
  @property({ attribute: false }) choices: Choices = firstChoices;

  static override styles = [shared, numberRowStyles];

  override render() {
    const { growPx, featherPx, fillTransparent } = settingsOf(this.choices);
    return html`
      <sp-accordion size="s" level="2">
        <sp-accordion-item label=${msg('Edge and seed')} data-testid="edge">
          <div class="fields">
            ${numberRow({
              id: 'grow-px',
              label: msg('Grow (px)'),
              value: growPx,
              min: 0,
              max: 64,
              onChange: (value) => this._set({ growPx: value }),
            })}
            ${numberRow({
              id: 'feather-px',
              label: msg('Feather (px)'),
              value: featherPx,
              min: 0,
              max: 64,
              onChange: (value) => this._set({ featherPx: value }),
            })}
            <sp-switch
              data-testid="fill-transparent"
              ?checked=${fillTransparent}
              @change=${(event: Event) =>
                this._set({ fillTransparent: (event.target as Switch).checked })}
              >${msg('Fill transparent pixels too')}</sp-switch
            >
            ${this._seed()}
          </div>
        </sp-accordion-item>
      </sp-accordion>
    `;
  }

  private _seed() {
    const { seed } = this.choices;
    return html`
      <sp-switch
        data-testid="fixed-seed"
        ?checked=${seed !== null}
        @change=${(event: Event) =>
          this._choose({ seed: (event.target as Switch).checked ? randomSeeds(1)[0] : null })}
        >${msg('Fixed seed')}</sp-switch
      >
      ${numberRow({
        id: 'seed',
        label: msg('Seed'),
        value: seed ?? 0,
        min: 0,
        max: 0xffffffff,
        notUsed: seed === null ? msg('New seeds are drawn for each fill.') : null,
        onChange: (value) => this._choose({ seed: value }),
      })}
    `;
  }

  private _set(change: Parameters<typeof customise>[1]): void {
    this.dispatchEvent(new ChooseEvent(customise(this.choices, change)));
  }

  private _choose(change: Partial<Choices>): void {
    this.dispatchEvent(new ChooseEvent({ ...this.choices, ...change }));
  }
}

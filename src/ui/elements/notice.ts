/** A sentence the user should see, with what to do next and buttons in its slot. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-alert.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-info.js';
import { shared } from './styles.js';

@customElement('repaint-notice')
export class Notice extends LitElement {
  @property({ reflect: true }) variant: 'info' | 'warning' | 'error' = 'info';
  @property() sentence = '';
  @property() nextStep = '';
  /** The technical sentence behind it. */
  @property() detail = '';

  static override styles = [
    shared,
    css`
      .card {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 4px 10px;
        padding: 12px;
        font-size: 13px;
        border-left: 4px solid var(--spectrum-informative-visual-color, #4b75ff);
      }
      :host([variant='warning']) .card {
        border-left-color: var(--spectrum-notice-visual-color, #e68619);
      }
      :host([variant='error']) .card {
        border-left-color: var(--spectrum-negative-visual-color, #e34850);
      }
      .text {
        display: grid;
        gap: 4px;
        min-width: 0;
      }
      .sentence {
        font-weight: 600;
      }
      .quiet {
        overflow-wrap: anywhere;
      }
      slot {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
    `,
  ];

  override render() {
    return html`
      <div class="card" role=${this.variant === 'error' ? 'alert' : 'note'}>
        ${this._icon()}
        <div class="text">
          <p class="sentence">${this.sentence}</p>
          ${this.nextStep ? html`<p>${this.nextStep}</p>` : nothing}
          ${this.detail ? html`<p class="quiet">${this.detail}</p>` : nothing}
          <slot></slot>
        </div>
      </div>
    `;
  }

  private _icon() {
    return this.variant === 'info'
      ? html`<sp-icon-info size="s" aria-hidden="true"></sp-icon-info>`
      : html`<sp-icon-alert size="s" aria-hidden="true"></sp-icon-alert>`;
  }
}

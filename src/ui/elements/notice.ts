/** A sentence the user should see, what to do next, the technical detail, and buttons: slots. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-alert.js';
import '@spectrum-web-components/action-button/sp-action-button.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-close.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-info.js';
import { localized, msg } from '../host/localisation.js';
import { shared } from './styles.js';

@localized()
@customElement('repaint-notice')
export class Notice extends LitElement {
  @property({ reflect: true }) variant: 'info' | 'warning' | 'error' = 'info';

  /** Offers to close it. */
  @property({ type: Boolean }) closable = false;

  static override styles = [
    shared,
    css`
      .card {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
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
      ::slotted([slot='sentence']) {
        display: block;
        font-weight: 600;
      }
      ::slotted([slot='detail']) {
        display: block;
        font-size: 12px;
        color: var(--spectrum-neutral-subdued-content-color-default);
        overflow-wrap: anywhere;
      }
      slot[name='actions'] {
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
          <slot name="sentence"></slot>
          <slot></slot>
          <slot name="detail"></slot>
          <slot name="actions"></slot>
        </div>
        ${this.closable ? this._close() : nothing}
      </div>
    `;
  }

  private _close() {
    const title = msg('Close');
    return html`<sp-action-button
      quiet
      size="s"
      data-testid="close-notice"
      label=${title}
      title=${title}
      @click=${() => this.dispatchEvent(new Event('repaint-close'))}
      ><sp-icon-close slot="icon"></sp-icon-close
    ></sp-action-button>`;
  }

  private _icon() {
    return this.variant === 'info'
      ? html`<sp-icon-info size="s" aria-hidden="true"></sp-icon-info>`
      : html`<sp-icon-alert size="s" aria-hidden="true"></sp-icon-alert>`;
  }
}

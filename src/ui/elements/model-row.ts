/** The model in use, in one row, with the way to the others. */
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '@spectrum-web-components/action-button/sp-action-button.js';
import { localized, msg } from '../host/localisation.js';
import { ManageModelsEvent } from './model-events.js';
import { shared } from './styles.js';

@localized()
@customElement('repaint-model-row')
export class ModelRow extends LitElement {
  @property() name = '';
  /** What is going on with models, if anything. */
  @property() status = '';

  static override styles = [
    shared,
    css`
      .row {
        display: grid;
        grid-template-columns: 1fr auto;
        align-items: center;
        gap: 0 12px;
      }
      .text {
        min-width: 0;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
    `,
  ];

  override render() {
    return html`<div class="row" role="group" aria-label=${msg('Model')}>
      <div class="text">
        <p class="quiet">${msg('Model')}</p>
        <p class="name" data-testid="model-name" title=${this.name}>${this.name}</p>
      </div>
      <sp-action-button
        data-testid="manage-models"
        size="s"
        @click=${() => this.dispatchEvent(new ManageModelsEvent(true))}
        >${msg('Models …')}</sp-action-button
      >
      ${
        this.status
          ? html`<p class="quiet numbers text" data-testid="model-status">${this.status}</p>`
          : ''
      }
    </div>`;
  }

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('sp-action-button')?.focus();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'repaint-model-row': ModelRow;
  }
}

/** The document's fills by time, with what each was made from; also those that are deleted. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '@spectrum-web-components/accordion/sp-accordion.js';
import '@spectrum-web-components/accordion/sp-accordion-item.js';
import type { FillGallery } from '../gallery/fill-gallery.js';
import type { PastFill } from '../gallery/history.js';
import { localized, msg } from '../host/localisation.js';
import { fillTitle } from '../text/fill-text.js';
import { listed } from '../text/format.js';
import { recipe } from './recipe.js';
import { shared } from './styles.js';

@localized()
@customElement('repaint-history')
export class HistoryList extends LitElement {
  /** Newest first. */
  @property({ attribute: false }) fills: readonly PastFill[] = [];
  @property({ attribute: false }) gallery!: FillGallery;

  static override styles = [
    shared,
    css`
      ul {
        display: grid;
        gap: 12px;
        max-height: 320px;
        margin: 0;
        padding: 2px 2px 8px;
        overflow-y: auto;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 48px minmax(0, 1fr);
        gap: 0 8px;
      }
      img,
      .blank {
        width: 48px;
        height: 48px;
        object-fit: cover;
        border: 1px solid var(--spectrum-gray-300);
        border-radius: 8px;
        background: var(--spectrum-gray-100);
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
      }
    `,
  ];

  override render() {
    if (this.fills.length === 0) return nothing;
    return html`<sp-accordion size="s" level="2">
      <sp-accordion-item label=${msg('History')} data-testid="history">
        <ul tabindex="0" aria-label=${msg('Fills of this document')}>
          ${this.fills.map((fill) => this._item(fill))}
        </ul>
      </sp-accordion-item>
    </sp-accordion>`;
  }

  private _item({ layerId, record }: PastFill) {
    const picture = this.gallery.pictureOf(layerId);
    const isThere = this.gallery.sets.some(({ fills }) =>
      fills.some((it) => it.layerId === layerId),
    );
    return html`<li data-testid="past-fill">
      ${picture ? html`<img src=${picture} alt="" />` : html`<span class="blank"></span>`}
      <div>
        <p>${listed([fillTitle(record), isThere ? '' : msg('deleted')])}</p>
        ${recipe(record)}
      </div>
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'repaint-history': HistoryList;
  }
}

/** A fill large, against what was there before: held, under a slider, or side by side. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '@spectrum-web-components/action-button/sp-action-button.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-chevron-left.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-chevron-right.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-compare.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-split-view.js';
import { localized, msg, str } from '../host/localisation.js';
import { number } from '../text/format.js';
import { shared } from './styles.js';

/** A picture and what it is called. */
export interface Compared {
  readonly title: string;
  /** Data URL; null when it was not kept. */
  readonly picture: string | null;
}

/** The next fill, or the one before. */
export class LookEvent extends Event {
  static readonly kind = 'repaint-look';

  constructor(readonly step: 1 | -1) {
    super(LookEvent.kind, { bubbles: true, composed: true });
  }
}

/** A pointer that moves farther than this drags the slider, CSS pixels. */
const dragFrom = 6;

@localized()
@customElement('repaint-compare')
export class CompareView extends LitElement {
  /** What the fill is held against. */
  @property({ attribute: false }) original: Compared = { title: '', picture: null };
  @property({ attribute: false }) fill: Compared = { title: '', picture: null };
  /** How much of the width the fill takes, percent: the slider. */
  @state() private _share = 100;
  @state() private _isHeld = false;
  @state() private _isSideBySide = false;
  @state() private _isWide = false;
  private _from: number | null = null;

  static override styles = [
    shared,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 6px;
      }
      .stage {
        position: relative;
        overflow: hidden;
        border-radius: 10px;
        background: var(--spectrum-gray-100);
        cursor: ew-resize;
        touch-action: pan-y;
        user-select: none;
      }
      .stage img {
        display: block;
        width: 100%;
        max-height: max(180px, 46vh);
        object-fit: contain;
        pointer-events: none;
      }
      .stage .over {
        position: absolute;
        inset: 0;
        height: 100%;
      }
      .line {
        position: absolute;
        top: 0;
        bottom: 0;
        width: 2px;
        margin-left: -1px;
        background: #fff;
        box-shadow: 0 0 0 1px rgb(0 0 0 / 60%);
        pointer-events: none;
      }
      .pair {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 6px;
        margin: 0;
      }
      .pair.wide {
        grid-template-columns: 1fr;
      }
      figure {
        margin: 0;
      }
      figure img {
        display: block;
        width: 100%;
        border-radius: 8px;
      }
      figcaption,
      .what {
        text-align: center;
      }
      .row {
        display: flex;
        align-items: center;
        gap: 4px;
      }
      .what {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      input[type='range'] {
        width: 100%;
        margin: 0;
        accent-color: var(--spectrum-accent-color-900, #3b63fb);
      }
    `,
  ];

  override render() {
    return html`
      ${this._isSideBySide ? this._pair() : this._stage()}
      <div class="row" role="group" aria-label=${msg('Compare')}>
        ${this._step(-1, msg('Previous fill'))}
        <span class="what" data-testid="compared">
          ${this._isHeld ? this.original.title : this.fill.title}
        </span>
        ${this._hold()} ${this._toggle()} ${this._step(1, msg('Next fill'))}
      </div>
    `;
  }

  private _stage() {
    const { original: before, fill: after } = this;
    if (!after.picture)
      return html`<p class="quiet">${msg('No picture of this fill was kept.')}</p>`;
    const share = this._isHeld ? 0 : this._share;
    const hasBefore = before.picture !== null;
    return html`
      <div
        class="stage"
        data-testid="stage"
        @pointerdown=${this._down}
        @pointermove=${this._move}
        @pointerup=${this._release}
        @pointercancel=${this._release}
      >
        <img src=${before.picture ?? after.picture} alt=${before.title} />
        <img
          class="over"
          src=${after.picture}
          alt=${after.title}
          style=${`clip-path: inset(0 ${100 - share}% 0 0)`}
        />
        ${share > 0 && share < 100 ? html`<div class="line" style=${`left: ${share}%`}></div>` : nothing}
      </div>
      ${
        hasBefore
          ? html`<input
              type="range"
              min="0"
              max="100"
              data-testid="share"
              .value=${String(this._share)}
              aria-label=${msg('How much of the fill is shown')}
              aria-valuetext=${msg(str`${number(this._share)} percent`)}
              @input=${(event: Event) =>
                (this._share = Number((event.target as HTMLInputElement).value))}
            />`
          : nothing
      }
    `;
  }

  private _pair() {
    return html`<div class="pair ${this._isWide ? 'wide' : ''}" data-testid="pair">
      ${[this.original, this.fill].map(
        ({ title, picture }) =>
          html`<figure>
            ${picture ? html`<img src=${picture} alt=${title} @load=${this._measure} />` : nothing}
            <figcaption class="quiet">${title}</figcaption>
          </figure>`,
      )}
    </div>`;
  }

  /** Two wide pictures are larger one above the other. */
  private _measure({ currentTarget }: Event): void {
    const { naturalWidth, naturalHeight } = currentTarget as HTMLImageElement;
    this._isWide = naturalWidth > 1.5 * naturalHeight;
  }

  private _step(step: 1 | -1, title: string) {
    return html`<sp-action-button
      quiet
      size="s"
      data-testid=${step === 1 ? 'next-fill' : 'previous-fill'}
      label=${title}
      title=${title}
      @click=${() => this.dispatchEvent(new LookEvent(step))}
      >${
        step === 1
          ? html`<sp-icon-chevron-right slot="icon"></sp-icon-chevron-right>`
          : html`<sp-icon-chevron-left slot="icon"></sp-icon-chevron-left>`
      }</sp-action-button
    >`;
  }

  private _hold() {
    const title = msg(str`Hold to see: ${this.original.title}`);
    return html`<sp-action-button
      quiet
      size="s"
      data-testid="hold"
      label=${title}
      title=${title}
      ?disabled=${this.original.picture === null || this._isSideBySide}
      @pointerdown=${() => (this._isHeld = true)}
      @pointerup=${this._release}
      @pointerleave=${this._release}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === ' ' || event.key === 'Enter') this._isHeld = true;
      }}
      @keyup=${this._release}
      @blur=${this._release}
      ><sp-icon-compare slot="icon"></sp-icon-compare
    ></sp-action-button>`;
  }

  private _toggle() {
    const title = msg('Side by side');
    return html`<sp-action-button
      quiet
      size="s"
      toggles
      data-testid="side-by-side"
      label=${title}
      title=${title}
      ?selected=${this._isSideBySide}
      ?disabled=${this.original.picture === null}
      @change=${(event: Event) => {
        event.preventDefault();
        this._isSideBySide = !this._isSideBySide;
      }}
      ><sp-icon-split-view slot="icon"></sp-icon-split-view
    ></sp-action-button>`;
  }

  /** Pressed and held, the picture shows what was before; dragged, it is a slider. */
  private _down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this._from = event.offsetX;
    this._isHeld = true;
  }

  private _move(event: PointerEvent): void {
    if (this._from === null) return;
    const stage = event.currentTarget as HTMLElement;
    if (this._isHeld && Math.abs(event.offsetX - this._from) < dragFrom) return;
    this._isHeld = false;
    const share = (100 * event.offsetX) / stage.clientWidth;
    this._share = Math.round(Math.min(100, Math.max(0, share)));
  }

  private _release(): void {
    this._from = null;
    this._isHeld = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'repaint-compare': CompareView;
  }
  interface HTMLElementEventMap {
    'repaint-look': LookEvent;
  }
}

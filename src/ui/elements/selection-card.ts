/** What the panel has read of the host's selection. */
import { LitElement, css, html } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-lasso-select.js';
import { localized, msg, str } from '../host/localisation.js';
import { fitWithin } from '../gallery/thumbnail.js';
import type { Region } from '../selection/region.js';
import type { SelectionState } from '../selection/selection-watch.js';
import { size } from '../text/format.js';
import { problemText } from '../text/problems.js';
import { drawRegion } from './region-drawing.js';
import { shared } from './styles.js';

/** CSS pixels of the picture's place. */
const place = { width: 270, height: 180 };

@localized()
@customElement('repaint-selection-card')
export class SelectionCard extends LitElement {
  @property({ attribute: false }) state: SelectionState = { kind: 'reading' };
  @query('canvas') private _canvas!: HTMLCanvasElement | null;

  static override styles = [
    shared,
    css`
      .picture {
        display: grid;
        place-items: center;
        height: ${place.height}px;
        background: var(--spectrum-gray-100);
      }
      canvas {
        display: block;
      }
      .text {
        display: grid;
        gap: 2px;
        padding: 10px 12px;
      }
      .empty {
        display: grid;
        justify-items: center;
        align-content: center;
        gap: 8px;
        min-height: ${place.height + 58}px;
        padding: 16px;
        text-align: center;
      }
      .sentence {
        font-weight: 600;
      }
    `,
  ];

  override render() {
    const { state } = this;
    switch (state.kind) {
      case 'reading':
        return html`<div class="card empty" data-testid="selection-reading">
          <p class="quiet">${msg('Reading the selection …')}</p>
        </div>`;
      case 'problem': {
        const { sentence, nextStep } = problemText(state.problem);
        return html`<div
          class="card empty"
          data-testid="selection-problem"
          data-code=${state.problem.code}
        >
          <sp-icon-lasso-select size="xl" aria-hidden="true"></sp-icon-lasso-select>
          <p class="sentence">${sentence}</p>
          <p>${nextStep}</p>
        </div>`;
      }
      case 'ready':
        return this._renderRegion(state.region);
    }
  }

  private _renderRegion(region: Region) {
    const { marked, photo, target, isExact } = region;
    return html`<div class="card" data-testid="selection-ready">
      <div class="picture">
        <canvas role="img" aria-label=${msg('The photo with the marked region')}></canvas>
      </div>
      <div class="text numbers">
        <p class="sentence" data-testid="region-size">${msg(str`Region ${size(marked)}`)}</p>
        <p class="quiet">${msg(str`in a photo of ${size(photo)}`)}</p>
        ${isExact ? '' : html`<p class="quiet">${msg('A selected item gave only its bounds, so its box is filled.')}</p>`}
        ${target.isLocked ? html`<p class="quiet">${msg('The photo is locked; fills are added above it.')}</p>` : ''}
      </div>
    </div>`;
  }

  override updated(): void {
    if (!this._canvas || this.state.kind !== 'ready') return;
    const { region } = this.state;
    const wide = fitWithin(region.raster, place.width);
    const shown = wide.height > place.height ? fitWithin(region.raster, longSide(region)) : wide;
    this._canvas.style.width = `${shown.width}px`;
    this._canvas.style.height = `${shown.height}px`;
    drawRegion(this._canvas, region, shown, devicePixelRatio);
  }
}

/** The long side at which the photo fits the place's height. */
function longSide({ raster: { width, height } }: Region): number {
  return Math.max(width, height) * (place.height / height);
}

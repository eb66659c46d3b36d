/** What the panel has read of the host's selection. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-lasso-select.js';
import '@spectrum-web-components/switch/sp-switch.js';
import type { Switch } from '@spectrum-web-components/switch';
import { localized, msg, str } from '../host/localisation.js';
import { firstChoices, type Choices } from '../fill/choices.js';
import type { Problem } from '../problem.js';
import { isExpanded, isOffPage } from '../selection/expansion.js';
import type { Region } from '../selection/region.js';
import type { SelectionState } from '../selection/selection-watch.js';
import { size } from '../text/format.js';
import { expansionText } from '../text/plan-text.js';
import { problemText } from '../text/problems.js';
import { ChooseEvent } from './choose-event.js';
import { isOtherPreview, type Drawn } from './region-drawing.js';
import { shared } from './styles.js';

@localized()
@customElement('repaint-selection-card')
export class SelectionCard extends LitElement {
  @property({ attribute: false }) state: SelectionState = { kind: 'reading' };
  @property({ attribute: false }) choices: Choices = firstChoices;
  /** By which the region is grown, and over which the fill fades in, photo pixels. */
  @property({ type: Number }) grow = 0;
  @property({ type: Number }) feather = 0;
  /** The fill as it grows. */
  @property({ attribute: false, hasChanged: isOtherPreview }) preview: Drawn['preview'] = null;

  static override styles = [
    shared,
    css`
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
        min-height: 200px;
        padding: 16px;
        text-align: center;
      }
      .sentence {
        font-weight: 600;
      }
      .whole {
        display: inline-block;
      }
    `,
  ];

  override render() {
    const { state } = this;
    if (state.kind === 'reading') {
      return html`<div class="card empty" data-testid="selection-reading">
        <p class="quiet">${msg('Reading the selection …')}</p>
      </div>`;
    }
    if (state.kind === 'problem' && !state.photo) return this._renderProblem(state.problem);
    return html`<div
      class="card"
      data-testid=${state.kind === 'ready' ? 'selection-ready' : 'selection-problem'}
      data-code=${state.kind === 'problem' ? state.problem.code : nothing}
    >
      <repaint-region-editor
        .photo=${state.photo}
        .grow=${this.grow}
        .feather=${this.feather}
        .preview=${this.preview}
        .isBare=${state.kind === 'problem' && state.problem.code === 'imageWithoutShapes'}
      ></repaint-region-editor>
      <div class="text numbers">
        ${state.kind === 'ready' ? this._renderRegion(state.region) : this._renderAdvice(state.problem)}
      </div>
    </div>`;
  }

  /** What goes past the photo's edge; what is only cut off there is told where it was chosen. */
  private _renderExpansion(region: Region) {
    const { choices } = this;
    const isLarger = isExpanded(region);
    if (!isLarger && choices.expands) return nothing;
    return html`${
        isLarger ? html`<p data-testid="expansion">${expansionText(region.past)}</p>` : nothing
      }
      ${
        isLarger && isOffPage(region)
          ? html`<p class="quiet">
              ${msg('What lies outside the page is seen once the page is enlarged.')}
            </p>`
          : nothing
      }
      <sp-switch
        data-testid="expands"
        ?checked=${choices.expands}
        @change=${(event: Event) => this._expand((event.target as Switch).checked)}
        >${msg('Fill past the photo’s edge')}</sp-switch
      >`;
  }

  private _expand(expands: boolean): void {
    this.dispatchEvent(new ChooseEvent({ ...this.choices, expands }));
  }

  private _renderProblem(problem: Problem) {
    const { sentence, nextStep } = problemText(problem);
    return html`<div class="card empty" data-testid="selection-problem" data-code=${problem.code}>
      <sp-icon-lasso-select size="xl" aria-hidden="true"></sp-icon-lasso-select>
      <p class="sentence">${sentence}</p>
      <p>${nextStep}</p>
    </div>`;
  }

  private _renderAdvice(problem: Problem) {
    const { sentence, nextStep } = problemText(problem);
    return html`<p class="sentence">${sentence}</p>
      <p class="quiet">${nextStep}</p>`;
  }

  private _renderRegion(region: Region) {
    const { marked, photo, raster, target, isExact } = region;
    const ofPhoto =
      raster.sizesIn === 'photo'
        ? msg(str`in a photo of ${size(photo)}`)
        : msg(str`in a photo shown at ${size(photo)}`);
    return html`<p>
        <span class="sentence" data-testid="region-size">${msg(str`Region ${size(marked)}`)}</span>
        <span class="quiet whole" data-testid="photo-size">${ofPhoto}</span>
      </p>
      ${this._renderExpansion(region)}
      ${
        isLarge(region)
          ? html`<p class="quiet" data-testid="region-large">
              ${msg('The region is more than half of the photo, which leaves little to continue from. Mark a smaller part, or fill it in two steps.')}
            </p>`
          : ''
      }
      ${isExact ? '' : html`<p class="quiet">${msg('A selected item gave only its bounds, so its box is filled.')}</p>`}
      ${target.isLocked ? html`<p class="quiet">${msg('The photo is locked; fills are added above it.')}</p>` : ''}`;
  }
}

/** More than half of the picture leaves too little to continue from. */
function isLarge({ marked, photo }: Region): boolean {
  return marked.width * marked.height > (photo.width * photo.height) / 2;
}

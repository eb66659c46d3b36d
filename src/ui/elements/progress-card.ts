/** One running fill: calls done of total, pace, time left, the image as it grows, and Cancel. */
import { LitElement, css, html } from 'lit';
import { customElement, property, queryAll } from 'lit/decorators.js';
import '@spectrum-web-components/progress-bar/sp-progress-bar.js';
import type { RgbaImage } from '../../image/raster.js';
import type { FillJob } from '../fill/fill-queue.js';
import { localized, msg } from '../host/localisation.js';
import { fillsText, stepsText, timeLeftText } from '../text/plan-text.js';
import { CancelEvent } from './job-events.js';
import { KeepFocus } from './keep-focus.js';
import { smallButton } from './small-button.js';
import { shared } from './styles.js';

@localized()
@customElement('repaint-progress-card')
export class ProgressCard extends LitElement {
  @property({ attribute: false }) job: FillJob | null = null;
  @queryAll('canvas') private _canvases!: NodeListOf<HTMLCanvasElement>;
  /** Progress comes with each call, a new image seldom. */
  private readonly _drawn = new WeakMap<HTMLCanvasElement, RgbaImage>();

  static override styles = [
    shared,
    css`
      .card {
        display: grid;
        grid-template-columns: 56px minmax(0, 1fr) auto;
        align-items: center;
        gap: 4px 12px;
        padding: 10px;
      }
      .pictures {
        display: grid;
        gap: 2px;
        align-content: start;
        width: 56px;
      }
      .pictures[data-many] {
        grid-template-columns: 1fr 1fr;
      }
      canvas {
        width: 100%;
        aspect-ratio: 1;
        object-fit: cover;
        border-radius: 8px;
        background: var(--spectrum-gray-100);
      }
      .text {
        display: grid;
        align-content: start;
      }
      .steps {
        grid-column: 1 / -1;
      }
      sp-progress-bar {
        grid-column: 1 / -1;
        width: 100%;
        --mod-progressbar-font-size: 0;
      }
    `,
  ];

  constructor() {
    super();
    new KeepFocus(this, ['h2']);
  }

  override render() {
    const { job } = this;
    if (!job) return '';
    const { progress, request } = job;
    const isCancelling = job.state === 'cancelling';
    const title = fillsText(progress, request.seeds.length);
    const percent = progress ? (100 * progress.nfe) / progress.nfeTotal : 0;
    return html`<section class="card" aria-label=${msg('Fill in progress')} data-testid="progress">
      ${this._pictures(progress?.batch ?? 1)}
      <div class="text numbers">
        <h2 tabindex="-1" data-testid="progress-title">${title}</h2>
        <p data-testid="pace">${progress ? timeLeftText(progress) : msg('Starting …')}</p>
      </div>
      ${smallButton(
        'cancel',
        isCancelling ? msg('Stopping …') : msg('Cancel'),
        () => this.dispatchEvent(new CancelEvent(job.id)),
        isCancelling,
      )}
      <p class="steps quiet numbers" data-testid="calls">${progress ? stepsText(progress) : ''}</p>
      <sp-progress-bar size="s" progress=${percent} aria-label=${title}></sp-progress-bar>
    </section>`;
  }

  /** One for each fill that is being made now. */
  private _pictures(count: number) {
    return html`<div
      class="pictures"
      role="img"
      aria-label=${msg('The image as predicted so far')}
      ?data-many=${count > 1}
    >
      ${Array.from({ length: count }, () => html`<canvas data-testid="preview"></canvas>`)}
    </div>`;
  }

  override focus(): void {
    this.renderRoot.querySelector('h2')?.focus();
  }

  override updated(): void {
    const { job } = this;
    if (!job) return;
    const first = job.progress?.fill ?? 0;
    this._canvases.forEach((canvas, k) => {
      const image = job.previews[first + k] ?? job.request.source;
      if (this._drawn.get(canvas) !== image) draw(canvas, image);
      this._drawn.set(canvas, image);
    });
  }
}

function draw(canvas: HTMLCanvasElement, { width, height, data }: RgbaImage): void {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')!.putImageData(new ImageData(data, width, height), 0, 0);
}

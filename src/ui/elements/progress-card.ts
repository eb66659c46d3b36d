/** One running fill: calls done of total, pace, time left, the image as it grows, and Cancel. */
import { LitElement, css, html } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import '@spectrum-web-components/button/sp-button.js';
import '@spectrum-web-components/progress-bar/sp-progress-bar.js';
import type { FillJob } from '../fill/fill-queue.js';
import { localized, msg, str } from '../host/localisation.js';
import { number } from '../text/format.js';
import { callsText, paceText } from '../text/plan-text.js';
import { CancelEvent } from './job-events.js';
import { shared } from './styles.js';

@localized()
@customElement('repaint-progress-card')
export class ProgressCard extends LitElement {
  @property({ attribute: false }) job: FillJob | null = null;
  @query('canvas') private _canvas!: HTMLCanvasElement | null;

  static override styles = [
    shared,
    css`
      .card {
        display: grid;
        grid-template-columns: 96px 1fr;
        gap: 12px;
        padding: 12px;
      }
      canvas {
        width: 96px;
        height: 96px;
        object-fit: cover;
        border-radius: 8px;
        background: var(--spectrum-gray-100);
      }
      .text {
        display: grid;
        align-content: start;
        gap: 2px;
      }
      sp-progress-bar {
        grid-column: 1 / -1;
        width: 100%;
        --mod-progressbar-font-size: 0;
      }
      sp-button {
        justify-self: start;
        margin-top: 6px;
      }
    `,
  ];

  override render() {
    const { job } = this;
    if (!job) return '';
    const { progress, request } = job;
    const fills = request.seeds.length;
    const title = msg(str`Fill ${number((progress?.fill ?? 0) + 1)} of ${number(fills)}`);
    const percent = progress ? (100 * progress.nfe) / progress.nfeTotal : 0;
    return html`<section class="card" aria-label=${msg('Fill in progress')} data-testid="progress">
      <canvas
        data-testid="preview"
        role="img"
        aria-label=${msg('The image as predicted so far')}
      ></canvas>
      <div class="text numbers">
        <h2>${title}</h2>
        <p data-testid="calls">${progress ? callsText(progress) : msg('Starting …')}</p>
        <p class="quiet" data-testid="pace">${progress ? paceText(progress) : ''}</p>
        <sp-button
          data-testid="cancel"
          size="s"
          variant="secondary"
          treatment="outline"
          ?disabled=${job.state === 'cancelling'}
          @click=${() => this.dispatchEvent(new CancelEvent(job.id))}
          >${job.state === 'cancelling' ? msg('Stopping after this call …') : msg('Cancel')}</sp-button
        >
      </div>
      <sp-progress-bar size="s" progress=${percent} aria-label=${title}></sp-progress-bar>
    </section>`;
  }

  override updated(): void {
    const { _canvas: canvas, job } = this;
    const image = job?.preview ?? job?.request.source;
    if (!canvas || !image) return;
    canvas.width = image.width;
    canvas.height = image.height;
    canvas
      .getContext('2d')!
      .putImageData(new ImageData(image.data, image.width, image.height), 0, 0);
  }
}

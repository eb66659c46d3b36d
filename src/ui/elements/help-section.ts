/** Help in short, the version, and a report of a result that the user may send themselves. */
import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '@spectrum-web-components/accordion/sp-accordion.js';
import '@spectrum-web-components/accordion/sp-accordion-item.js';
import { settingsOf } from '../fill/choices.js';
import { localized, msg, str } from '../host/localisation.js';
import type { Session } from '../session.js';
import { smallButton } from './small-button.js';
import { shared } from './styles.js';

/** Everything that says how a result came about, and nothing of the picture. */
function reportOf({ version, model, choices, region, queue, gallery }: Session): string {
  const { state } = model;
  const facts = {
    version,
    model: state.kind === 'ready' ? `${state.card.id} ${state.card.checkpoint.sha256}` : state.kind,
    device: state.kind === 'ready' ? state.device : null,
    msPerCall: state.kind === 'ready' ? state.msPerCall : null,
    problem: state.kind === 'failed' ? state.problem : (queue.interrupted[0]?.problem ?? null),
    photo: region?.photo ?? null,
    region: region?.marked ?? null,
    settings: settingsOf(choices),
    seeds: gallery.sets[0]?.fills.map(({ record }) => record.seed) ?? [],
    browser: navigator.userAgent,
  };
  return JSON.stringify(facts, null, 2);
}

@localized()
@customElement('repaint-help')
export class HelpSection extends LitElement {
  @property({ attribute: false }) session!: Session;
  /** What is to be reported, once it was asked for. */
  @state() private _report = '';
  @state() private _isCopied = false;

  static override styles = [
    shared,
    css`
      .fields {
        display: grid;
        gap: 8px;
        padding-bottom: 8px;
      }
      ol,
      ul {
        margin: 0;
        padding-left: 18px;
      }
      textarea {
        width: 100%;
        min-height: 96px;
        font: 11px/1.4 monospace;
        color: inherit;
        background: var(--spectrum-gray-75, transparent);
        border: 1px solid var(--spectrum-gray-500);
        border-radius: 6px;
      }
    `,
  ];

  override render() {
    return html`<sp-accordion size="s" level="2">
      <sp-accordion-item label=${msg('Help')} data-testid="help">
        <div class="fields">
          <ol>
            <li>
              ${msg('Select a photo and paint over what should go, or draw a shape over it on the page.')}
            </li>
            <li>${msg('Press Generative fill. Each fill becomes a layer above the photo.')}</li>
            <li>
              ${msg('Hold or slide the picture to compare, keep the one you like, and go on from there.')}
            </li>
          </ol>
          <p class="quiet">
            ${msg('In the picture: B brush, E eraser, L lasso, R rectangle, O ellipse, [ and ] size, + and − or Ctrl with the wheel zoom, Space moves the picture, Alt takes away, Ctrl+Z takes back.')}
          </p>
          <p class="quiet" data-testid="version">${msg(str`Version ${this.session.version}`)}</p>
          ${smallButton('report', msg('Report a result …'), () => void this._tell())}
          ${this._report ? this._reported() : ''}
        </div>
      </sp-accordion-item>
    </sp-accordion>`;
  }

  private _reported() {
    return html`<p class="quiet" role="status">
        ${
          this._isCopied
            ? msg('Copied. Nothing was sent: paste it where you want to report it.')
            : msg('Nothing is sent by itself: copy this to where you want to report it.')
        }
      </p>
      <textarea
        readonly
        data-testid="report-text"
        aria-label=${msg('Report')}
        .value=${this._report}
      ></textarea>`;
  }

  /** The host may refuse the clipboard: the text is there to be copied by hand. */
  private async _tell(): Promise<void> {
    this._report = reportOf(this.session);
    this._isCopied = await navigator.clipboard.writeText(this._report).then(
      () => true,
      () => false,
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'repaint-help': HelpSection;
  }
}

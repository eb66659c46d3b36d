/** The models: which there are, which one is used, and the way to add one. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import '@spectrum-web-components/action-button/sp-action-button.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-chevron-left.js';
import type { ActionButton } from '@spectrum-web-components/action-button';
import { defaultModelId, type ModelManifest } from '../../protocol/model-card.js';
import type { UnfinishedDownload } from '../../protocol/model-shelf-api.js';
import { localized, msg, str } from '../host/localisation.js';
import { originText } from '../../protocol/hub-address.js';
import { Watching } from '../observed.js';
import type { Session } from '../session.js';
import { fileSize } from '../text/format.js';
import { storageText } from '../text/model-text.js';
import { problemText } from '../text/problems.js';
import { busyReason, loadingText } from '../text/readiness.js';
import { KeepFocus } from './keep-focus.js';
import './model-adder.js';
import './model-card.js';
import { ManageModelsEvent, RemoveModelEvent } from './model-events.js';
import './notice.js';
import { smallButton } from './small-button.js';
import { shared } from './styles.js';

@localized()
@customElement('repaint-models-page')
export class ModelsPage extends LitElement {
  @property({ attribute: false }) session!: Session;

  static override styles = [
    shared,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 16px;
      }
      .head {
        display: flex;
        align-items: center;
        gap: 4px;
        margin-left: -8px;
      }
      h1 {
        margin: 0;
        font-size: 16px;
      }
      ul,
      .unfinished {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .download {
        display: grid;
        gap: 6px;
        padding: 12px;
        overflow-wrap: anywhere;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
    `,
  ];

  constructor() {
    super();
    new Watching(this, () => this.session);
    new KeepFocus(this, ['h1']);
    this.addEventListener('keydown', (event) => this._onKey(event));
  }

  override render() {
    const { library } = this.session;
    const { shelf, adding } = library;
    return html`
      <div class="head">
        <sp-action-button
          quiet
          size="m"
          data-testid="close-models"
          label=${msg('Back to filling')}
          @click=${() => this.dispatchEvent(new ManageModelsEvent(false))}
        >
          <sp-icon-chevron-left slot="icon"></sp-icon-chevron-left>
        </sp-action-button>
        <h1 tabindex="-1" data-testid="models-heading">${msg('Models')}</h1>
      </div>
      ${this._storage()} ${this._problem()}
      <ul>
        ${shelf.shipped.map((manifest) => html`<li>${this._card(manifest, true)}</li>`)}
        ${repeat(
          shelf.models,
          ({ manifest }) => manifest.card.id,
          ({ manifest }) => html`<li>${this._card(manifest, false)}</li>`,
        )}
      </ul>
      ${shelf.damaged.map((id) => this._damaged(id))} ${this._unfinished(shelf.unfinished)}
      <repaint-model-adder
        .adding=${adding}
        .busyReason=${busyReason(this.session)}
      ></repaint-model-adder>
    `;
  }

  /** The keyboard begins where the page does. */
  override firstUpdated(): void {
    void this._focusBack();
  }

  private async _focusBack(): Promise<void> {
    const back = this.renderRoot.querySelector<ActionButton>('[data-testid=close-models]');
    await back?.updateComplete;
    back?.focus();
  }

  /** Escape goes back, unless it closes something of the page's own. */
  private _onKey({ key, defaultPrevented, isComposing }: KeyboardEvent): void {
    if (key === 'Escape' && !defaultPrevented && !isComposing)
      this.dispatchEvent(new ManageModelsEvent(false));
  }

  private _storage() {
    const { shelf } = this.session.library.shelf;
    if (!shelf) return nothing;
    const text =
      shelf.storage === 'opfs'
        ? storageText(shelf)
        : msg('This browser refuses storage: added models are kept only until the panel closes.');
    return html`<p class="quiet numbers" data-testid="storage">${text}</p>`;
  }

  private _problem() {
    const { problem } = this.session.library.shelf;
    if (!problem) return nothing;
    const { sentence, nextStep } = problemText(problem);
    return html`<repaint-notice
      data-testid="shelf-problem"
      data-code=${problem.code}
      variant="error"
      ><span slot="sentence">${sentence}</span> <span>${nextStep}</span>
      ${problem.detail ? html`<span slot="detail">${problem.detail}</span>` : nothing}
      ${smallButton('read-shelf', msg('Try again'), () => void this.session.library.shelf.read())}
    </repaint-notice>`;
  }

  private _card(manifest: ModelManifest, isShipped: boolean) {
    const { choices, library, model } = this.session;
    const { id } = manifest.card;
    const isInUse = id === (choices.model?.id ?? defaultModelId);
    return html`<repaint-model-card
      .manifest=${manifest}
      .speed=${library.speed(id)}
      .isShipped=${isShipped}
      .isInUse=${isInUse}
      .status=${isInUse ? loadingText(model) : ''}
      .busyReason=${busyReason(this.session)}
    ></repaint-model-card>`;
  }

  private _damaged(id: string) {
    const remove = () => this.dispatchEvent(new RemoveModelEvent(id));
    return html`<div class="card download" data-testid="damaged" role="group" aria-label=${id}>
      <p>${id}</p>
      <p class="quiet">
        ${msg('This model’s entry cannot be read. Remove it, and add the model again.')}
      </p>
      <div class="actions">${smallButton('remove-damaged', msg('Remove'), remove)}</div>
    </div>`;
  }

  private _unfinished(downloads: readonly UnfinishedDownload[]) {
    if (downloads.length === 0) return nothing;
    return html`<section class="unfinished" aria-labelledby="unfinished">
      <h2 id="unfinished">${msg('Unfinished downloads')}</h2>
      ${downloads.map((download) => this._download(download))}
    </section>`;
  }

  private _download({ id, origin, loadedBytes, totalBytes }: UnfinishedDownload) {
    const { adding } = this.session.library;
    const loaded = fileSize(loadedBytes);
    const isBusy = adding.state.kind === 'adding' || adding.state.kind === 'looking';
    const name = originText(origin);
    return html`<div class="card download" data-testid="unfinished" role="group" aria-label=${name}>
      <p>${name}</p>
      <p class="quiet numbers">
        ${totalBytes === null ? loaded : msg(str`${loaded} of ${fileSize(totalBytes)}`)}
      </p>
      <div class="actions">
        ${smallButton('continue-download', msg('Continue'), () => this._goOn(origin), isBusy)}
        ${smallButton(
          'remove-download',
          msg('Remove'),
          () => this.dispatchEvent(new RemoveModelEvent(id)),
          isBusy,
        )}
      </div>
    </div>`;
  }

  /** The form comes up below; the focus goes there. */
  private _goOn(origin: UnfinishedDownload['origin']): void {
    void this.session.library.adding.look(origin);
    this.renderRoot.querySelector('repaint-model-adder')?.focus();
  }
}

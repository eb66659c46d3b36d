/** Where a new model comes from: dropped or chosen files, an address, or a Hugging Face name. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import '@spectrum-web-components/button/sp-button.js';
import '@spectrum-web-components/dropzone/sp-dropzone.js';
import '@spectrum-web-components/field-label/sp-field-label.js';
import '@spectrum-web-components/help-text/sp-help-text.js';
import '@spectrum-web-components/textfield/sp-textfield.js';
import type { DropzoneEventDetail } from '@spectrum-web-components/dropzone';
import type { Textfield } from '@spectrum-web-components/textfield';
import { localized, msg } from '../host/localisation.js';
import { droppedFiles } from '../models/dropped-files.js';
import type { ModelAdding } from '../models/model-adding.js';
import { originOf } from '../../protocol/hub-address.js';
import { smallButton } from './small-button.js';
import { shared } from './styles.js';

const firstInvitation = () =>
  msg('Drop a checkpoint with its config files here, or the folder they lie in');

@localized()
@customElement('repaint-model-source')
export class ModelSourceElement extends LitElement {
  @property({ attribute: false }) adding!: ModelAdding;
  /** Set when only more files are asked for: what to say of them. */
  @property() invitation = '';
  /** What was looked for in vain, to be mended. */
  @property() address = '';
  @state() private _isRefused = false;
  @query('input') private _input!: HTMLInputElement;
  @query('sp-textfield') private _address!: Textfield;

  static override styles = [
    shared,
    css`
      :host {
        display: grid;
        gap: 12px;
      }
      sp-dropzone {
        width: 100%;
        padding: 16px;
      }
      .drop {
        display: grid;
        justify-items: center;
        gap: 8px;
        text-align: center;
      }
      .address {
        display: grid;
        grid-template-columns: 1fr auto;
        align-items: start;
        gap: 0 8px;
      }
      .wide {
        grid-column: 1 / -1;
      }
      sp-textfield {
        width: 100%;
      }
    `,
  ];

  override render() {
    return html`
      <sp-dropzone data-testid="drop-zone" @sp-dropzone-drop=${this._onDrop}>
        <div class="drop">
          <p>${this.invitation || firstInvitation()}</p>
          ${
            this.invitation
              ? nothing
              : html`<p class="quiet">${msg('or an .onnx file with its card.json')}</p>`
          }
          ${smallButton('choose-files', msg('Choose files …'), () => this._input.click())}
          <input
            hidden
            multiple
            type="file"
            data-testid="file-input"
            aria-label=${msg('Files of the model')}
            @change=${this._onChosen}
          />
        </div>
      </sp-dropzone>
      ${this.invitation ? nothing : this._addressRow()}
    `;
  }

  private _addressRow() {
    return html`<div class="address">
      <sp-field-label class="wide" for="address"
        >${msg('Address, or Hugging Face name (owner/name)')}</sp-field-label
      >
      <sp-textfield
        id="address"
        data-testid="address"
        autocomplete="off"
        .value=${this.address}
        ?invalid=${this._isRefused}
        @input=${() => (this._isRefused = false)}
        @keydown=${this._onKey}
      >
        <sp-help-text slot="help-text"
          >${msg('A download only fetches: nothing of yours is sent.')}</sp-help-text
        >
        <sp-help-text slot="negative-help-text"
          >${msg('Give an address that begins with https://, or owner/name.')}</sp-help-text
        >
      </sp-textfield>
      <sp-button data-testid="look" variant="secondary" @click=${this._look}
        >${msg('Look')}</sp-button
      >
    </div>`;
  }

  private readonly _onDrop = async ({ detail }: CustomEvent<DropzoneEventDetail>) => {
    if (!detail.dataTransfer) return;
    const dropped = await droppedFiles(detail.dataTransfer);
    await this.adding.takeFiles(
      dropped.map(({ file }) => file),
      dropped.map(({ path }) => path),
    );
  };

  /** Emptied, so that the same files can be chosen again after they were corrected. */
  private readonly _onChosen = async () => {
    const files = [...(this._input.files ?? [])];
    this._input.value = '';
    await this.adding.takeFiles(files);
  };

  /** While an input method composes, Enter is its own. */
  private readonly _onKey = ({ key, isComposing }: KeyboardEvent) => {
    if (key === 'Enter' && !isComposing) void this._look();
  };

  private readonly _look = async () => {
    const origin = originOf(this._address.value);
    this._isRefused = origin === null;
    if (origin) await this.adding.look(origin);
    else this._address.focus();
  };
}

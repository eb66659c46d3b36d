/** The buttons below the picture: tools, their size, and what is done to the whole region. */
import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import '@spectrum-web-components/action-button/sp-action-button.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-brush.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-close-circle.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-ellipse.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-erase.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-full-screen.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-full-screen-exit.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-import.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-invert-adj.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-lasso-select.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-rectangle.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-redo.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-subtract-from-selection.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-undo.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-zoom-in.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-zoom-out.js';
import { localized, msg, str } from '../host/localisation.js';
import { markTools, type MarkTool } from '../marking/gesture.js';
import type { MarkMode } from '../marking/marks.js';
import { number } from '../text/format.js';
import { LoadMaskEvent, MarkActionEvent, ToolEvent, type MarkAction } from './marking-events.js';
import { shared } from './styles.js';

const toolTitles: Record<MarkTool, () => string> = {
  brush: () => msg('Brush (B)'),
  eraser: () => msg('Eraser (E)'),
  lasso: () => msg('Lasso (L)'),
  rectangle: () => msg('Rectangle (R)'),
  ellipse: () => msg('Ellipse (O)'),
};

const toolIcons: Record<MarkTool, TemplateResult> = {
  brush: html`<sp-icon-brush slot="icon"></sp-icon-brush>`,
  eraser: html`<sp-icon-erase slot="icon"></sp-icon-erase>`,
  lasso: html`<sp-icon-lasso-select slot="icon"></sp-icon-lasso-select>`,
  rectangle: html`<sp-icon-rectangle slot="icon"></sp-icon-rectangle>`,
  ellipse: html`<sp-icon-ellipse slot="icon"></sp-icon-ellipse>`,
};

@localized()
@customElement('repaint-mark-tools')
export class MarkTools extends LitElement {
  @property() tool: MarkTool = 'brush';
  @property() mode: MarkMode = 'add';
  /** Of the brush, photo pixels. */
  @property({ type: Number }) radius = 1;
  @property({ type: Number }) maxRadius = 1;
  @property({ type: Boolean }) canUndo = false;
  @property({ type: Boolean }) canRedo = false;
  @property({ type: Boolean }) isLarge = false;
  @query('input[type=file]') private _file!: HTMLInputElement;

  static override styles = [
    shared,
    css`
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 2px;
        padding: 2px 6px;
      }
      .end {
        margin-left: auto;
      }
      label {
        display: flex;
        flex: 1 1 64px;
        align-items: center;
        gap: 6px;
        min-width: 64px;
        margin-left: 4px;
      }
      input[type='range'] {
        flex: 1;
        width: 100%;
        min-width: 0;
        margin: 0;
        accent-color: var(--spectrum-accent-color-900, #3b63fb);
      }
      [hidden] {
        display: none;
      }
    `,
  ];

  override render() {
    const isBrush = this.tool === 'brush' || this.tool === 'eraser';
    return html`
      <div class="row" role="toolbar" aria-label=${msg('Marking tools')}>
        ${markTools.map((tool) => this._toolButton(tool))}
        ${isBrush ? this._size() : this._subtract()}
      </div>
      <div class="row" role="toolbar" aria-label=${msg('Marked region and picture')}>
        ${this._action('undo', msg('Undo'), html`<sp-icon-undo slot="icon"></sp-icon-undo>`, !this.canUndo)}
        ${this._action('redo', msg('Redo'), html`<sp-icon-redo slot="icon"></sp-icon-redo>`, !this.canRedo)}
        ${this._action('invert', msg('Invert (I)'), html`<sp-icon-invert-adj slot="icon"></sp-icon-invert-adj>`)}
        ${this._action('clear', msg('Clear (Delete)'), html`<sp-icon-close-circle slot="icon"></sp-icon-close-circle>`)}
        ${this._load()}
        <span class="end"></span>
        ${this._action('zoomOut', msg('Zoom out (−)'), html`<sp-icon-zoom-out slot="icon"></sp-icon-zoom-out>`)}
        ${this._action('zoomIn', msg('Zoom in (+)'), html`<sp-icon-zoom-in slot="icon"></sp-icon-zoom-in>`)}
        ${
          this.isLarge
            ? this._action(
                'large',
                msg('Smaller picture'),
                html`<sp-icon-full-screen-exit slot="icon"></sp-icon-full-screen-exit>`,
              )
            : this._action(
                'large',
                msg('Larger picture'),
                html`<sp-icon-full-screen slot="icon"></sp-icon-full-screen>`,
              )
        }
      </div>
    `;
  }

  private _toolButton(tool: MarkTool) {
    const title = toolTitles[tool]();
    return html`<sp-action-button
      quiet
      size="s"
      toggles
      data-testid=${`tool-${tool}`}
      ?selected=${tool === this.tool}
      label=${title}
      title=${title}
      @change=${(event: Event) => {
        event.preventDefault();
        this.dispatchEvent(new ToolEvent({ tool }));
      }}
      >${toolIcons[tool]}</sp-action-button
    >`;
  }

  private _size() {
    const size = msg(str`Brush size ${number(2 * this.radius)} px`);
    return html`<label title=${size}>
      <input
        type="range"
        data-testid="brush-size"
        min="0"
        max="100"
        .value=${String(Math.round(100 * Math.sqrt(this.radius / this.maxRadius)))}
        aria-label=${msg('Brush size')}
        aria-valuetext=${size}
        @input=${this._resize}
      />
    </label>`;
  }

  /** Small sizes need finer steps than large ones. */
  private _resize(event: Event): void {
    const share = Number((event.target as HTMLInputElement).value) / 100;
    this.dispatchEvent(new ToolEvent({ radius: Math.max(1, this.maxRadius * share * share) }));
  }

  private _subtract() {
    const title = msg('Take away from the region (Alt)');
    return html`<sp-action-button
      class="end"
      quiet
      size="s"
      toggles
      data-testid="subtract"
      ?selected=${this.mode === 'subtract'}
      label=${title}
      title=${title}
      @change=${(event: Event) => {
        event.preventDefault();
        this.dispatchEvent(new ToolEvent({ mode: this.mode === 'add' ? 'subtract' : 'add' }));
      }}
      ><sp-icon-subtract-from-selection slot="icon"></sp-icon-subtract-from-selection
    ></sp-action-button>`;
  }

  private _action(action: MarkAction, title: string, icon: TemplateResult, isDisabled = false) {
    return html`<sp-action-button
      quiet
      size="s"
      data-testid=${`mark-${action}`}
      ?disabled=${isDisabled}
      label=${title}
      title=${title}
      @click=${() => this.dispatchEvent(new MarkActionEvent(action))}
      >${icon}</sp-action-button
    >`;
  }

  private _load() {
    const title = msg('Load a mask image: white or opaque is filled');
    return html`<sp-action-button
        quiet
        size="s"
        data-testid="load-mask"
        label=${title}
        title=${title}
        @click=${() => this._file.click()}
        ><sp-icon-import slot="icon"></sp-icon-import></sp-action-button
      ><input
        type="file"
        accept="image/*"
        hidden
        data-testid="mask-file"
        aria-label=${title}
        @change=${this._chosen}
      />`;
  }

  private _chosen(): void {
    const [file] = this._file.files ?? [];
    if (file) this.dispatchEvent(new LoadMaskEvent(file));
    // The same file can be chosen again.
    this._file.value = '';
  }
}

/** The photo, and the tools that mark a region on it: by pointer, pen or keyboard. */
import { LitElement, css, html } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Point, Size } from '../../image/geometry.js';
import { localized, msg } from '../host/localisation.js';
import { Gesture, type MarkTool } from '../marking/gesture.js';
import type { MarkMode } from '../marking/marks.js';
import { maskStamp } from '../marking/mask-file.js';
import { toPhoto, wholeView, within, zoomed, type View } from '../marking/view.js';
import type { Photo } from '../selection/region.js';
import {
  MarkedEvent,
  type LoadMaskEvent,
  type MarkAction,
  type MarkActionEvent,
  type ToolEvent,
} from './marking-events.js';
import { drawRegion, isOtherPreview, type Drawn } from './region-drawing.js';
import { shared } from './styles.js';

/** A first brush is a twelfth of the photo's short side. */
const firstBrush = 1 / 24;
const largestBrush = 1 / 3;
const zoomStep = 1.5;
/** How far an arrow key moves the cross, CSS pixels. */
const keyStep = 8;

const toolKeys: Readonly<Record<string, MarkTool>> = {
  b: 'brush',
  e: 'eraser',
  l: 'lasso',
  r: 'rectangle',
  o: 'ellipse',
};

const actionKeys: Readonly<Record<string, MarkAction>> = {
  i: 'invert',
  delete: 'clear',
  backspace: 'clear',
  '+': 'zoomIn',
  '=': 'zoomIn',
  '-': 'zoomOut',
  '0': 'whole',
};

const arrows: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

@localized()
@customElement('repaint-region-editor')
export class RegionEditor extends LitElement {
  @property({ attribute: false }) photo!: Photo;
  /** By which the region is grown, and over which the fill fades in, photo pixels. */
  @property({ type: Number }) grow = 0;
  @property({ type: Number }) feather = 0;
  @property({ attribute: false, hasChanged: isOtherPreview }) preview: Drawn['preview'] = null;
  /** Nothing is marked yet. */
  @property({ type: Boolean }) isBare = false;
  /** More room for the picture. */
  @property({ type: Boolean, reflect: true }) large = false;
  @state() private _tool: MarkTool = 'brush';
  @state() private _mode: MarkMode = 'add';
  @state() private _radius = 0;
  @query('canvas') private _canvas!: HTMLCanvasElement;
  private _view: View | null = null;
  private _place: Size = { width: 0, height: 0 };
  /** Where pointer or arrow keys are, photo pixels. */
  private _cursor: Point | null = null;
  private _gesture: Gesture | null = null;
  /** Where the picture was taken hold of. */
  private _held: { readonly at: Point; readonly view: View } | null = null;
  private _isSpaceDown = false;
  private _isDrawing = false;
  private readonly _resized = new ResizeObserver(() => this._fit());

  static override styles = [
    shared,
    css`
      .place {
        height: clamp(120px, 26vh, 200px);
        background: var(--spectrum-gray-100);
      }
      :host([large]) .place {
        height: max(240px, 100vh - 250px);
      }
      canvas {
        display: block;
        width: 100%;
        height: 100%;
        touch-action: none;
        cursor: crosshair;
      }
      canvas:focus-visible {
        outline: 3px solid var(--spectrum-focus-indicator-color, #4b75ff);
        outline-offset: -3px;
      }
      p {
        display: none;
      }
    `,
  ];

  override render() {
    const { marks } = this.photo;
    return html`<div class="place">
        <canvas
          tabindex="0"
          role="application"
          data-testid="region-picture"
          aria-roledescription=${msg('marking tool')}
          aria-label=${msg('The photo with the marked region')}
          aria-describedby="keys"
          @pointerdown=${this._down}
          @pointermove=${this._move}
          @pointerup=${this._up}
          @pointercancel=${this._cancel}
          @pointerleave=${this._leave}
          @blur=${this._leave}
          @keydown=${this._key}
          @keyup=${(event: KeyboardEvent) => {
            if (event.key === ' ') this._isSpaceDown = false;
          }}
          @wheel=${this._wheel}
          @dragover=${(event: Event) => event.preventDefault()}
          @drop=${(event: DragEvent) => void this._load(event.dataTransfer?.files[0])}
        ></canvas>
      </div>
      <p id="keys">
        ${msg('Arrow keys move the cross, with Shift farther. Enter begins and ends marking, Escape takes it back. B, E, L, R and O choose a tool, brackets its size, plus and minus zoom.')}
      </p>
      <repaint-mark-tools
        .tool=${this._tool}
        .mode=${this._mode}
        .radius=${this._radius}
        .maxRadius=${this._shortSide * largestBrush}
        .canUndo=${marks.canUndo}
        .canRedo=${marks.canRedo}
        .isLarge=${this.large}
        @repaint-tool=${({ change }: ToolEvent) => this._choose(change)}
        @repaint-mark-action=${({ action }: MarkActionEvent) => this._act(action)}
        @repaint-load-mask=${({ file }: LoadMaskEvent) => void this._load(file)}
      ></repaint-mark-tools>`;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => this._resized.observe(this._canvas));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this._resized.disconnect();
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get('photo') as Photo | undefined;
    if (!changed.has('photo') || before?.marks === this.photo.marks) return;
    this._cancel();
    this._radius = Math.max(1, this._shortSide * firstBrush);
    this._view = null;
  }

  override updated(): void {
    this._redraw();
  }

  private get _shortSide(): number {
    return Math.min(this.photo.raster.width, this.photo.raster.height);
  }

  private _fit(): void {
    const { clientWidth: width, clientHeight: height } = this._canvas;
    this._place = { width, height };
    // A picture that was shown whole is shown whole again.
    this._view = null;
    this._redraw();
  }

  /** Draws with the next frame, however often it is asked for. */
  private _redraw(): void {
    if (this._isDrawing) return;
    this._isDrawing = true;
    requestAnimationFrame(() => {
      this._isDrawing = false;
      if (this.isConnected && this._place.width > 0) this._draw();
    });
  }

  private _draw(): void {
    const { raster, marks } = this.photo;
    this._view ??= wholeView(raster, this._place);
    const isBrush = this._tool === 'brush' || this._tool === 'eraser';
    const radius = isBrush ? this._radius : 3 / this._view.scale;
    const drawn: Drawn = {
      raster,
      coverage: marks.coverage,
      view: this._view,
      grow: this.grow,
      // It would have to be computed anew with each movement.
      feather: this._gesture ? 0 : this.feather,
      outline: this._gesture?.outline,
      cursor: this._cursor && { ...this._cursor, radius },
      preview: this.preview,
      isBare: this.isBare && !this._gesture,
    };
    drawRegion(this._canvas, drawn, this._place, devicePixelRatio);
  }

  private _at({ offsetX: x, offsetY: y }: MouseEvent): Point {
    return toPhoto(this._view ?? { scale: 1, x: 0, y: 0 }, { x, y });
  }

  /** A pen that is pressed lightly marks a thinner line. */
  private _radiusOf({ pointerType, pressure }: PointerEvent): number {
    return pointerType === 'pen' ? this._radius * (0.25 + 0.75 * pressure) : this._radius;
  }

  private _down(event: PointerEvent): void {
    if (!this._view || this._gesture) return;
    this._canvas.setPointerCapture(event.pointerId);
    const at = { x: event.offsetX, y: event.offsetY };
    if (event.button === 1 || this._isSpaceDown) {
      this._held = { at, view: this._view };
    } else if (event.button === 0) {
      this._begin(this._at(event), event.altKey, this._radiusOf(event));
    }
  }

  private _move(event: PointerEvent): void {
    if (this._held) return this._pan(event);
    this._cursor = this._at(event);
    // Between two frames a pen reports several places.
    const path = this._gesture ? event.getCoalescedEvents() : [];
    for (const step of path.length > 0 ? path : [event]) {
      this._gesture?.moveTo(this._at(step), this._radiusOf(step));
    }
    this._redraw();
  }

  private _up(): void {
    this._held = null;
    this._end();
  }

  private _leave(): void {
    this._isSpaceDown = false;
    if (!this._gesture) this._cursor = null;
    this._redraw();
  }

  private _pan({ offsetX, offsetY }: PointerEvent): void {
    const { at, view } = this._held!;
    const moved = { ...view, x: view.x + offsetX - at.x, y: view.y + offsetY - at.y };
    this._view = within(moved, this.photo.raster, this._place);
    this._redraw();
  }

  private _begin(at: Point, isOpposite = false, radius = this._radius): void {
    const other = this._mode === 'add' ? 'subtract' : 'add';
    const mode = isOpposite ? other : this._mode;
    const tool = isOpposite && this._tool === 'brush' ? 'eraser' : this._tool;
    this._gesture = new Gesture(this.photo.marks, tool, mode, at, radius);
    this._redraw();
  }

  private _end(): void {
    if (!this._gesture) return;
    this._gesture.end();
    this._gesture = null;
    this._marked();
  }

  private _cancel(): void {
    this._held = null;
    this._gesture?.cancel();
    this._gesture = null;
    this._redraw();
  }

  private _marked(): void {
    this.requestUpdate();
    this.dispatchEvent(new MarkedEvent());
  }

  private _choose({ tool, mode, radius }: ToolEvent['change']): void {
    this._cancel();
    this._tool = tool ?? this._tool;
    // What is taken away is taken away by the tool it was chosen for.
    this._mode = mode ?? (tool ? 'add' : this._mode);
    this._radius = radius ?? this._radius;
  }

  private _act(action: MarkAction): void {
    const { marks } = this.photo;
    this._cancel();
    switch (action) {
      case 'undo':
      case 'redo':
      case 'invert':
      case 'clear':
        marks[action]();
        return this._marked();
      case 'zoomIn':
        return this._zoom(zoomStep);
      case 'zoomOut':
        return this._zoom(1 / zoomStep);
      case 'whole':
        return this._zoom(0);
      case 'large':
        this.large = !this.large;
        return;
      default:
        action satisfies never;
    }
  }

  private _zoom(factor: number, at?: Point): void {
    const { width, height } = this._place;
    const centre = at ?? { x: width / 2, y: height / 2 };
    if (this._view) {
      this._view = zoomed(this._view, factor, centre, this.photo.raster, this._place);
    }
    this._redraw();
  }

  /** With Ctrl, or two fingers, the wheel zooms; over a picture that has the keys, it sizes the brush. */
  private readonly _wheel = {
    handleEvent: (event: WheelEvent) => {
      const isOurs =
        event.ctrlKey ||
        (this.renderRoot instanceof ShadowRoot && this.renderRoot.activeElement === this._canvas);
      if (!isOurs) return;
      event.preventDefault();
      const factor = Math.exp(-event.deltaY / 300);
      if (event.ctrlKey) this._zoom(factor, { x: event.offsetX, y: event.offsetY });
      else this._resize(factor);
    },
    passive: false,
  };

  private _resize(factor: number): void {
    const most = this._shortSide * largestBrush;
    this._radius = Math.min(most, Math.max(1, this._radius * factor));
  }

  private _key(event: KeyboardEvent): void {
    if (!this._view || !this._onKey(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Returns: whether the key meant something. */
  private _onKey(event: KeyboardEvent): boolean {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey) return this._onCommand(key, event.shiftKey);
    if (arrows[key]) return this._step(arrows[key], event.shiftKey);
    if (toolKeys[key]) return this._done(() => this._choose({ tool: toolKeys[key] }));
    const action = actionKeys[key.toLowerCase()];
    if (action) return this._done(() => this._act(action));
    switch (key) {
      case 'Enter':
        return this._done(() => this._enter(event));
      case 'Escape':
        return this._gesture !== null && this._done(() => this._cancel());
      case ' ':
        return this._done(() => (this._isSpaceDown = true));
      case '[':
        return this._done(() => this._resize(1 / 1.15));
      case ']':
        return this._done(() => this._resize(1.15));
      default:
        return false;
    }
  }

  private _onCommand(key: string, isShift: boolean): boolean {
    if (key !== 'z' && key !== 'y') return false;
    return this._done(() => this._act(key === 'y' || isShift ? 'redo' : 'undo'));
  }

  private _done(act: () => void): boolean {
    act();
    return true;
  }

  /** Moves the cross; what was begun goes along. */
  private _step({ x, y }: Point, isFar: boolean): boolean {
    const { width, height } = this.photo.raster;
    const by = ((isFar ? 4 : 1) * keyStep) / this._view!.scale;
    const from = this._cursor ?? { x: width / 2, y: height / 2 };
    this._cursor = {
      x: Math.min(width, Math.max(0, from.x + x * by)),
      y: Math.min(height, Math.max(0, from.y + y * by)),
    };
    this._gesture?.moveTo(this._cursor, this._radius);
    this._show(this._cursor);
    this._redraw();
    return true;
  }

  /** Moves a picture that is zoomed in so that the cross stays in it. */
  private _show(at: Point): void {
    const { raster } = this.photo;
    const { scale, x, y } = this._view!;
    const along = (offset: number, place: number, space: number) =>
      Math.min(Math.max(offset, keyStep - place * scale), space - keyStep - place * scale);
    const moved = {
      scale,
      x: along(x, at.x, this._place.width),
      y: along(y, at.y, this._place.height),
    };
    this._view = within(moved, raster, this._place);
  }

  private _enter({ altKey }: KeyboardEvent): void {
    const { width, height } = this.photo.raster;
    if (this._gesture) return this._end();
    this._cursor ??= { x: width / 2, y: height / 2 };
    this._begin(this._cursor, altKey);
  }

  private async _load(file: File | undefined): Promise<void> {
    if (!file) return;
    const stamp = await maskStamp(file, this.photo.raster);
    this.photo.marks.paint(stamp, 'add');
    this._marked();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'repaint-region-editor': RegionEditor;
  }
}

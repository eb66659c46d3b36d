/** Drawing tools, dragged over the page; select picks what lies there. The host has no lasso. */
import Konva from 'konva';
import type { Command, Geometry, Matrix } from '../document.js';
import type { DocumentCanvas } from './canvas.js';

export const toolNames = ['select', 'rectangle', 'ellipse'] as const;
export type ToolName = (typeof toolNames)[number];

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Smaller drags are clicks. */
const leastSize = 4;

interface Drawn {
  readonly geometry: Geometry;
  readonly matrix: Matrix;
}

/** Returns the shape a tool draws between two corners, or null when it is too small to be one. */
export function shapeBetween(tool: ToolName, from: Point, to: Point): Drawn | null {
  const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
  const [width, height] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
  if (Math.min(width, height) < leastSize || tool === 'select') return null;
  const matrix: Matrix = [1, 0, 0, 1, x, y];
  if (tool === 'rectangle')
    return { geometry: { kind: 'rectangle', width, height, radii: [0, 0, 0, 0] }, matrix };
  return { geometry: { kind: 'ellipse', rx: width / 2, ry: height / 2 }, matrix };
}

/** Follows the pointer for the active tool. */
export class Tools {
  active: ToolName = 'ellipse';
  /** The corners of a shape being dragged. */
  private _drag: { readonly from: Point; readonly to: Point } | null = null;
  private readonly _outline = new Konva.Line({
    stroke: '#2fc7a6',
    strokeWidth: 2,
    strokeScaleEnabled: false,
    dash: [5, 4],
    listening: false,
  });

  constructor(
    private readonly _canvas: DocumentCanvas,
    private readonly _send: (command: Command) => void,
  ) {
    const { stage, overlay } = _canvas;
    overlay.add(this._outline);
    stage.on('mousedown touchstart', (event: Konva.KonvaEventObject<MouseEvent | TouchEvent>) =>
      this._begin(event),
    );
    stage.on('mousemove touchmove', () => this._follow());
    window.addEventListener('mouseup', () => this._finish());
    window.addEventListener('touchend', () => this._finish());
  }

  choose(tool: ToolName): void {
    this.active = tool;
    this._canvas.setSelecting(tool === 'select');
    this._canvas.stage.container().style.cursor = tool === 'select' ? 'default' : 'crosshair';
  }

  private _begin(event: Konva.KonvaEventObject<MouseEvent | TouchEvent>): void {
    if (this.active === 'select') return this._pick(event);
    const at = this._canvas.pointer();
    if (at) this._drag = { from: at, to: at };
  }

  /** Draws without a pointer: a third of the page, in its middle. */
  drawInMiddle(): void {
    const { width, height } = this._canvas.size();
    const from = { x: Math.round(width / 3), y: Math.round(height / 3) };
    const drawn = shapeBetween(this.active, from, { x: width - from.x, y: height - from.y });
    if (drawn) this._send({ kind: 'addShape', ...drawn, isSelected: true });
  }

  /** Selects the topmost layer under the pointer; shift adds to what is selected. */
  private _pick({ target, evt }: Konva.KonvaEventObject<MouseEvent | TouchEvent>): void {
    if (target.getParent()?.getClassName() === 'Transformer') return;
    let node: Konva.Node | null = target;
    while (node && node.getParent() !== this._canvas.artboard) node = node.getParent();
    const id = node?.id();
    this._send({ kind: 'select', ids: id ? [...(evt.shiftKey ? this.selected() : []), id] : [] });
  }

  /** Set by the page, which knows the document. */
  selected: () => readonly string[] = () => [];

  private _follow(): void {
    const at = this._canvas.pointer();
    if (!this._drag || !at) return;
    this._drag = { ...this._drag, to: at };
    const outline = outlineOf(this.active, this._drag.from, at);
    this._outline.points(outline.flatMap(({ x, y }) => [x, y]));
    this._outline.closed(true);
  }

  private _finish(): void {
    const drawn = this._drag && shapeBetween(this.active, this._drag.from, this._drag.to);
    this._drag = null;
    this._outline.points([]);
    if (drawn) this._send({ kind: 'addShape', ...drawn, isSelected: true });
  }
}

function outlineOf(tool: ToolName, a: Point, b: Point): readonly Point[] {
  if (tool === 'rectangle') return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
  const [cx, cy] = [(a.x + b.x) / 2, (a.y + b.y) / 2];
  return Array.from({ length: 48 }, (_, k) => ({
    x: cx + (Math.abs(b.x - a.x) / 2) * Math.cos((k * Math.PI) / 24),
    y: cy + (Math.abs(b.y - a.y) / 2) * Math.sin((k * Math.PI) / 24),
  }));
}

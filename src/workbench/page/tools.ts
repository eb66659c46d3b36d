/** Drawing tools: rectangle, ellipse and lasso, dragged over the page; select picks what lies there. */
import Konva from 'konva';
import type { Command, Geometry, Matrix } from '../document.js';
import type { DocumentCanvas } from './canvas.js';

export const toolNames = ['select', 'rectangle', 'ellipse', 'lasso'] as const;
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

/** Returns the shape a drag draws, or null when it is too small to be one. */
export function shapeFromDrag(tool: ToolName, points: readonly Point[]): Drawn | null {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - x, Math.max(...ys) - y];
  if (Math.min(width, height) < leastSize || tool === 'select') return null;
  const matrix: Matrix = [1, 0, 0, 1, x, y];
  if (tool === 'rectangle')
    return { geometry: { kind: 'rectangle', width, height, radii: [0, 0, 0, 0] }, matrix };
  if (tool === 'ellipse')
    return { geometry: { kind: 'ellipse', rx: width / 2, ry: height / 2 }, matrix };
  const path = `M ${points.map((p) => `${p.x - x} ${p.y - y}`).join(' L ')} Z`;
  const bounds = { x: 0, y: 0, width, height };
  return { geometry: { kind: 'path', path, fillRule: 'nonzero', bounds }, matrix };
}

/** Follows the pointer for the active tool. */
export class Tools {
  active: ToolName = 'ellipse';
  private points: Point[] = [];
  private readonly outline = new Konva.Line({
    stroke: '#2fc7a6',
    strokeWidth: 2,
    strokeScaleEnabled: false,
    dash: [5, 4],
    listening: false,
  });

  constructor(
    private readonly canvas: DocumentCanvas,
    private readonly send: (command: Command) => void,
  ) {
    const { stage, overlay } = canvas;
    overlay.add(this.outline);
    stage.on('mousedown touchstart', (event) => this.begin(event));
    stage.on('mousemove touchmove', () => this.follow());
    window.addEventListener('mouseup', () => this.finish());
    window.addEventListener('touchend', () => this.finish());
  }

  choose(tool: ToolName): void {
    this.active = tool;
    this.canvas.setDraggable(tool === 'select');
    this.canvas.stage.container().style.cursor = tool === 'select' ? 'default' : 'crosshair';
  }

  private begin(event: Konva.KonvaEventObject<MouseEvent | TouchEvent>): void {
    if (this.active === 'select') return this.pick(event);
    const at = this.canvas.pointer();
    if (at) this.points = [at];
  }

  /** Selects the topmost layer under the pointer; shift adds to what is selected. */
  private pick({ target, evt }: Konva.KonvaEventObject<MouseEvent | TouchEvent>): void {
    if (target.getParent()?.getClassName() === 'Transformer') return;
    let node: Konva.Node | null = target;
    while (node && node.getParent() !== this.canvas.artboard) node = node.getParent();
    const id = node?.id();
    this.send({ kind: 'select', ids: id ? [...(evt.shiftKey ? this.selected() : []), id] : [] });
  }

  /** Set by the page, which knows the document. */
  selected: () => readonly string[] = () => [];

  private follow(): void {
    const at = this.canvas.pointer();
    if (this.points.length === 0 || !at) return;
    this.points = this.active === 'lasso' ? [...this.points, at] : [this.points[0], at];
    this.outline.points(outlineOf(this.active, this.points).flatMap(({ x, y }) => [x, y]));
    this.outline.closed(true);
  }

  private finish(): void {
    const drawn = this.points.length > 1 ? shapeFromDrag(this.active, this.points) : null;
    this.points = [];
    this.outline.points([]);
    if (drawn) this.send({ kind: 'addShape', ...drawn, isSelected: true });
  }
}

function outlineOf(tool: ToolName, points: readonly Point[]): readonly Point[] {
  if (tool === 'lasso') return points;
  const [a, b] = points;
  if (tool === 'rectangle') return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
  const [cx, cy] = [(a.x + b.x) / 2, (a.y + b.y) / 2];
  return Array.from({ length: 48 }, (_, k) => ({
    x: cx + (Math.abs(b.x - a.x) / 2) * Math.cos((k * Math.PI) / 24),
    y: cy + (Math.abs(b.y - a.y) / 2) * Math.sin((k * Math.PI) / 24),
  }));
}

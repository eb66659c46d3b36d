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
  private drag: { readonly from: Point; readonly to: Point } | null = null;
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
    stage.on('mousedown touchstart', (event: Konva.KonvaEventObject<MouseEvent | TouchEvent>) =>
      this.begin(event),
    );
    stage.on('mousemove touchmove', () => this.follow());
    window.addEventListener('mouseup', () => this.finish());
    window.addEventListener('touchend', () => this.finish());
  }

  choose(tool: ToolName): void {
    this.active = tool;
    this.canvas.setSelecting(tool === 'select');
    this.canvas.stage.container().style.cursor = tool === 'select' ? 'default' : 'crosshair';
  }

  private begin(event: Konva.KonvaEventObject<MouseEvent | TouchEvent>): void {
    if (this.active === 'select') return this.pick(event);
    const at = this.canvas.pointer();
    if (at) this.drag = { from: at, to: at };
  }

  /** Draws without a pointer: a third of the page, in its middle. */
  drawInMiddle(): void {
    const { width, height } = this.canvas.size();
    const from = { x: Math.round(width / 3), y: Math.round(height / 3) };
    const drawn = shapeBetween(this.active, from, { x: width - from.x, y: height - from.y });
    if (drawn) this.send({ kind: 'addShape', ...drawn, isSelected: true });
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
    if (!this.drag || !at) return;
    this.drag = { ...this.drag, to: at };
    const outline = outlineOf(this.active, this.drag.from, at);
    this.outline.points(outline.flatMap(({ x, y }) => [x, y]));
    this.outline.closed(true);
  }

  private finish(): void {
    const drawn = this.drag && shapeBetween(this.active, this.drag.from, this.drag.to);
    this.drag = null;
    this.outline.points([]);
    if (drawn) this.send({ kind: 'addShape', ...drawn, isSelected: true });
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

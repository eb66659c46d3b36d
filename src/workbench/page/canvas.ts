/** The document drawn with Konva, bottom to top, with handles on what is selected. */
import Konva from 'konva';
import type { Command, DocumentData, Matrix, NodeData } from '../document.js';
import type { BitmapStore } from './bitmaps.js';

/** Opaque, as the host makes its shapes. */
const shapeFill = '#8b9099';
/** Light enough for dark photos. */
const selectionStroke = '#2fc7a6';
const handleStroke = '#0b6e5c';
const cornerAnchors = ['top-left', 'top-right', 'bottom-left', 'bottom-right'];
const sideAnchors = ['top-center', 'middle-right', 'middle-left', 'bottom-center'];

function toMatrix(node: Konva.Node): Matrix {
  const [a, b, c, d, x, y] = node.getTransform().getMatrix();
  return [a, b, c, d, x, y];
}

/** Sets position, rotation, scale and skew from a matrix. */
function place(node: Konva.Node, matrix: Matrix): void {
  node.setAttrs(new Konva.Transform([...matrix]).decompose());
}

/** Draws nodes, reports what the user moves. */
export class DocumentCanvas {
  readonly stage: Konva.Stage;
  /** Everything of the page, in artboard units. */
  readonly artboard = new Konva.Group();
  /** Marks in artboard units that are not part of the document. */
  readonly overlay = new Konva.Group();
  private readonly _transformer = new Konva.Transformer({
    rotateAnchorOffset: 24,
    borderStroke: selectionStroke,
    anchorStroke: handleStroke,
    anchorCornerRadius: 4,
    ignoreStroke: true,
    flipEnabled: false,
  });
  private _document: DocumentData | null = null;
  /** What is drawn now, as text. */
  private _drawn = '';
  private _isSelecting = true;
  private _moved = new Map<string, Matrix>();

  constructor(
    container: HTMLDivElement,
    private readonly _bitmaps: BitmapStore,
    private readonly _send: (command: Command) => void,
  ) {
    this.stage = new Konva.Stage({ container, width: 1, height: 1 });
    const layer = new Konva.Layer();
    layer.add(this.artboard, this.overlay, this._transformer);
    this.stage.add(layer);
    new ResizeObserver(() => this._fit()).observe(container);
  }

  /** Draws anew what has changed; a selection alone leaves the nodes, and a drag of them, alone. */
  show(document: DocumentData): void {
    this._document = document;
    const { artboard } = document;
    const drawn = JSON.stringify(artboard);
    if (drawn !== this._drawn) {
      this._drawn = drawn;
      this._drawAll(artboard);
    }
    this._showHandles(document);
    this._fit();
  }

  private _drawAll({ geometry, children }: NodeData): void {
    if (geometry.kind !== 'artboard') return;
    const { width, height } = geometry;
    this.artboard.destroyChildren();
    this.artboard.clipFunc((context) => context.rect(0, 0, width, height));
    this.artboard.add(new Konva.Rect({ width, height, fill: '#ffffff', listening: false }));
    for (const child of children) this.artboard.add(this._draw(child, true));
  }

  /** Pictures keep their proportions, as in the host; so they get no handles at the sides. */
  private _showHandles({ selection, artboard }: DocumentData): void {
    const hasPicture = artboard.children.some(
      ({ id, geometry }) => selection.includes(id) && ['media', 'group'].includes(geometry.kind),
    );
    const anchors = hasPicture ? cornerAnchors : [...cornerAnchors, ...sideAnchors];
    // A drawing tool draws everywhere: handles would catch the drag.
    this._transformer.enabledAnchors(this._isSelecting ? anchors : []);
    this._transformer.rotateEnabled(this._isSelecting);
    this._transformer.listening(this._isSelecting);
    this._transformer.nodes(
      selection.flatMap((id) => {
        const node = this.artboard.findOne(`#${id}`);
        return node?.getAttr('isMovable') === true ? [node] : [];
      }),
    );
  }

  /** Where the pointer is, in artboard units. */
  pointer(): { x: number; y: number } | null {
    return this.artboard.getRelativePointerPosition();
  }

  /** The page as the host renders it, without handles: at scale 1 pixel for pixel. */
  async render(width: number, height: number): Promise<Blob> {
    const own = this.size();
    const scale = Math.min(width / own.width, height / own.height);
    const canvas = this._placedAt({ x: 0, y: 0, scaleX: scale, scaleY: scale }, () =>
      this.artboard.toCanvas({
        x: 0,
        y: 0,
        width: Math.round(own.width * scale),
        height: Math.round(own.height * scale),
        pixelRatio: 1,
      }),
    );
    return new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('rendering failed')))),
    );
  }

  /** Draws with the page elsewhere, then puts it back before anything is shown. */
  private _placedAt<T>(place: Konva.NodeConfig, draw: () => T): T {
    const { x, y, scaleX, scaleY } = this.artboard.attrs as Konva.NodeConfig;
    this.artboard.setAttrs(place);
    const drawn = draw();
    this.artboard.setAttrs({ x, y, scaleX, scaleY });
    return drawn;
  }

  size(): { width: number; height: number } {
    const geometry = this._document?.artboard.geometry;
    return geometry?.kind === 'artboard' ? geometry : { width: 1, height: 1 };
  }

  private _fit(): void {
    const { clientWidth, clientHeight } = this.stage.container();
    const { width, height } = this.size();
    const margin = 40;
    const scale = Math.min(
      (clientWidth - 2 * margin) / width,
      (clientHeight - 2 * margin) / height,
    );
    // Whole pixels, so that the page's edges are sharp.
    const shownWidth = Math.max(1, Math.round(width * scale));
    const shownHeight = Math.max(1, Math.round(height * scale));
    const at = {
      x: Math.round((clientWidth - shownWidth) / 2),
      y: Math.round((clientHeight - shownHeight) / 2),
      scaleX: shownWidth / width,
      scaleY: shownHeight / height,
    };
    this.stage.size({ width: Math.max(1, clientWidth), height: Math.max(1, clientHeight) });
    this.artboard.setAttrs(at);
    this.overlay.setAttrs(at);
  }

  private _draw(node: NodeData, isTop: boolean): Konva.Group | Konva.Shape {
    const drawn = this._drawKind(node);
    place(drawn, node.matrix);
    drawn.setAttrs({ id: node.id, opacity: node.opacity, listening: isTop && node.opacity > 0 });
    if (isTop && !node.isLocked) this._makeMovable(drawn, node.id);
    return drawn;
  }

  private _drawKind(node: NodeData): Konva.Group | Konva.Shape {
    const { geometry } = node;
    const fill = shapeFill;
    switch (geometry.kind) {
      case 'rectangle':
        return new Konva.Rect({ fill, ...sizeOf(geometry), cornerRadius: geometry.radii });
      case 'ellipse': {
        // A path begins at its box's corner, as the document's ellipse does; Konva's at its middle.
        const { rx, ry } = geometry;
        const half = `A ${rx} ${ry} 0 0 1`;
        return new Konva.Path({
          fill,
          data: `M 0 ${ry} ${half} ${2 * rx} ${ry} ${half} 0 ${ry} Z`,
        });
      }
      case 'path':
        return new Konva.Path({ fill, data: geometry.path, fillRule: geometry.fillRule });
      case 'text':
        return new Konva.Text({ text: geometry.text, fontSize: geometry.height, fill: '#1d2026' });
      case 'image':
        return new Konva.Image({
          ...sizeOf(geometry),
          image: this._bitmaps.image(geometry.bitmap),
        });
      case 'media':
        return this._drawMedia(node);
      default:
        return this._drawGroup(node);
    }
  }

  private _drawMedia(node: NodeData): Konva.Group {
    const [media, mask] = node.children;
    const group = new Konva.Group();
    const { geometry, matrix } = mask;
    if (geometry.kind === 'rectangle') {
      const [, , , , x, y] = matrix;
      group.clip({ x, y, ...sizeOf(geometry) });
    }
    const image = this._draw(media, false);
    image.listening(true);
    group.add(image);
    return group;
  }

  private _drawGroup(node: NodeData): Konva.Group {
    const group = new Konva.Group();
    for (const child of node.children) {
      const drawn = this._draw(child, false);
      drawn.listening(true);
      group.add(drawn);
    }
    return group;
  }

  private _makeMovable(node: Konva.Node, id: string): void {
    node.setAttr('isMovable', true);
    node.on('dragend transformend', () => this._report(id, toMatrix(node)));
  }

  /** Nodes that are moved together are one change of the document. */
  private _report(id: string, matrix: Matrix): void {
    if (this._moved.size === 0) {
      queueMicrotask(() => {
        const changes = [...this._moved].map(([moved, at]) => ({ id: moved, matrix: at }));
        this._moved.clear();
        this._send({ kind: 'transform', changes });
      });
    }
    this._moved.set(id, matrix);
  }

  /** Lets nodes be dragged and resized while the select tool is active. */
  setSelecting(isSelecting: boolean): void {
    this._isSelecting = isSelecting;
    for (const node of this.artboard.getChildren((child) => child.getAttr('isMovable') === true)) {
      node.draggable(isSelecting);
    }
    if (this._document) this._showHandles(this._document);
  }
}

function sizeOf({ width, height }: { width: number; height: number }) {
  return { width, height };
}

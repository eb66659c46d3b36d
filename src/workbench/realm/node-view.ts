/**
 * The document SDK's nodes as views of the store's data. Each class names the members of the real
 * type it stands in for: a signature that differs does not compile. A view is good for the turn it
 * was made in, as large documents will enforce; later use throws unless content is kept active.
 */
import type * as Sdk from '@adobe/ccweb-add-on-sdk-types/express-document-sdk';
import type { Box, Geometry, NodeData } from '../document.js';
import { AddOnDataView } from './add-on-data.js';
import { apply, invert, localBox, mapBox, multiply, type Vector } from './affine.js';
import type { Part } from './part.js';
import { store } from './store.js';
import { findNode, removeNode, toRoot } from './tree.js';
import { viewOf } from './view-of.js';

const nodeTypes: Record<Geometry['kind'], string> = {
  artboard: 'ab:Artboard',
  group: 'Group',
  rectangle: 'Rectangle',
  ellipse: 'Ellipse',
  path: 'Path',
  text: 'Text',
  media: 'MediaContainer',
  image: 'ImageRectangle',
};

type NodePart = Part<
  Sdk.Node,
  | 'id'
  | 'type'
  | 'parent'
  | 'addOnData'
  | 'removeFromParent'
  | 'allChildren'
  | 'visualRoot'
  | 'boundsLocal'
  | 'centerPointLocal'
  | 'topLeftLocal'
  | 'localPointInNode'
  | 'boundsInParent'
  | 'boundsInNode'
  | 'translation'
  | 'setPositionInParent'
  | 'rotation'
  | 'setRotationInParent'
  | 'opacity'
  | 'locked'
>;

/** What every visible node can do. */
export class NodeView implements NodePart {
  private readonly _turn = store.turn;

  constructor(private readonly _nodeId: string) {}

  /** Throws for a stale reference, and for a node that has been removed. */
  get data(): NodeData {
    if (this._turn !== store.turn && store.kept === 0)
      throw new Error(`stale reference to ${this._nodeId}: find the node again after an await`);
    const data = findNode(this._nodeId);
    if (!data) throw new Error(`${this._nodeId} is no longer in the document`);
    return data;
  }

  get id(): string {
    return this._nodeId;
  }

  get type(): Sdk.Node['type'] {
    return nodeTypes[this.data.geometry.kind] as Sdk.Node['type'];
  }

  get parent(): Sdk.Node['parent'] {
    const parent = store.find(this.data.id)?.parent;
    return parent ? viewOf(parent) : undefined;
  }

  get addOnData(): Sdk.AddOnData {
    return new AddOnDataView(this) as unknown as Sdk.AddOnData;
  }

  removeFromParent(): void {
    removeNode(this.data.id);
  }

  get allChildren(): Readonly<Iterable<Sdk.Node>> {
    const { children, mask } = this.data;
    return [...children, ...(mask ? [mask] : [])].map(viewOf);
  }

  get visualRoot(): Sdk.VisualNode {
    let place = store.find(this.data.id);
    while (place?.parent) place = store.find(place.parent.id);
    return viewOf(place?.node ?? this.data);
  }

  get boundsLocal(): Readonly<Box> {
    return localBox(this.data);
  }

  get centerPointLocal(): Readonly<Vector> {
    const { x, y, width, height } = this.boundsLocal;
    return { x: x + width / 2, y: y + height / 2 };
  }

  get topLeftLocal(): Readonly<Vector> {
    const { x, y } = this.boundsLocal;
    return { x, y };
  }

  localPointInNode(point: Sdk.Point, target: Sdk.VisualNode): Readonly<Vector> {
    return apply(invert(toRoot(target.id)), apply(toRoot(this.data.id), point));
  }

  get boundsInParent(): Readonly<Box> {
    return mapBox(this.data.matrix, this.boundsLocal);
  }

  boundsInNode(target: Sdk.VisualNode): Readonly<Box> {
    const map = multiply(invert(toRoot(target.id)), toRoot(this.data.id));
    return mapBox(map, this.boundsLocal);
  }

  get translation(): Readonly<Vector> {
    const [, , , , x, y] = this.data.matrix;
    return { x, y };
  }

  set translation({ x, y }: Sdk.Point) {
    const [a, b, c, d] = this.data.matrix;
    store.change(() => (this.data.matrix = [a, b, c, d, x, y]));
  }

  setPositionInParent(parentPoint: Sdk.Point, local: Sdk.Point): void {
    const at = apply(this.data.matrix, local);
    const { x, y } = this.translation;
    this.translation = { x: x + parentPoint.x - at.x, y: y + parentPoint.y - at.y };
  }

  get rotation(): number {
    const [a, b] = this.data.matrix;
    return (Math.atan2(b, a) * 180) / Math.PI;
  }

  setRotationInParent(angleInDegrees: number, local: Sdk.Point): void {
    const pivot = apply(this.data.matrix, local);
    const turn = ((angleInDegrees - this.rotation) * Math.PI) / 180;
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const matrix = multiply([cos, sin, -sin, cos, 0, 0], this.data.matrix);
    store.change(() => (this.data.matrix = matrix));
    this.setPositionInParent(pivot, local);
  }

  get opacity(): number {
    return this.data.opacity;
  }

  set opacity(opacity: number) {
    if (!(opacity >= 0 && opacity <= 1))
      throw new RangeError(`opacity must be 0..1, got ${opacity}`);
    store.change(() => (this.data.opacity = opacity));
  }

  get locked(): boolean {
    return this.data.isLocked;
  }

  set locked(locked: boolean) {
    store.change(() => (this.data.isLocked = locked));
  }

  /** Geometry of the kind the view was made for. */
  protected geometry<K extends Geometry['kind']>(kind: K): Extract<Geometry, { kind: K }> {
    const { geometry } = this.data;
    if (geometry.kind !== kind) throw new Error(`${this._nodeId} is a ${geometry.kind}`);
    return geometry as Extract<Geometry, { kind: K }>;
  }
}

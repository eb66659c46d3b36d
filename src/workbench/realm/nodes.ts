/**
 * The document SDK's nodes as views of the store's data. Each class names the members of the real
 * type it stands in for: a signature that differs does not compile. A view is good for the turn it
 * was made in, as large documents will enforce; later use throws unless content is kept active.
 */
import type * as Sdk from '@adobe/ccweb-add-on-sdk-types/express-document-sdk';
import type { Box, Geometry, Matrix, NodeData } from '../document.js';
import { apply, invert, localBox, mapBox, multiply, type Vector } from './affine.js';
import { BlobHandle } from './wire.js';
import { host } from './host.js';
import { store } from './store.js';

/** Members of an SDK type that the workbench implements. */
type Part<T, K extends keyof T> = Pick<T, K>;

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

/** Makes the view of a node. The one place where a view is taken for the SDK's own class. */
export function viewOf(data: NodeData): Sdk.Node {
  return new viewClasses[data.geometry.kind](data.id) as unknown as Sdk.Node;
}

class AddOnDataView implements Part<
  Sdk.AddOnData,
  'getItem' | 'setItem' | 'removeItem' | 'clear' | 'keys' | 'remainingQuota'
> {
  constructor(private readonly owner: NodeView) {}

  private get items(): Record<string, string> {
    return this.owner.data.addOnData;
  }

  setItem(key: string, value: string): void {
    const next = { ...this.items, [key]: value };
    if (bytesOf(next) > 3072 || Object.keys(next).length > 20)
      throw new Error('add-on data may hold 3 KB and 20 keys on one node');
    store.change(() => (this.owner.data.addOnData = next));
  }

  getItem(key: string): string | undefined {
    return this.items[key];
  }

  removeItem(key: string): void {
    const rest = Object.entries(this.items).filter(([name]) => name !== key);
    store.change(() => (this.owner.data.addOnData = Object.fromEntries(rest)));
  }

  clear(): void {
    store.change(() => (this.owner.data.addOnData = {}));
  }

  keys(): string[] {
    return Object.keys(this.items);
  }

  get remainingQuota(): Readonly<{ sizeInBytes: number; numKeys: number }> {
    return { sizeInBytes: 3072 - bytesOf(this.items), numKeys: 20 - this.keys().length };
  }
}

function bytesOf(items: Record<string, string>): number {
  const text = Object.entries(items).flat().join('');
  return encodeURIComponent(text).replace(/%../g, 'x').length;
}

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
class NodeView implements NodePart {
  private readonly turn = store.turn;

  constructor(private readonly nodeId: string) {}

  /** Throws for a stale reference, and for a node that has been removed. */
  get data(): NodeData {
    if (this.turn !== store.turn && store.kept === 0)
      throw new Error(`stale reference to ${this.nodeId}: find the node again after an await`);
    const data = store.find(this.nodeId)?.node ?? detached.get(this.nodeId);
    if (!data) throw new Error(`${this.nodeId} is no longer in the document`);
    return data;
  }

  get id(): string {
    return this.nodeId;
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
    if (geometry.kind !== kind) throw new Error(`${this.nodeId} is a ${geometry.kind}`);
    return geometry as Extract<Geometry, { kind: K }>;
  }
}

/** Nodes made but not yet inserted. */
const detached = new Map<string, NodeData>();

/** Makes a node that is in no list yet. */
export function detach(data: NodeData): Sdk.Node {
  const register = (node: NodeData) => {
    detached.set(node.id, node);
    node.children.forEach(register);
  };
  register(data);
  return viewOf(data);
}

function toRoot(id: string): Matrix {
  const place = store.find(id);
  if (!place) return detached.get(id)?.matrix ?? [1, 0, 0, 1, 0, 0];
  // Page space is the artboard's own: its place on the canvas does not count.
  return place.parent ? multiply(toRoot(place.parent.id), place.node.matrix) : [1, 0, 0, 1, 0, 0];
}

/** Takes a node out of the document. */
export function removeNode(id: string): void {
  const parent = store.find(id)?.parent;
  if (!parent) return;
  store.change(() => (parent.children = parent.children.filter((child) => child.id !== id)));
}

type ListPart = Part<
  Sdk.ItemList<Sdk.Node>,
  | 'append'
  | 'insertBefore'
  | 'insertAfter'
  | 'remove'
  | 'length'
  | 'first'
  | 'last'
  | 'toArray'
  | 'item'
  | 'indexOf'
>;

/** A mutable list of children, bottom to top. */
class ChildList implements ListPart {
  constructor(private readonly owner: NodeView) {}

  [Symbol.iterator](): Iterator<Sdk.Node> {
    return this.toArray()[Symbol.iterator]();
  }

  toArray(): readonly Sdk.Node[] {
    return this.owner.data.children.map(viewOf);
  }

  get length(): number {
    return this.owner.data.children.length;
  }

  get first(): Sdk.Node | undefined {
    return this.item(0);
  }

  get last(): Sdk.Node | undefined {
    return this.item(this.length - 1);
  }

  item(index: number): Sdk.Node | undefined {
    return this.toArray()[index];
  }

  indexOf(item: Sdk.Node): number {
    return this.owner.data.children.findIndex(({ id }) => id === item.id);
  }

  append(...items: Sdk.Node[]): void {
    items.forEach((item) => this.insertAt(this.length, item));
  }

  insertBefore(item: Sdk.Node, before: Sdk.Node): void {
    this.insertAt(this.placeOf(before), item);
  }

  insertAfter(item: Sdk.Node, after: Sdk.Node): void {
    this.insertAt(this.placeOf(after) + 1, item);
  }

  remove(...items: Sdk.Node[]): void {
    items.forEach((item) => removeNode(item.id));
  }

  private placeOf(item: Sdk.Node): number {
    const index = this.indexOf(item);
    if (index < 0) throw new Error(`${item.id} is not in this list`);
    return index;
  }

  private insertAt(index: number, item: Sdk.Node): void {
    const data = store.find(item.id)?.node ?? detached.get(item.id);
    if (!data) throw new Error(`${item.id} does not exist`);
    detached.delete(item.id);
    store.change(() => this.owner.data.children.splice(index, 0, data));
  }
}

class ContainerView extends NodeView {
  get children(): Sdk.ItemList<Sdk.Node> {
    return new ChildList(this) as unknown as Sdk.ItemList<Sdk.Node>;
  }
}

class ArtboardView
  extends ContainerView
  implements Part<Sdk.ArtboardNode, 'children' | 'width' | 'height'>
{
  get width(): number {
    return this.geometry('artboard').width;
  }

  get height(): number {
    return this.geometry('artboard').height;
  }
}

class GroupView extends ContainerView implements Part<Sdk.GroupNode, 'children' | 'maskShape'> {
  get maskShape(): Sdk.FillableNode | undefined {
    const { mask } = this.data;
    return mask ? (viewOf(mask) as Sdk.FillableNode) : undefined;
  }

  set maskShape(mask: Sdk.FillableNode | undefined) {
    const data = mask && (store.find(mask.id)?.node ?? detached.get(mask.id));
    if (mask) removeNode(mask.id);
    store.change(() => (this.data.mask = data ?? null));
  }
}

type RectanglePart = Part<
  Sdk.RectangleNode,
  'width' | 'height' | 'topLeftRadius' | 'topRightRadius' | 'bottomRightRadius' | 'bottomLeftRadius'
>;

class RectangleView extends NodeView implements RectanglePart {
  get width(): number {
    return this.geometry('rectangle').width;
  }

  get height(): number {
    return this.geometry('rectangle').height;
  }

  get topLeftRadius(): number {
    return this.geometry('rectangle').radii[0];
  }

  get topRightRadius(): number {
    return this.geometry('rectangle').radii[1];
  }

  get bottomRightRadius(): number {
    return this.geometry('rectangle').radii[2];
  }

  get bottomLeftRadius(): number {
    return this.geometry('rectangle').radii[3];
  }
}

class EllipseView extends NodeView implements Part<Sdk.EllipseNode, 'rx' | 'ry'> {
  get rx(): number {
    return this.geometry('ellipse').rx;
  }

  get ry(): number {
    return this.geometry('ellipse').ry;
  }
}

class PathView extends NodeView implements Part<Sdk.PathNode, 'path' | 'fillRule'> {
  get path(): string {
    return this.geometry('path').path;
  }

  get fillRule(): Sdk.PathNode['fillRule'] {
    return (this.geometry('path').fillRule === 'evenodd' ? 1 : 0) as Sdk.PathNode['fillRule'];
  }
}

class MediaContainerView
  extends NodeView
  implements Part<Sdk.MediaContainerNode, 'mediaRectangle' | 'maskShape'>
{
  get mediaRectangle(): Sdk.ImageRectangleNode {
    return viewOf(this.data.children[0]) as Sdk.ImageRectangleNode;
  }

  get maskShape(): Sdk.FillableNode {
    return viewOf(this.data.children[1]) as Sdk.FillableNode;
  }
}

class ImageRectangleView
  extends NodeView
  implements Part<Sdk.ImageRectangleNode, 'width' | 'height' | 'fetchBitmapImage'>
{
  get width(): number {
    return this.geometry('image').width;
  }

  get height(): number {
    return this.geometry('image').height;
  }

  async fetchBitmapImage(): Promise<Sdk.BitmapImage> {
    const { bitmap, width, height } = this.geometry('image');
    return bitmapView(bitmap, width, height);
  }
}

/** A loaded bitmap; its bytes stay on the page. */
export class BitmapView implements Part<Sdk.BitmapImage, 'width' | 'height' | 'data'> {
  constructor(
    readonly bitmap: number,
    readonly width: number,
    readonly height: number,
  ) {}

  async data(): Promise<Blob> {
    const blob = await host.ask({ kind: 'bitmapData', bitmap: this.bitmap });
    if (!(blob instanceof BlobHandle)) throw new Error('the bitmap is gone');
    return blob as unknown as Blob;
  }
}

export function bitmapView(bitmap: number, width: number, height: number): Sdk.BitmapImage {
  return new BitmapView(bitmap, width, height) as unknown as Sdk.BitmapImage;
}

const viewClasses: Record<Geometry['kind'], new (id: string) => NodeView> = {
  artboard: ArtboardView,
  group: GroupView,
  rectangle: RectangleView,
  ellipse: EllipseView,
  path: PathView,
  text: NodeView,
  media: MediaContainerView,
  image: ImageRectangleView,
};

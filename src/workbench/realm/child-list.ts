/** The children of a node as the SDK's list. */
import type * as Sdk from '@adobe/ccweb-add-on-sdk-types/express-document-sdk';
import type { NodeData } from '../document.js';
import type { Part } from './part.js';
import { store } from './store.js';
import { findNode, noteInserted, removeNode } from './tree.js';
import { viewOf } from './view-of.js';

type ListPart = Part<
  Sdk.ItemList<Sdk.Node>,
  | 'append'
  | 'insertBefore'
  | 'insertAfter'
  | 'moveBefore'
  | 'moveAfter'
  | 'remove'
  | 'length'
  | 'first'
  | 'last'
  | 'toArray'
  | 'item'
  | 'indexOf'
>;

/** A mutable list of children, bottom to top. */
export class ChildList implements ListPart {
  constructor(private readonly _owner: { readonly data: NodeData }) {}

  [Symbol.iterator](): Iterator<Sdk.Node> {
    return this.toArray()[Symbol.iterator]();
  }

  toArray(): readonly Sdk.Node[] {
    return this._owner.data.children.map(viewOf);
  }

  get length(): number {
    return this._owner.data.children.length;
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
    return this._owner.data.children.findIndex(({ id }) => id === item.id);
  }

  append(...items: Sdk.Node[]): void {
    items.forEach((item) => this._insertAt(this.length, item));
  }

  insertBefore(item: Sdk.Node, before: Sdk.Node): void {
    this._insertAt(this._placeOf(before), item);
  }

  insertAfter(item: Sdk.Node, after: Sdk.Node): void {
    this._insertAt(this._placeOf(after) + 1, item);
  }

  moveBefore(item: Sdk.Node, before: Sdk.Node): void {
    this._move(item, before, 0);
  }

  moveAfter(item: Sdk.Node, after: Sdk.Node): void {
    this._move(item, after, 1);
  }

  private _move(item: Sdk.Node, beside: Sdk.Node, offset: 0 | 1): void {
    const moved = this._owner.data.children[this._placeOf(item)];
    this._placeOf(beside);
    if (item.id === beside.id) return;
    store.change(() => {
      const rest = this._owner.data.children.filter(({ id }) => id !== item.id);
      const at = rest.findIndex(({ id }) => id === beside.id) + offset;
      this._owner.data.children = [...rest.slice(0, at), moved, ...rest.slice(at)];
    });
  }

  remove(...items: Sdk.Node[]): void {
    items.forEach((item) => removeNode(item.id));
  }

  private _placeOf(item: Sdk.Node): number {
    const index = this.indexOf(item);
    if (index < 0) throw new Error(`${item.id} is not in this list`);
    return index;
  }

  private _insertAt(index: number, item: Sdk.Node): void {
    const data = findNode(item.id);
    if (!data) throw new Error(`${item.id} does not exist`);
    noteInserted(item.id);
    store.change(() => this._owner.data.children.splice(index, 0, data));
  }
}

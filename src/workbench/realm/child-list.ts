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
  constructor(private readonly owner: { readonly data: NodeData }) {}

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
    const data = findNode(item.id);
    if (!data) throw new Error(`${item.id} does not exist`);
    noteInserted(item.id);
    store.change(() => this.owner.data.children.splice(index, 0, data));
  }
}

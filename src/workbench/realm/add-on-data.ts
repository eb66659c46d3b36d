/** What an add-on keeps on a node: 3 KB and 20 keys. */
import type * as Sdk from '@adobe/ccweb-add-on-sdk-types/express-document-sdk';
import type { NodeData } from '../document.js';
import type { Part } from './part.js';
import { store } from './store.js';

/** A node's add-on data, within the platform's limits. */
export class AddOnDataView implements Part<
  Sdk.AddOnData,
  'getItem' | 'setItem' | 'removeItem' | 'clear' | 'keys' | 'remainingQuota'
> {
  constructor(private readonly _owner: { readonly data: NodeData }) {}

  private get _items(): Record<string, string> {
    return this._owner.data.addOnData;
  }

  setItem(key: string, value: string): void {
    const next = { ...this._items, [key]: value };
    if (bytesOf(next) > 3072 || Object.keys(next).length > 20)
      throw new Error('add-on data may hold 3 KB and 20 keys on one node');
    store.change(() => (this._owner.data.addOnData = next));
  }

  getItem(key: string): string | undefined {
    return this._items[key];
  }

  removeItem(key: string): void {
    const rest = Object.entries(this._items).filter(([name]) => name !== key);
    store.change(() => (this._owner.data.addOnData = Object.fromEntries(rest)));
  }

  clear(): void {
    store.change(() => (this._owner.data.addOnData = {}));
  }

  keys(): string[] {
    return Object.keys(this._items);
  }

  get remainingQuota(): Readonly<{ sizeInBytes: number; numKeys: number }> {
    return { sizeInBytes: 3072 - bytesOf(this._items), numKeys: 20 - this.keys().length };
  }
}

function bytesOf(items: Record<string, string>): number {
  const text = Object.entries(items).flat().join('');
  return encodeURIComponent(text).replace(/%../g, 'x').length;
}

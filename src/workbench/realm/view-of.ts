/** From a node's data to the view of its kind. */
import type * as Sdk from '@adobe/ccweb-add-on-sdk-types/express-document-sdk';
import type { Geometry, NodeData } from '../document.js';
import { noteDetached } from './tree.js';

type ViewClasses = Record<Geometry['kind'], new (id: string) => { readonly id: string }>;

const viewClasses: Partial<ViewClasses> = {};

/** Names the class of each kind; containers make views of their children, so this comes after them. */
export function registerViews(classes: ViewClasses): void {
  Object.assign(viewClasses, classes);
}

/** Makes the view of a node. The one place where a view is taken for the SDK's own class. */
export function viewOf({ geometry, id }: NodeData): Sdk.Node {
  const View = viewClasses[geometry.kind];
  if (!View) throw new Error(`no view is registered for a ${geometry.kind}`);
  return new View(id) as unknown as Sdk.Node;
}

/** Makes the view of a node that is in no list yet. */
export function detach(data: NodeData): Sdk.Node {
  noteDetached(data);
  return viewOf(data);
}

/** Views of nodes that hold others. */
import type * as Sdk from '@adobe/ccweb-add-on-sdk-types/express-document-sdk';
import { ChildList } from './child-list.js';
import { NodeView } from './node-view.js';
import type { Part } from './part.js';
import { store } from './store.js';
import { findNode, removeNode } from './tree.js';
import { viewOf } from './view-of.js';

class ContainerView extends NodeView {
  get children(): Sdk.ItemList<Sdk.Node> {
    return new ChildList(this) as unknown as Sdk.ItemList<Sdk.Node>;
  }
}

export class ArtboardView
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

export class GroupView
  extends ContainerView
  implements Part<Sdk.GroupNode, 'children' | 'maskShape'>
{
  get maskShape(): Sdk.FillableNode | undefined {
    const { mask } = this.data;
    return mask ? (viewOf(mask) as Sdk.FillableNode) : undefined;
  }

  set maskShape(mask: Sdk.FillableNode | undefined) {
    const data = mask && findNode(mask.id);
    if (mask) removeNode(mask.id);
    store.change(() => (this.data.mask = data ?? null));
  }
}

export class MediaContainerView
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

/** `editor` and `constants` of the document SDK, as far as the add-on's sandbox uses them. */
import type * as Sdk from '@adobe/ccweb-add-on-sdk-types/express-document-sdk';
import type { Geometry, NodeData } from '../document.js';
import { bitmapView } from './bitmaps.js';
import { host } from './host.js';
import './nodes.js';
import type { Part } from './part.js';
import { store } from './store.js';
import { detach, viewOf } from './view-of.js';
import type { BlobHandle } from './wire.js';

type ContextPart = Pick<
  Sdk.ExpressContext,
  'selection' | 'hasSelection' | 'insertionParent' | 'currentPage' | 'on' | 'off'
>;

/** Selection and place of the current page. */
class ContextView implements ContextPart {
  private readonly _handlers = new Map<string, () => void>();

  /** Locked nodes are no part of the selection. */
  get selection(): readonly Sdk.Node[] {
    return store.selection.flatMap((id) => {
      const node = store.find(id)?.node;
      return node && !node.isLocked ? [viewOf(node)] : [];
    });
  }

  set selection(nodes: Sdk.Node | readonly Sdk.Node[] | undefined) {
    const list = nodes === undefined ? [] : 'id' in nodes ? [nodes] : nodes;
    store.select(list.map(({ id }) => id));
    this.selectionChanged();
  }

  get hasSelection(): boolean {
    return this.selection.length > 0;
  }

  get insertionParent(): Sdk.ContainerNode {
    return viewOf(store.artboard) as unknown as Sdk.ContainerNode;
  }

  get currentPage(): Sdk.ActivePageNode {
    return pageOf(store.artboard) as unknown as Sdk.ActivePageNode;
  }

  on(eventName: Sdk.EditorEvent, callback: () => void): string {
    const id = `${eventName}-${this._handlers.size + 1}`;
    this._handlers.set(id, callback);
    return id;
  }

  off(_eventName: Sdk.EditorEvent, handlerId: string): void {
    this._handlers.delete(handlerId);
  }

  /** Tells the add-on that the user has selected something else. */
  selectionChanged(): void {
    for (const handler of this._handlers.values()) handler();
  }
}

type PagePart = Part<Sdk.ActivePageNode, 'id' | 'width' | 'height'>;

/** A page and its one artboard. What is on a page that is not open cannot be reached. */
function pageOf(artboard: NodeData): PagePart & { artboards: readonly Sdk.ArtboardNode[] } {
  const { width, height } = artboard.geometry as Extract<Geometry, { kind: 'artboard' }>;
  const artboards =
    artboard === store.artboard ? [viewOf(artboard) as unknown as Sdk.ArtboardNode] : [];
  return { id: `page-${artboard.id}`, width, height, artboards };
}

export const context = new ContextView();

/** An image with its crop, as Express nests them. */
export function mediaContainer(bitmap: number, width: number, height: number): NodeData {
  const media = store.make({ kind: 'image', width, height, bitmap });
  const mask = store.make({ kind: 'rectangle', width, height, radii: [0, 0, 0, 0] });
  return store.make({ kind: 'media' }, undefined, [media, mask]);
}

type EditorPart = Pick<
  Sdk.ExpressEditor,
  | 'context'
  | 'documentRoot'
  | 'loadBitmapImage'
  | 'createImageContainer'
  | 'keepContentActiveDuringAsync'
>;

class EditorView implements EditorPart {
  get context(): Sdk.ExpressContext {
    return context as unknown as Sdk.ExpressContext;
  }

  get documentRoot(): Sdk.ExpressRootNode {
    return { pages: store.pages.map(pageOf) } as unknown as Sdk.ExpressRootNode;
  }

  async loadBitmapImage(blob: Blob): Promise<Sdk.BitmapImage> {
    const loaded = (await host.ask({
      kind: 'loadBitmap',
      blob: blob as unknown as BlobHandle,
    })) as { bitmap: number; width: number; height: number };
    return bitmapView(loaded.bitmap, loaded.width, loaded.height);
  }

  createImageContainer(
    bitmap: Sdk.BitmapImage,
    options: { initialSize?: Sdk.RectangleGeometry } = {},
  ): Sdk.MediaContainerNode {
    const { width, height } = options.initialSize ?? bitmap;
    const drift = Math.abs((width / height) * (bitmap.height / bitmap.width) - 1);
    if (drift > 0.01) throw new Error('initialSize must have the aspect ratio of the bitmap');
    const { bitmap: handle } = bitmap as unknown as { bitmap: number };
    return detach(mediaContainer(handle, width, height)) as unknown as Sdk.MediaContainerNode;
  }

  async keepContentActiveDuringAsync<Result>(
    _target: Sdk.VisualNode | Sdk.ActivePageNode,
    asyncLambda: () => Promise<Result>,
    afterAsyncCallback: (result: Result) => void,
  ): Promise<void> {
    store.kept++;
    try {
      const result = await asyncLambda();
      afterAsyncCallback(result);
    } finally {
      store.kept--;
    }
  }
}

export const editor = new EditorView();

type Constants = Pick<typeof Sdk.constants, 'EditorEvent' | 'FillRule' | 'SceneNodeType'>;

/** Values of the real enums; the types say nothing at run time. */
export const constants = {
  EditorEvent: { selectionChange: 'selectionChange' },
  FillRule: { nonZero: 0, evenOdd: 1 },
  SceneNodeType: {
    line: 'Line',
    rectangle: 'Rectangle',
    ellipse: 'Ellipse',
    path: 'Path',
    linkedAsset: 'LinkedAsset',
    group: 'Group',
    artboard: 'ab:Artboard',
    polygon: 'artgr:Polygon',
    artworkRoot: 'ArtworkRoot',
    mediaContainer: 'MediaContainer',
    imageRectangle: 'ImageRectangle',
    unknownMediaRectangle: 'UnknownMediaRectangle',
    page: 'Page',
    complexShape: 'ComplexShape',
    solidColorShape: 'SolidColorShape',
    strokeShape: 'StrokeShape',
    gridCell: 'GridCell',
    gridLayout: 'GridLayout',
    text: 'Text',
  },
} satisfies Record<keyof Constants, unknown> & {
  SceneNodeType: Record<keyof Constants['SceneNodeType'], string>;
  FillRule: Record<keyof Constants['FillRule'], number>;
  EditorEvent: Record<keyof Constants['EditorEvent'], string>;
};

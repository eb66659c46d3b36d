/** Walks of the page's content. Nodes are found anew for each call and never kept across a wait. */
import {
  constants,
  editor,
  type ArtboardNode,
  type ContainerNode,
  type ImageRectangleNode,
  type MediaContainerNode,
  type Node,
  type VisualNode,
} from 'express-document-sdk';

const { SceneNodeType } = constants;

/** Visits everything below a node in paint order, bottom first. */
export function* descendants(root: VisualNode): Generator<Node> {
  for (const child of root.allChildren) {
    yield child as Node;
    yield* descendants(child);
  }
}

/** The artboard new content goes to. */
export function currentArtboard(): ArtboardNode {
  const root = editor.context.insertionParent.visualRoot;
  if (isArtboard(root)) return root;
  for (const artboard of editor.context.currentPage.artboards) return artboard;
  throw new Error('The page has no artboard.');
}

function isArtboard(node: VisualNode): node is ArtboardNode {
  return node.type === SceneNodeType.artboard;
}

/** Every node on the current page in paint order, bottom first. */
export function* visualNodes(): Generator<Node> {
  for (const artboard of editor.context.currentPage.artboards) yield* descendants(artboard);
}

/** Finds a node of the current page by its id. */
export function findNode(id: string): Node | undefined {
  for (const node of visualNodes()) if (node.id === id) return node;
  return undefined;
}

/** Finds nodes of the current page, in paint order; those that are not on it are left out. */
export function findNodes(ids: readonly string[]): Node[] {
  return ids.length === 0 ? [] : [...visualNodes()].filter(({ id }) => ids.includes(id));
}

export function isMediaContainer(node: VisualNode): node is MediaContainerNode {
  return node.type === SceneNodeType.mediaContainer;
}

/** Finds an image container by its id. */
export function findImage(id: string): MediaContainerNode | undefined {
  const node = findNode(id);
  return node && isMediaContainer(node) ? node : undefined;
}

/** Returns the bitmap of a container, or null for video and other media. */
export function imageRectangle(container: MediaContainerNode): ImageRectangleNode | null {
  const media = container.mediaRectangle;
  return media.type === SceneNodeType.imageRectangle ? (media as ImageRectangleNode) : null;
}

/** A place in a list of children. */
export interface Slot {
  readonly parent: ContainerNode;
  readonly after: Node;
}

/** Returns the ancestor of a node, or itself, that lies right in a parent. */
export function childOf(parent: ContainerNode, node: Node): Node | undefined {
  let child: Node | undefined = node;
  while (child && child.parent?.id !== parent.id) child = child.parent as Node | undefined;
  return child;
}

/** Returns the nearest place above a node whose parent takes further children. */
export function slotAbove(node: Node): Slot | undefined {
  let after: Node = node;
  for (;;) {
    const parent = after.parent as (Node & Partial<ContainerNode>) | undefined;
    if (!parent) return undefined;
    if (parent.children) return { parent: parent as ContainerNode, after };
    after = parent;
  }
}

/** The page as a rendition shows it, and how to keep out of it what is no part of the picture. */
import { editor, type Node, type VisualNode } from 'express-document-sdk';
import type { Backdrop, SandboxApi } from '../protocol/sandbox-api.js';
import { sortSelection } from './shapes.js';
import { pageBounds } from './space.js';
import { bringBack, isClutter, isVisible, setAside } from './visibility.js';

/** Nodes of the page that are seen, sorted; what lies in a node that is set aside goes with it. */
interface View {
  readonly picture: Node[];
  readonly clutter: Node[];
}

function sort(root: VisualNode, marking: ReadonlySet<string>, view: View): View {
  for (const child of root.allChildren) {
    const node = child as Node;
    if (!isVisible(node)) continue;
    if (marking.has(node.id) || isClutter(node)) view.clutter.push(node);
    else {
      view.picture.push(node);
      sort(node, marking, view);
    }
  }
  return view;
}

/** Selected shapes mark a region, so they are no part of the picture either. */
function sortPage(): View {
  const { shapes } = sortSelection(editor.context.selection);
  const marking = new Set(shapes.map(({ id }) => id));
  const view: View = { picture: [], clutter: [] };
  for (const artboard of editor.context.currentPage.artboards) sort(artboard, marking, view);
  return view;
}

/** Names the picture by what lies where in it. */
function keyOf(picture: readonly Node[]): string {
  const places = picture.map((node) => {
    const { x, y, width: w, height: h } = pageBounds(node);
    return [node.id, node.opacity, ...[x, y, w, h].map((value) => Math.round(value * 100))].join();
  });
  return places.join(' ');
}

export function readBackdrop(): Backdrop {
  const { picture, clutter } = sortPage();
  const { id, width, height } = editor.context.currentPage;
  const key = [id, width, height, keyOf(picture)].join(' ');
  return { page: { id, width, height }, key, isCluttered: clutter.length > 0 };
}

export function clearView(): void {
  setAside(sortPage().clutter);
}

export const restoreView: SandboxApi['restoreView'] = () => ({
  pageId: editor.context.currentPage.id,
  restored: bringBack(),
});

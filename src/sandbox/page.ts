/** What of the page is ours, and what the panel's user does with it. */
import { editor, type Node } from 'express-document-sdk';
import { overlaps } from '../image/geometry.js';
import type { PageContent, PageEdit } from '../protocol/sandbox-api.js';
import { fillLayers } from './layers.js';
import { mark, readMarker } from './markers.js';
import { hasStar, isFillLayer, isKept, keepRecord, star } from './records.js';
import { pageBounds } from './space.js';
import { findNodes, slotAbove, visualNodes } from './tree.js';
import { hide, isVisible, show } from './visibility.js';

export function readPage(): PageContent {
  return {
    pageId: editor.context.currentPage.id,
    fills: [...fillLayers()].map(({ node, record }) => ({
      id: node.id,
      isVisible: isVisible(node),
      isKept: isKept(node),
      isStarred: hasStar(node),
      record,
    })),
    markers: [...visualNodes()].flatMap((node) => readMarker(node) ?? []),
  };
}

/** The topmost kept fill that lies over a fill beside it; the fill would not be seen. */
function coverOf(fill: Node): Node | undefined {
  const slot = slotAbove(fill);
  if (!slot) return undefined;
  const siblings = [...slot.parent.children];
  const over = siblings.slice(siblings.findIndex(({ id }) => id === fill.id) + 1);
  const bounds = pageBounds(fill);
  return over.reverse().find((node) => isKept(node) && overlaps(pageBounds(node), bounds));
}

function bringToSight(node: Node): void {
  show(node);
  const isTry = isFillLayer(node) && !isKept(node);
  const cover = isTry ? coverOf(node) : undefined;
  if (cover) slotAbove(node)?.parent.children.moveAfter(node, cover);
}

/** Changes nodes of the current page in one synchronous block: one step of undo. */
export function editPage(edit: PageEdit): void {
  const { show: shown = [], hide: hidden = [], keep = [], remove = [], select } = edit;
  const { regionId = '', nodeIds = [] } = edit.mark ?? {};
  for (const node of findNodes(nodeIds)) mark(node, regionId);
  for (const node of findNodes(shown)) bringToSight(node);
  for (const node of findNodes(keep)) keepRecord(node);
  for (const node of findNodes(edit.star ?? [])) star(node, true);
  for (const node of findNodes(edit.unstar ?? [])) star(node, false);
  for (const node of findNodes(hidden)) hide(node);
  for (const node of findNodes(remove)) node.removeFromParent();
  if (select) editor.context.selection = findNodes(select);
}

/** What the page's user does, applied to the document. */
import type { Command, NodeData } from '../document.js';
import { invert, mapBox } from './affine.js';
import { context, mediaContainer } from './editor.js';
import { store } from './store.js';
import { removeNode } from './tree.js';

type Of<K extends Command['kind']> = Extract<Command, { kind: K }>;

function select(ids: readonly string[]): void {
  store.select(ids);
  context.selectionChanged();
}

/** A new picture takes the artboard over; the first one cannot be undone. */
function open({ bitmap, width, height }: Of<'open'>): void {
  const isFirst = !store.canUndo && store.artboard.children.length === 0;
  store.change(() => {
    store.artboard.geometry = { kind: 'artboard', width, height };
    store.artboard.children = [mediaContainer(bitmap, width, height)];
  });
  if (isFirst) store.forgetHistory();
  select([]);
}

function addShape({ geometry, matrix, isSelected }: Of<'addShape'>): void {
  const shape = store.make(geometry, matrix);
  store.change(() => store.artboard.children.push(shape));
  if (isSelected) select([shape.id]);
}

function transform({ changes }: Of<'transform'>): void {
  store.change(() => {
    for (const { id, matrix } of changes) {
      const node = store.find(id)?.node;
      if (node && !node.isLocked) node.matrix = matrix;
    }
  });
  context.selectionChanged();
}

function move({ id, by }: Of<'move'>): void {
  const parent = store.find(id)?.parent;
  if (!parent) return;
  const from = parent.children.findIndex((child) => child.id === id);
  const to = from + by;
  if (to < 0 || to >= parent.children.length) return;
  store.change(() => parent.children.splice(to, 0, ...parent.children.splice(from, 1)));
}

function group({ ids }: Of<'group'>): void {
  const { children } = store.artboard;
  const members = children.filter(({ id }) => ids.includes(id));
  if (members.length === 0) return;
  const at = children.indexOf(members[members.length - 1]);
  const made = store.make({ kind: 'group' }, undefined, members);
  store.change(() => {
    children.splice(at + 1, 0, made);
    store.artboard.children = children.filter((child) => !members.includes(child));
  });
  select([made.id]);
}

/** Crops an image: the box, in artboard units, becomes its mask. */
function crop({ id, box }: Of<'crop'>): void {
  const node = store.find(id)?.node;
  if (node?.geometry.kind !== 'media') return;
  const local = mapBox(invert(node.matrix), box);
  const mask = node.children[1];
  store.change(() => {
    mask.geometry = {
      kind: 'rectangle',
      width: local.width,
      height: local.height,
      radii: [0, 0, 0, 0],
    };
    mask.matrix = [1, 0, 0, 1, local.x, local.y];
  });
  context.selectionChanged();
}

function withNode(id: string, act: (node: NodeData) => void): void {
  const node = store.find(id)?.node;
  if (node) store.change(() => act(node));
}

/** Applies a command as one step of undo. */
export function applyCommand(command: Command): void {
  switch (command.kind) {
    case 'open':
      return open(command);
    case 'addShape':
      return addShape(command);
    case 'transform':
      return transform(command);
    case 'select':
      return select(command.ids);
    case 'delete':
      command.ids.forEach(removeNode);
      return select(store.selection);
    case 'opacity':
      return withNode(command.id, (node) => (node.opacity = command.opacity));
    case 'lock':
      return withNode(command.id, (node) => (node.isLocked = command.isLocked));
    case 'addOnData':
      return withNode(command.id, (node) => (node.addOnData[command.key] = command.value));
    case 'move':
      return move(command);
    case 'group':
      return group(command);
    case 'crop':
      return crop(command);
    case 'page':
      store.openPage(command.index);
      return select([]);
    case 'deletePage':
      store.deletePage();
      return select([]);
    case 'undo':
      store.undo();
      return context.selectionChanged();
    case 'redo':
      store.redo();
      return context.selectionChanged();
    default:
      command satisfies never;
  }
}

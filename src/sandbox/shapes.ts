/** Selected nodes as vector shapes of the region. */
import {
  constants,
  type EllipseNode,
  type GroupNode,
  type Node,
  type PathNode,
  type RectangleNode,
  type VisualNode,
} from 'express-document-sdk';
import type { Rect, Size } from '../image/geometry.js';
import type { RegionShape } from '../protocol/sandbox-api.js';
import { localToPage } from './space.js';
import { isMediaContainer } from './tree.js';

const { SceneNodeType, FillRule } = constants;

/** Corner radii clockwise from the top left. */
type Radii = readonly [number, number, number, number];

/** A rectangle as path data; radii are cut to half the shorter side. */
export function rectanglePath({ x, y, width, height }: Rect, radii: Radii = [0, 0, 0, 0]): string {
  const most = Math.min(width, height) / 2;
  const [tl, tr, br, bl] = radii.map((radius) => Math.min(Math.max(radius, 0), most));
  const right = x + width;
  const bottom = y + height;
  const arc = (radius: number, toX: number, toY: number) =>
    radius > 0 ? `A ${radius} ${radius} 0 0 1 ${toX} ${toY}` : '';
  return [
    `M ${x + tl} ${y} L ${right - tr} ${y} ${arc(tr, right, y + tr)}`,
    `L ${right} ${bottom - br} ${arc(br, right - br, bottom)}`,
    `L ${x + bl} ${bottom} ${arc(bl, x, bottom - bl)}`,
    `L ${x} ${y + tl} ${arc(tl, x + tl, y)} Z`,
  ].join(' ');
}

/** An ellipse that fills a box, as path data. */
export function ellipsePath({ x, y, width, height }: Rect): string {
  const [rx, ry] = [width / 2, height / 2];
  const middle = y + ry;
  return `M ${x} ${middle} A ${rx} ${ry} 0 0 1 ${x + width} ${middle} A ${rx} ${ry} 0 0 1 ${x} ${middle} Z`;
}

function radiiOf(rectangle: RectangleNode): Radii {
  const { topLeftRadius, topRightRadius, bottomRightRadius, bottomLeftRadius } = rectangle;
  return [topLeftRadius, topRightRadius, bottomRightRadius, bottomLeftRadius];
}

/** A stroke widens a node's bounds evenly, not its own size: keep to the size. */
function boxAroundCenter(node: VisualNode, { width, height }: Size): Rect {
  const { x, y } = node.centerPointLocal;
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function outline(node: VisualNode): Pick<RegionShape, 'kind' | 'path' | 'fillRule'> {
  switch (node.type) {
    case SceneNodeType.rectangle: {
      const rectangle = node as RectangleNode;
      const path = rectanglePath(boxAroundCenter(rectangle, rectangle), radiiOf(rectangle));
      return { kind: 'rectangle', path, fillRule: 'nonzero' };
    }
    case SceneNodeType.ellipse: {
      const { rx, ry } = node as EllipseNode;
      const path = ellipsePath(boxAroundCenter(node, { width: 2 * rx, height: 2 * ry }));
      return { kind: 'ellipse', path, fillRule: 'nonzero' };
    }
    case SceneNodeType.path: {
      const { path, fillRule } = node as PathNode;
      return {
        kind: 'path',
        path,
        fillRule: fillRule === FillRule.evenOdd ? 'evenodd' : 'nonzero',
      };
    }
    default:
      return { kind: 'bounds', path: rectanglePath(node.boundsLocal), fillRule: 'nonzero' };
  }
}

/** Describes one node; kinds whose outline the host keeps to itself give their bounds. */
export function regionShape(node: VisualNode): RegionShape {
  const shape = outline(node);
  return {
    nodeId: node.id,
    ...shape,
    localToPage: localToPage(node),
    isExact: shape.kind !== 'bounds',
  };
}

/** The selection sorted into images and the nodes that draw the region. */
export interface SortedSelection {
  readonly images: readonly Node[];
  readonly shapes: readonly VisualNode[];
}

/** A group stands for its mask shape where it has one, otherwise for what it holds. */
export function sortSelection(nodes: readonly Node[]): SortedSelection {
  const images: Node[] = [];
  const shapes: VisualNode[] = [];
  for (const node of nodes) {
    if (isMediaContainer(node)) images.push(node);
    else if (node.type === SceneNodeType.group) {
      const inner = sortGroup(node as GroupNode);
      images.push(...inner.images);
      shapes.push(...inner.shapes);
    } else shapes.push(node);
  }
  return { images, shapes };
}

function sortGroup(group: GroupNode): SortedSelection {
  const inner = sortSelection([...group.children]);
  return group.maskShape ? { images: inner.images, shapes: [group.maskShape] } : inner;
}

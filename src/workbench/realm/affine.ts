/** Affine maps and bounds of node data. */
import type { Box, Matrix, NodeData } from '../document.js';

export interface Vector {
  readonly x: number;
  readonly y: number;
}

export function apply([a, b, c, d, tx, ty]: Matrix, { x, y }: Vector): Vector {
  return { x: a * x + c * y + tx, y: b * x + d * y + ty };
}

/** Applies `first`, then `second`. */
export function multiply(second: Matrix, first: Matrix): Matrix {
  const [a, b, c, d] = second;
  const [e, f, g, h, ux, uy] = first;
  const corner = apply(second, { x: ux, y: uy });
  return [a * e + c * f, b * e + d * f, a * g + c * h, b * g + d * h, corner.x, corner.y];
}

export function invert([a, b, c, d, tx, ty]: Matrix): Matrix {
  const det = a * d - b * c;
  return [d / det, -b / det, -c / det, a / det, (c * ty - d * tx) / det, (b * tx - a * ty) / det];
}

export function boxAround(points: readonly Vector[]): Box {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

export function mapBox(matrix: Matrix, { x, y, width, height }: Box): Box {
  const corners = [
    { x, y },
    { x: x + width, y },
    { x, y: y + height },
    { x: x + width, y: y + height },
  ];
  return boxAround(corners.map((corner) => apply(matrix, corner)));
}

/** Visible bounds in local units: a media container's are those of its mask. */
export function localBox(node: NodeData): Box {
  const { geometry } = node;
  switch (geometry.kind) {
    case 'rectangle':
      return stroked(geometry.width, geometry.height, geometry.stroke);
    case 'ellipse':
      return stroked(2 * geometry.rx, 2 * geometry.ry, geometry.stroke);
    case 'path':
      return geometry.bounds;
    case 'media':
      return childBox(node.children[1]);
    case 'group':
      return groupBox(node);
    default:
      return { x: 0, y: 0, width: geometry.width, height: geometry.height };
  }
}

/** Half of a stroke lies outside the outline. */
function stroked(width: number, height: number, stroke = 0): Box {
  const [x, y] = [-stroke / 2, -stroke / 2];
  return { x, y, width: width + stroke, height: height + stroke };
}

function childBox(child: NodeData): Box {
  return mapBox(child.matrix, localBox(child));
}

function groupBox(node: NodeData): Box {
  const boxes = (node.mask ? [node.mask] : node.children).map(childBox);
  if (boxes.length === 0) return { x: 0, y: 0, width: 0, height: 0 };
  return boxAround(
    boxes.flatMap(({ x, y, width, height }) => [
      { x, y },
      { x: x + width, y: y + height },
    ]),
  );
}

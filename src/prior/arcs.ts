/** Circular arcs between two points, straight ones among them, and the ways on beyond their ends. */
import type { Point } from '../image/geometry.js';

/** `bend`: angle by which it leaves the straight way at `from`, and comes back at `to`; radians. */
export interface Arc {
  readonly from: Point;
  readonly to: Point;
  readonly bend: number;
}

/** A way from a point: its direction in radians, and by how much that turns in a pixel. */
export interface Course {
  readonly at: Point;
  readonly heading: number;
  readonly turn: number;
}

/** An arc's length, its course, and its courses on beyond `from` and beyond `to`. */
export function coursesOf({ from, to, bend }: Arc): {
  length: number;
  along: Course;
  before: Course;
  after: Course;
} {
  const gap = Math.hypot(to.x - from.x, to.y - from.y);
  const chord = Math.atan2(to.y - from.y, to.x - from.x);
  const length = bend === 0 ? gap : (gap * bend) / Math.sin(bend);
  const turn = (-2 * bend) / length;
  return {
    length,
    along: { at: from, heading: chord + bend, turn },
    before: { at: from, heading: chord + bend + Math.PI, turn: -turn },
    after: { at: to, heading: chord - bend, turn },
  };
}

/** Calls back with each pixel of a course after its start, and the direction there, a unit vector. */
export function follow(
  { at, heading, turn }: Course,
  length: number,
  use: (x: number, y: number, dx: number, dy: number) => void,
): void {
  let { x, y } = at;
  for (let t = 1; t <= length; t++) {
    // By the direction half-way, so that the steps stay on the arc.
    x += Math.cos(heading + turn * (t - 0.5));
    y += Math.sin(heading + turn * (t - 0.5));
    use(x, y, Math.cos(heading + turn * t), Math.sin(heading + turn * t));
  }
}

/**
 * Tells where points lie by an arc: `along`, 0 at `from` to 1 at `to`, and `aside`, the distance
 * from it in pixels, growing to the right of its direction (down, where it runs to the right).
 */
export function placesBy({ from, to, bend }: Arc): (x: number, y: number) => Place {
  const gap = Math.hypot(to.x - from.x, to.y - from.y);
  const [dx, dy] = [(to.x - from.x) / gap, (to.y - from.y) / gap];
  if (Math.abs(bend) < 1e-3)
    return (x, y) => ({
      along: ((x - from.x) * dx + (y - from.y) * dy) / gap,
      aside: (y - from.y) * dx - (x - from.x) * dy,
    });
  const [side, angle] = [Math.sign(bend), Math.abs(bend)];
  const radius = gap / (2 * Math.sin(angle));
  const toCentre = side * radius * Math.cos(angle);
  const centre = {
    x: (from.x + to.x) / 2 + dy * toCentre,
    y: (from.y + to.y) / 2 - dx * toCentre,
  };
  return (x, y) => {
    const [u, v] = [x - centre.x, y - centre.y];
    const turned = Math.atan2(u * dx + v * dy, side * (v * dx - u * dy));
    return {
      along: (turned + angle) / (2 * angle),
      aside: side * (Math.hypot(u, v) - radius),
    };
  };
}

interface Place {
  readonly along: number;
  readonly aside: number;
}

/**
 * Straight lines and edges that run into the unknown and come out on its other side, which anyone
 * expects to go on. Patches alone lose thin ones in a wide gap: shrunk, they hardly show.
 * Source: after Sun, Yuan, Jia, Shum 2005 (structure propagation). Deviation: lines are found, not
 * drawn by the user, and what they say is a hint among what patches are compared by; pixels still
 * come from the photo's own patches.
 */
import {
  knownSampler,
  lineEvidence,
  measureStrip,
  stripEvidence,
  turned,
  type Point,
  type Sampler,
} from './line-strips.js';
import type { Hints, PhotoImages } from './photo-images.js';

/** Where a line enters and leaves the unknown, in shares of the picture's sides; how sure it is, 0..1. */
export interface Line {
  readonly from: Point;
  readonly to: Point;
  readonly certainty: number;
}

/** A line in pixels. */
interface Chord {
  readonly from: Point;
  readonly to: Point;
  readonly evidence: number;
}

/** Directions of a first look at each point around the unknown, and how far it goes; pixels. */
const directions = 64;
const lookLength = 9;
/** How far a line is followed outside: a share of its way inside; pixels. */
const followed = { share: 0.35, least: 8, most: 20 };
/** Of the first look, of a line that counts at all, and of one beyond doubt. */
const evidences = { look: 2, least: 3, full: 5, none: 2 };
/** Pixels that a line runs through the unknown at least; closer, patches see both ends. */
const leastGap = 6;
/** Lines that begin or end within so many pixels of each other are one. */
const apart = 3;
const mostLines = 40;
/** Points around the unknown that are tried; of more, each second and so on. */
const mostPoints = 900;
/** Pixels across a line in which its hints fade, one sigma. */
const breadth = 0.9;
const reach = Math.ceil(4 * breadth);
/** Hints are read from a table of so many values a pixel. */
const finesse = 4;

/** Known pixels beside unknown ones. */
function pointsAround({ known: { width, height }, keepMask }: PhotoImages): Point[] {
  const points: Point[] = [];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      if (keepMask[i] !== 1) continue;
      const beside = keepMask[i - 1] + keepMask[i + 1] + keepMask[i - width] + keepMask[i + width];
      if (beside < 4) points.push({ x, y });
    }
  }
  const every = Math.ceil(points.length / mostPoints);
  return points.filter((_, k) => k % every === 0);
}

/** In which directions a line may leave a point. */
function hopesAt(sample: Sampler, at: Point): boolean[] {
  return Array.from({ length: directions }, (_, k) => {
    const angle = (2 * Math.PI * k) / directions;
    const strip = measureStrip(sample, at, [Math.cos(angle), Math.sin(angle)], lookLength);
    return strip !== null && stripEvidence(strip) > evidences.look;
  });
}

function directionOf(from: Point, to: Point): { gap: number; dx: number; dy: number } {
  const gap = Math.hypot(to.x - from.x, to.y - from.y);
  return { gap, dx: (to.x - from.x) / gap, dy: (to.y - from.y) / gap };
}

/** Follows what may be a line outside, at both ends. */
function evidenceOf(sample: Sampler, from: Point, to: Point): number {
  const { gap, dx, dy } = directionOf(from, to);
  const { share, least, most } = followed;
  const length = Math.round(Math.min(most, Math.max(least, share * gap)));
  const before = measureStrip(sample, from, [-dx, -dy], length);
  const after = before && measureStrip(sample, to, [dx, dy], length);
  return after ? lineEvidence(turned(before), after) : 0;
}

/** True where the way between two points is unknown, but for a few pixels. */
function isUnknown({ known, keepMask }: PhotoImages, from: Point, to: Point): boolean {
  const { gap, dx, dy } = directionOf(from, to);
  let knownSteps = 0;
  for (let t = 1; t < gap; t++) {
    const [x, y] = [Math.round(from.x + t * dx), Math.round(from.y + t * dy)];
    knownSteps += keepMask[y * known.width + x];
  }
  return knownSteps <= 2 + gap / 20;
}

/** Pairs of points that a line may join. */
function* likelyPairs(points: readonly Point[], sample: Sampler): Generator<[Point, Point]> {
  const hopes = points.map((at) => hopesAt(sample, at));
  const hasHope = (k: number, direction: number) =>
    [-1, 0, 1].some((turn) => hopes[k][(direction + turn + 2 * directions) % directions]);
  for (let i = 0; i < points.length; i++) {
    if (!hopes[i].includes(true)) continue;
    for (let j = i + 1; j < points.length; j++) {
      const [dx, dy] = [points[j].x - points[i].x, points[j].y - points[i].y];
      if (dx * dx + dy * dy < leastGap ** 2) continue;
      const direction = Math.round((Math.atan2(dy, dx) / (2 * Math.PI)) * directions);
      if (hasHope(j, direction) && hasHope(i, direction + directions / 2))
        yield [points[i], points[j]];
    }
  }
}

function isSame(a: Chord, b: Chord): boolean {
  const ends = (chord: Chord) => [chord.from, chord.to];
  return ends(a).some((p) => ends(b).some((q) => Math.hypot(p.x - q.x, p.y - q.y) < apart));
}

/** Moves the ends across the line by quarters of a pixel, to where both fit best. */
function refined(sample: Sampler, chord: Chord): Chord {
  const { dx, dy } = directionOf(chord.from, chord.to);
  const beside = ({ x, y }: Point, quarters: number) => ({
    x: x - (dy * quarters) / 4,
    y: y + (dx * quarters) / 4,
  });
  let best = chord;
  for (let a = -3; a <= 3; a++) {
    for (let b = -3; b <= 3; b++) {
      const [from, to] = [beside(chord.from, a), beside(chord.to, b)];
      const evidence = evidenceOf(sample, from, to);
      if (evidence > best.evidence) best = { from, to, evidence };
    }
  }
  return best;
}

/** Finds the lines of a picture through what is unknown in it, the surest first. */
export function findLines(images: PhotoImages): Line[] {
  const { width, height } = images.known;
  const sample = knownSampler(images.known, images.keepMask);
  const chords: Chord[] = [];
  for (const [from, to] of likelyPairs(pointsAround(images), sample)) {
    if (!isUnknown(images, from, to)) continue;
    const evidence = evidenceOf(sample, from, to);
    if (evidence > evidences.least) chords.push({ from, to, evidence });
  }
  chords.sort((a, b) => b.evidence - a.evidence);
  const surest: Chord[] = [];
  for (const chord of chords) {
    if (surest.length === mostLines) break;
    if (!surest.some((other) => isSame(chord, other))) surest.push(chord);
  }
  const share = ({ x, y }: Point) => ({ x: (x + 0.5) / width, y: (y + 0.5) / height });
  const { none, full } = evidences;
  return surest
    .map((chord) => refined(sample, chord))
    .map(({ from, to, evidence }) => ({
      from: share(from),
      to: share(to),
      certainty: Math.min(1, (evidence - none) / (full - none)),
    }));
}

/** Colours across a line just outside one end. Shapes: [3, 2 * reach * finesse + 1]. */
function coloursAcross(
  sample: Sampler,
  end: Point,
  [dx, dy]: readonly [number, number],
  length: number,
): Float32Array[] {
  const mean = (s: number, c: number) => {
    let [sum, count] = [0, 0];
    for (let t = 1; t <= length; t++) {
      const value = sample(end.x + t * dx - s * dy, end.y + t * dy + s * dx, c);
      if (Number.isNaN(value)) continue;
      sum += value;
      count++;
    }
    return sum / count;
  };
  return [0, 1, 2].map((c) =>
    Float32Array.from({ length: 2 * reach * finesse + 1 }, (_, k) => mean(k / finesse - reach, c)),
  );
}

/**
 * What lines say of a picture's unknown pixels: each looks as it does outside, at the same distance
 * from the line. `images`: the picture the lines are of, at any size.
 * Returns: null where no line says anything.
 */
export function lineHints(lines: readonly Line[], images: PhotoImages): Hints | null {
  if (lines.length === 0) return null;
  const { width, height } = images.known;
  const hints = {
    values: new Float32Array(3 * width * height),
    weights: new Float32Array(width * height),
  };
  for (const line of lines) addHints(hints, line, images);
  return hints;
}

function addHints(hints: Hints, line: Line, { known, keepMask }: PhotoImages): void {
  const { width, height } = known;
  const pixel = ({ x, y }: Point) => ({ x: x * width - 0.5, y: y * height - 0.5 });
  const [from, to] = [pixel(line.from), pixel(line.to)];
  const { gap, dx, dy } = directionOf(from, to);
  if (gap < 2) return;
  const sample = knownSampler(known, keepMask);
  const length = Math.min(followed.most, Math.max(3, Math.round(followed.share * gap)));
  const before = coloursAcross(sample, from, [-dx, -dy], length).map((table) => table.reverse());
  const after = coloursAcross(sample, to, [dx, dy], length);
  const [left, right] = [Math.min(from.x, to.x) - reach, Math.max(from.x, to.x) + reach];
  const [top, bottom] = [Math.min(from.y, to.y) - reach, Math.max(from.y, to.y) + reach];
  for (let y = Math.max(0, Math.ceil(top)); y <= Math.min(height - 1, bottom); y++) {
    for (let x = Math.max(0, Math.ceil(left)); x <= Math.min(width - 1, right); x++) {
      const i = y * width + x;
      const s = (y - from.y) * dx - (x - from.x) * dy;
      const t = ((x - from.x) * dx + (y - from.y) * dy) / gap;
      if (keepMask[i] === 1 || Math.abs(s) > reach || t < 0 || t > 1) continue;
      const k = Math.round(finesse * (s + reach));
      const colour = [0, 1, 2].map((c) => (1 - t) * before[c][k] + t * after[c][k]);
      if (colour.some(Number.isNaN)) continue;
      mix(hints, i, colour, line.certainty * Math.exp((-s * s) / (2 * breadth * breadth)));
    }
  }
}

/** Where lines cross or lie close, the surer and nearer says more. */
function mix({ values, weights }: Hints, i: number, colour: number[], weight: number): void {
  const share = weight / (weights[i] + weight);
  colour.forEach((value, c) => {
    const at = c * weights.length + i;
    values[at] += share * (value - values[at]);
  });
  weights[i] = Math.max(weights[i], weight);
}

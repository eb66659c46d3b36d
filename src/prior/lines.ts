/**
 * Lines and edges, straight or in an arc, that run into the unknown and come out on its other side,
 * which anyone expects to go on. Patches alone lose thin ones in a wide gap: shrunk, they hardly show.
 * Source: after Sun, Yuan, Jia, Shum 2005 (structure propagation). Deviation: lines are found, not
 * drawn by the user, and what they say is a hint among what patches are compared by; pixels still
 * come from the photo's own patches.
 */
import type { Point } from '../image/geometry.js';
import { coursesOf, follow, placesBy, type Arc, type Course } from './arcs.js';
import {
  knownSampler,
  lineEvidence,
  measureStrip,
  stripEvidence,
  turned,
  type Sampler,
  type Strip,
} from './line-strips.js';
import type { Hints, PhotoImages } from './photo-images.js';

/** All that lines are looked for in. */
type KnownImage = Pick<PhotoImages, 'known' | 'keepMask'>;

/** From where a line enters the unknown to where it leaves it, in shares of the picture's sides. */
export interface Line extends Arc {
  /** How sure it is, 0..1. */
  readonly certainty: number;
}

/** What may be a line, in pixels. */
interface Found extends Arc {
  readonly evidence: number;
}

/** Directions of a first look at each point around the unknown, and how far it goes; pixels. */
const directions = 64;
const lookLength = 9;
/** Bends that are tried to each side, in those directions: 34 degrees. */
const mostBend = 6;
/** What bends may be so by chance: of its evidence, the share that counts, less for each radian. */
const trust = { bent: 0.75, lessPerRadian: 0.3 };
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
function pointsAround({ known: { width, height }, keepMask }: KnownImage): Point[] {
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

/** Strips that leave a point, by direction; null where no line may. */
type Look = readonly (Strip | null)[];

function lookFrom(sample: Sampler, at: Point): Look {
  return Array.from({ length: directions }, (_, k) => {
    const course = { at, heading: (2 * Math.PI * k) / directions, turn: 0 };
    const strip = measureStrip(sample, course, lookLength);
    return strip && stripEvidence(strip) > evidences.look ? strip : null;
  });
}

/** Strips of a look in about each direction. */
function byDirection(look: Look): Strip[][] {
  return look.map((_, k) =>
    [-1, 0, 1].flatMap((turn) => look[(k + turn + directions) % directions] ?? []),
  );
}

/** True where two looks, one turned round, may see the two ends of one line. */
function areAlike(before: readonly Strip[], after: readonly Strip[], isBent: boolean): boolean {
  const [form, least] = isBent
    ? (['bent', evidences.least] as const)
    : (['straight', evidences.look] as const);
  return before.some((a) => after.some((b) => lineEvidence(a, b, form) > least));
}

/** Follows what may be a line outside, at both ends. */
function evidenceOf(sample: Sampler, arc: Arc): number {
  const courses = coursesOf(arc);
  const { share, least, most } = followed;
  const gap = Math.hypot(arc.to.x - arc.from.x, arc.to.y - arc.from.y);
  const length = Math.round(Math.min(most, Math.max(least, share * gap)));
  const before = measureStrip(sample, courses.before, length);
  const after = before && measureStrip(sample, courses.after, length);
  if (!after) return 0;
  if (arc.bend === 0) return lineEvidence(turned(before), after, 'straight');
  const trusted = trust.bent * (1 - trust.lessPerRadian * Math.abs(arc.bend));
  return trusted * lineEvidence(turned(before), after, 'bent');
}

/** True where the way between two points is unknown, but for a few pixels. */
function isUnknown({ known, keepMask }: KnownImage, arc: Arc): boolean {
  const { along, length } = coursesOf(arc);
  let knownSteps = 0;
  follow(along, length - 1, (x, y) => {
    const [u, v] = [Math.round(x), Math.round(y)];
    const isOutside = u < 0 || v < 0 || u >= known.width || v >= known.height;
    knownSteps += isOutside ? 1 : keepMask[v * known.width + u];
  });
  return knownSteps <= 2 + length / 20;
}

/** What may be a line by its two ends alone. */
function* likelyArcs(points: readonly Point[], sample: Sampler): Generator<Arc> {
  const looks = points.map((at) => lookFrom(sample, at));
  const afters = looks.map(byDirection);
  for (let i = 0; i < points.length; i++) {
    if (looks[i].every((strip) => strip === null)) continue;
    const before = byDirection(looks[i].map((strip) => strip && turned(strip)));
    for (let j = i + 1; j < points.length; j++) {
      const [dx, dy] = [points[j].x - points[i].x, points[j].y - points[i].y];
      if (dx * dx + dy * dy < leastGap ** 2) continue;
      const direction = Math.round((Math.atan2(dy, dx) / (2 * Math.PI)) * directions);
      for (let turn = -mostBend; turn <= mostBend; turn++) {
        const after = afters[j][(direction - turn + 2 * directions) % directions];
        const back = before[(direction + turn + (5 * directions) / 2) % directions];
        if (areAlike(back, after, turn !== 0))
          yield { from: points[i], to: points[j], bend: (2 * Math.PI * turn) / directions };
      }
    }
  }
}

function isSame(a: Arc, b: Arc): boolean {
  const ends = (arc: Arc) => [arc.from, arc.to];
  return ends(a).some((p) => ends(b).some((q) => Math.hypot(p.x - q.x, p.y - q.y) < apart));
}

/** Moves the ends across the line by quarters of a pixel, and bends it, to where both fit best. */
function refined(sample: Sampler, found: Found): Found {
  const chord = Math.atan2(found.to.y - found.from.y, found.to.x - found.from.x);
  const beside = ({ x, y }: Point, quarters: number) => ({
    x: x - (Math.sin(chord) * quarters) / 4,
    y: y + (Math.cos(chord) * quarters) / 4,
  });
  let best = found;
  for (const more of found.bend === 0 ? [0] : [-0.05, -0.025, 0, 0.025, 0.05]) {
    for (let a = -3; a <= 3; a++) {
      for (let b = -3; b <= 3; b++) {
        const [from, to] = [beside(found.from, a), beside(found.to, b)];
        const arc = { from, to, bend: found.bend + more };
        const evidence = evidenceOf(sample, arc);
        if (evidence > best.evidence) best = { ...arc, evidence };
      }
    }
  }
  return best;
}

/** Finds the lines of a picture through what is unknown in it, the surest first. */
export function findLines(images: KnownImage): Line[] {
  const { width, height } = images.known;
  const sample = knownSampler(images.known, images.keepMask);
  const found: Found[] = [];
  for (const arc of likelyArcs(pointsAround(images), sample)) {
    if (!isUnknown(images, arc)) continue;
    const evidence = evidenceOf(sample, arc);
    if (evidence > evidences.least) found.push({ ...arc, evidence });
  }
  found.sort((a, b) => b.evidence - a.evidence);
  const surest: Found[] = [];
  for (const line of found) {
    if (surest.length === mostLines) break;
    if (!surest.some((other) => isSame(line, other))) surest.push(line);
  }
  const share = ({ x, y }: Point) => ({ x: (x + 0.5) / width, y: (y + 0.5) / height });
  const { none, full } = evidences;
  return surest
    .map((line) => refined(sample, line))
    .map(({ from, to, bend, evidence }) => ({
      bend,
      from: share(from),
      to: share(to),
      certainty: Math.min(1, (evidence - none) / (full - none)),
    }));
}

/** Colours across a line just outside one end. Shapes: [3, 2 * reach * finesse + 1]. */
function coloursAcross(sample: Sampler, course: Course, length: number): Float32Array[] {
  const steps = 2 * reach * finesse + 1;
  const means = [0, 1, 2].map(() => new Float32Array(steps));
  const colour = new Float64Array(3);
  for (let k = 0; k < steps; k++) {
    const s = k / finesse - reach;
    let count = 0;
    follow(course, length, (x, y, dx, dy) => {
      if (!sample(x - s * dy, y + s * dx, colour)) return;
      count++;
      colour.forEach((value, c) => (means[c][k] += value));
    });
    for (const mean of means) mean[k] /= count;
  }
  return means;
}

/**
 * What lines say of a picture's unknown pixels: each looks as it does outside, at the same distance
 * from the line. `images`: the picture the lines are of, at any size.
 * Returns: null where no line says anything.
 */
export function lineHints(lines: readonly Line[], images: KnownImage): Hints | null {
  if (lines.length === 0) return null;
  const { width, height } = images.known;
  const hints = {
    values: new Float32Array(3 * width * height),
    weights: new Float32Array(width * height),
  };
  for (const line of lines) addHints(hints, line, images);
  return hints;
}

function addHints(hints: Hints, line: Line, { known, keepMask }: KnownImage): void {
  const { width, height } = known;
  const pixel = ({ x, y }: Point) => ({ x: x * width - 0.5, y: y * height - 0.5 });
  const arc = { from: pixel(line.from), to: pixel(line.to), bend: line.bend };
  const { from, to } = arc;
  const gap = Math.hypot(to.x - from.x, to.y - from.y);
  if (gap < 2) return;
  const courses = coursesOf(arc);
  const placeOf = placesBy(arc);
  const sample = knownSampler(known, keepMask);
  const length = Math.min(followed.most, Math.max(3, Math.round(followed.share * gap)));
  const before = coloursAcross(sample, courses.before, length).map((table) => table.reverse());
  const after = coloursAcross(sample, courses.after, length);
  const bow = reach + (gap / 2) * Math.abs(Math.tan(arc.bend / 2));
  const [left, right] = [Math.min(from.x, to.x) - bow, Math.max(from.x, to.x) + bow];
  const [top, bottom] = [Math.min(from.y, to.y) - bow, Math.max(from.y, to.y) + bow];
  for (let y = Math.max(0, Math.ceil(top)); y <= Math.min(height - 1, bottom); y++) {
    for (let x = Math.max(0, Math.ceil(left)); x <= Math.min(width - 1, right); x++) {
      const i = y * width + x;
      if (keepMask[i] === 1) continue;
      const { along: t, aside: s } = placeOf(x, y);
      if (Math.abs(s) > reach || t < 0 || t > 1) continue;
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

/**
 * `normalPair`, bit for bit, at half its cost: logarithm, cosine and sine from tables and short
 * series, which miss a normal by less than `errorBound`. Where that could change its rounding to
 * float32, in one pair of some two thousand, `normalPair` itself decides; so it does not matter
 * that an engine's own functions, which fill the tables, may differ in the last bit.
 * Source of the test: Ziv 1991.
 */
import { normalPair } from './normal.js';

const { fround } = Math;
const wordRange = 0x1000000;
const radiansPerUnit = (2 * Math.PI) / wordRange;

/** Nine times what was measured over every logarithm and every angle. */
const errorBound = 1e-12;

const arcs = 1024;
/** Cosine and sine at the middle of each of 1024 arcs. Shapes: [1024, 2]. */
const circle = Float64Array.from({ length: 2 * arcs }, (_, i) => {
  const angle = ((i >> 1) + 0.5) * ((2 * Math.PI) / arcs);
  return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
});

const spans = 256;
/**
 * 1 / c and ln c for a c in each of 256 spans of [0.5, 1). The last c is 1, so that the logarithm
 * keeps all its digits where it is near 0. Shapes: [256, 2].
 */
const logarithms = Float64Array.from({ length: 2 * spans }, (_, i) => {
  const span = i >> 1;
  const c = span === spans - 1 ? 1 : (spans + span + 0.5) / (2 * spans);
  return i % 2 === 0 ? 1 / c : Math.log(c);
});

/** ln(m / 2^24) for an integer m in 1..2^24-1. */
function logOfFraction(m: number): number {
  const zeros = Math.clz32(m);
  const bits = m << zeros;
  const at = 2 * ((bits >>> 23) & (spans - 1));
  const r = (bits >>> 0) * 2 ** -32 * logarithms[at] - 1;
  const series = r * (1 + r * (-1 / 2 + r * (1 / 3 - r / 4)));
  return series + logarithms[at + 1] - (zeros - 8) * Math.LN2;
}

/** Writes what `normalPair` writes. */
export function quickNormalPair(a: number, b: number, out: Float32Array, at: number): void {
  const m = (a >>> 8) + 1;
  const radius = Math.sqrt(-2 * logOfFraction(m));
  const turn = b >>> 8;
  const arc = 2 * (turn >>> 14);
  const rest = ((turn & 0x3fff) - 0x2000) * radiansPerUnit;
  const square = rest * rest;
  const sin = rest * (1 - square * (1 / 6));
  const cos = 1 - square * (1 / 2 - square * (1 / 24));
  const x = radius * (circle[arc] * cos - circle[arc + 1] * sin);
  const y = radius * (circle[arc + 1] * cos + circle[arc] * sin);
  const first = fround(x - errorBound);
  const second = fround(y - errorBound);
  const isSure = first === fround(x + errorBound) && second === fround(y + errorBound);
  // Where u is 1 the logarithm is nothing but its error.
  if (!isSure || m === wordRange) {
    normalPair(a, b, out, at);
    return;
  }
  out[at] = first;
  if (at + 1 < out.length) out[at + 1] = second;
}

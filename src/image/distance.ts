/** Exact Euclidean distance transform (Felzenszwalb and Huttenlocher 2012), linear in pixels. */

/** Larger than any squared distance in an image of 8,000 pixels a side. */
const far = 1e12;

/** One line: lower envelope of the parabolas rooted at each value. */
function transformLine(values: Float64Array, out: Float64Array): void {
  const roots = new Int32Array(values.length);
  const starts = new Float64Array(values.length + 1);
  let last = 0;
  starts[0] = -Infinity;
  starts[1] = Infinity;
  for (let q = 1; q < values.length; q++) {
    let meet = intersection(values, roots[last], q);
    while (meet <= starts[last]) meet = intersection(values, roots[--last], q);
    roots[++last] = q;
    starts[last] = meet;
    starts[last + 1] = Infinity;
  }
  for (let q = 0, k = 0; q < values.length; q++) {
    while (starts[k + 1] < q) k++;
    out[q] = (q - roots[k]) ** 2 + values[roots[k]];
  }
}

function intersection(values: Float64Array, p: number, q: number): number {
  return (values[q] + q * q - values[p] - p * p) / (2 * (q - p));
}

/**
 * Returns each pixel's squared distance to the nearest one that is `set`, centre to centre; a very
 * large number where none is. Shapes: returns [height*width]. Units: pixels squared.
 */
export function squaredDistances(
  width: number,
  height: number,
  set: (index: number) => boolean,
): Float64Array {
  const out = new Float64Array(width * height);
  for (let i = 0; i < out.length; i++) out[i] = set(i) ? 0 : far;
  const column = new Float64Array(height);
  const columnOut = new Float64Array(height);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) column[y] = out[y * width + x];
    transformLine(column, columnOut);
    for (let y = 0; y < height; y++) out[y * width + x] = columnOut[y];
  }
  const row = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    const line = out.subarray(y * width, (y + 1) * width);
    row.set(line);
    transformLine(row, line);
  }
  return out;
}

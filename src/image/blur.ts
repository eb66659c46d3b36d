/** Gaussian blur of planes, edges clamped. */

function kernelOf(sigma: number): Float64Array {
  const radius = Math.ceil(3 * sigma);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

function blurLine(
  source: Float32Array,
  out: Float32Array,
  start: number,
  step: number,
  length: number,
  kernel: Float64Array,
): void {
  const radius = (kernel.length - 1) / 2;
  for (let at = 0; at < length; at++) {
    let sum = 0;
    for (let k = 0; k < kernel.length; k++) {
      const from = Math.min(length - 1, Math.max(0, at + k - radius));
      sum += kernel[k] * source[start + step * from];
    }
    out[start + step * at] = sum;
  }
}

/** Blurs one plane. Shapes: plane [height*width]. Units: sigma in pixels, above 0. */
export function blurPlane(
  plane: Float32Array,
  width: number,
  height: number,
  sigma: number,
): Float32Array {
  const kernel = kernelOf(sigma);
  const rows = new Float32Array(plane.length);
  const out = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) blurLine(plane, rows, y * width, 1, width, kernel);
  for (let x = 0; x < width; x++) blurLine(rows, out, x, width, height, kernel);
  return out;
}

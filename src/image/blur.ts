/** Gaussian blur of planes, edges clamped. */

function kernelOf(sigma: number): Float64Array {
  const radius = Math.ceil(3 * sigma);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** Shapes: padded [out.length + kernel.length - 1], the line with its ends repeated. */
function blurRow(padded: Float64Array, out: Float32Array, kernel: Float64Array): void {
  for (let x = 0; x < out.length; x++) {
    let sum = 0;
    for (let k = 0; k < kernel.length; k++) sum += kernel[k] * padded[x + k];
    out[x] = sum;
  }
}

function addRow(sums: Float64Array, row: Float32Array, weight: number): void {
  for (let x = 0; x < sums.length; x++) sums[x] += weight * row[x];
}

/** Blurs one plane. Shapes: plane [height*width]. Units: sigma in pixels, above 0. */
export function blurPlane(
  plane: Float32Array,
  width: number,
  height: number,
  sigma: number,
): Float32Array {
  const kernel = kernelOf(sigma);
  const radius = (kernel.length - 1) / 2;
  const padded = new Float64Array(width + 2 * radius);
  const rows = Array.from({ length: height }, (_, y) => {
    const source = plane.subarray(y * width, (y + 1) * width);
    padded.fill(source[0], 0, radius).fill(source[width - 1], radius + width);
    padded.set(source, radius);
    const row = new Float32Array(width);
    blurRow(padded, row, kernel);
    return row;
  });
  const out = new Float32Array(plane.length);
  const sums = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    kernel.forEach((weight, k) => {
      addRow(sums, rows[Math.min(height - 1, Math.max(0, y + k - radius))], weight);
    });
    out.set(sums, y * width);
  }
  return out;
}

/** Half precision and bfloat16, bit by bit: JavaScript has no such typed arrays everywhere yet. */

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

/** Widens one IEEE 754 half (its 16 bits) to a number. Exact. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rounds a float32 to the nearest half, ties to even; past 65504 it becomes infinite. */
export function numberToHalf(value: number): number {
  scratchFloat[0] = value;
  const sign = (scratchBits[0] >>> 16) & 0x8000;
  const magnitude = scratchBits[0] & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Adding 0.5 leaves exactly the subnormal half's bits in the low end, correctly rounded.
    scratchFloat[0] = Math.abs(value) + 0.5;
    return sign | (scratchBits[0] - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

let halfTable: Float32Array | undefined;

/** Widens halves to float32. Exact. */
export function float16ToFloat32(halves: Uint16Array): Float32Array {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, bits) => halfToNumber(bits));
  const table = halfTable;
  const out = new Float32Array(halves.length);
  for (let i = 0; i < out.length; i++) out[i] = table[halves[i]]!;
  return out;
}

/** Rounds float32 values to halves, ties to even. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = numberToHalf(values[i]);
  return out;
}

/** Widens bfloat16 (the upper half of a float32) to float32. Exact. */
export function bfloat16ToFloat32(upperHalves: Uint16Array): Float32Array {
  const bits = new Uint32Array(upperHalves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = upperHalves[i] << 16;
  return new Float32Array(bits.buffer);
}

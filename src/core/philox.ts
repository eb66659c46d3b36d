/**
 * Counter-based random numbers: any draw is a pure function of its key and counter, so it does
 * not matter where, when or in which order it is made.
 */
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const rounds = 10;

/**
 * High 32 bits of a 32 x 32 bit product, from 16-bit halves. No partial sum reaches 2^32, so that
 * all of it is exact in 32-bit integers, which engines compute fastest.
 */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const cross = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const low = (Math.imul(aLow, bHigh) + (cross & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (cross >>> 16) + (low >>> 16)) | 0;
}

/**
 * Writes the four words of one Philox4x32-10 block and, where `out` has room, of the next counter's:
 * two side by side take half as long again as one, whose rounds wait for each other.
 * Shapes: counter [4], key [2], out [4] or [8], all u32.
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
 */
export function philox4x32(
  counter: Uint32Array,
  key: Uint32Array,
  out: Uint32Array | Int32Array,
): void {
  let a0 = counter[0] | 0;
  let a1 = counter[1] | 0;
  let a2 = counter[2] | 0;
  let a3 = counter[3] | 0;
  let b0 = (a0 + 1) | 0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  let k0 = key[0] | 0;
  let k1 = key[1] | 0;
  for (let round = 0; round < rounds; round++) {
    const aHigh = mulHigh(M1, a2) ^ a1 ^ k0;
    const bHigh = mulHigh(M1, b2) ^ b1 ^ k0;
    a1 = Math.imul(M1, a2);
    b1 = Math.imul(M1, b2);
    a2 = mulHigh(M0, a0) ^ a3 ^ k1;
    b2 = mulHigh(M0, b0) ^ b3 ^ k1;
    a3 = Math.imul(M0, a0);
    b3 = Math.imul(M0, b0);
    a0 = aHigh;
    b0 = bHigh;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = a0;
  out[1] = a1;
  out[2] = a2;
  out[3] = a3;
  if (out.length === 4) return;
  out[4] = b0;
  out[5] = b1;
  out[6] = b2;
  out[7] = b3;
}

/**
 * Box and Muller's two normals from two 24-bit integers, the same in every JavaScript engine:
 * Math.log, Math.cos and Math.sin may differ between engines in the last bit, and are calls.
 * Source of polynomials and coefficients: fdlibm (Sun Microsystems 1993, e_log.c, k_sin.c, k_cos.c),
 * good to less than a unit in the last place of float64; the results are rounded to float32.
 */

const ln2 = 0.6931471805599453;
const bits = 24;
/** 2^-e for e = 0..24. */
const inversePowers = Float64Array.from({ length: bits + 1 }, (_, e) => 2 ** -e);

/** ln(m / 2^24) for an integer m in 1..2^24. */
export function logOfFraction(m: number): number {
  let e = 31 - Math.clz32(m);
  let fraction = m * inversePowers[e];
  if (fraction > Math.SQRT2) {
    fraction /= 2;
    e++;
  }
  const f = fraction - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd =
    z *
    (0.6666666666666735 +
      w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const half = 0.5 * f * f;
  return (e - bits) * ln2 - (half - s * (half + odd + even) - f);
}

/** sin x for |x| <= pi / 4, given z = x * x. */
function sinKernel(x: number, z: number): number {
  const tail =
    0.00833333333332249 +
    z *
      (-0.0001984126982985795 +
        z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  return x + x * z * (-0.16666666666666632 + z * tail);
}

/** cos x for |x| <= pi / 4, given z = x * x. */
function cosKernel(z: number): number {
  const tail =
    0.0416666666666666 +
    z *
      (-0.001388888888887411 +
        z *
          (2.480158728947673e-5 +
            z *
              (-2.7557314351390663e-7 + z * (2.087572321298175e-9 - z * 1.1359647557788195e-11))));
  return 1 - (0.5 * z - z * z * tail);
}

const quarterTurn = 2 ** (bits - 2);
const radiansPerUnit = (2 * Math.PI) / 2 ** bits;

/**
 * Writes the two normals of one pair of words; the second only if there is room.
 *   u = ((a >> 8) + 1) / 2^24, v = (b >> 8) / 2^24, z = sqrt(-2 ln u) * (cos 2 pi v, sin 2 pi v)
 */
export function normalPair(a: number, b: number, out: Float32Array, at: number): void {
  const radius = Math.sqrt(-2 * logOfFraction((a >>> 8) + 1));
  const turn = b >>> 8;
  const quarter = (turn + (quarterTurn >> 1)) >>> (bits - 2);
  const x = (turn - quarter * quarterTurn) * radiansPerUnit;
  const z = x * x;
  const sin = sinKernel(x, z);
  const cos = cosKernel(z);
  const isSwapped = (quarter & 1) === 1;
  const first = isSwapped ? sin : cos;
  const second = isSwapped ? cos : sin;
  // Quarters 1 and 2 turn the cosine, 2 and 3 the sine.
  out[at] = radius * (((quarter + 1) & 2) !== 0 ? -first : first);
  if (at + 1 < out.length) out[at + 1] = radius * ((quarter & 2) !== 0 ? -second : second);
}

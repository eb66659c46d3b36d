/**
 * The core's counter-based noise as WGSL: Philox4x32-10, then Box-Muller.
 * WGSL promises sin and cos only to 2^-11 and log near 1 only to an absolute error, far from the
 * 1e-5 by which both states must agree; so the three functions are written out here, after the
 * single-precision minimax polynomials of Cephes (Moshier), good to about 1e-7.
 */
export const noiseWgsl = /* wgsl */ `
const philoxM = vec2u(0xD2511F53u, 0xCD9E8D57u);
const philoxW = vec2u(0x9E3779B9u, 0xBB67AE85u);

/// 32 x 32 -> 64 bits as (high, low); WGSL has no wide multiply.
fn mulWide(a: u32, b: u32) -> vec2u {
  let aLo = a & 0xffffu; let aHi = a >> 16u;
  let bLo = b & 0xffffu; let bHi = b >> 16u;
  let low = aLo * bLo;
  let mixed1 = aHi * bLo + (low >> 16u);
  let mixed2 = aLo * bHi + (mixed1 & 0xffffu);
  return vec2u(aHi * bHi + (mixed1 >> 16u) + (mixed2 >> 16u), a * b);
}

/// Salmon et al. 2011, ten rounds.
fn philox4x32(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let p0 = mulWide(philoxM.x, c.x);
    let p1 = mulWide(philoxM.y, c.z);
    c = vec4u(p1.x ^ c.y ^ k.x, p1.y, p0.x ^ c.w ^ k.y, p0.y);
    k += philoxW;
  }
  return c;
}

/// ln(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1], relative to its size.
fn log1pNear0(f: f32) -> f32 {
  let z = f * f;
  var y = 7.0376836292e-2;
  y = y * f - 1.1514610310e-1;
  y = y * f + 1.1676998740e-1;
  y = y * f - 1.2420140846e-1;
  y = y * f + 1.4249322787e-1;
  y = y * f - 1.6668057665e-1;
  y = y * f + 2.0000714765e-1;
  y = y * f - 2.4999993993e-1;
  y = y * f + 3.3333331174e-1;
  return f + (y * f * z - 0.5 * z);
}

/// ln(u) for u in (0, 1].
fn lnUnit(u: f32) -> f32 {
  let bits = bitcast<u32>(u);
  var exponent = i32(bits >> 23u) - 127;
  var mantissa = bitcast<f32>((bits & 0x007fffffu) | 0x3f800000u);
  if (mantissa > 1.41421356) { mantissa *= 0.5; exponent += 1; }
  let e = f32(exponent);
  return log1pNear0(mantissa - 1.0) - 2.12194440e-4 * e + 0.693359375 * e;
}

/// (cos, sin) of 2 pi u for u in [0, 1).
fn unitCircle(u: f32) -> vec2f {
  let quadrant = floor(4.0 * u + 0.5);
  let a = (u - 0.25 * quadrant) * 6.28318530718;
  let z = a * a;
  let s = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * a + a;
  let c = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1.0;
  switch (u32(quadrant) & 3u) {
    case 0u: { return vec2f(c, s); }
    case 1u: { return vec2f(-s, c); }
    case 2u: { return vec2f(-c, -s); }
    default: { return vec2f(s, -c); }
  }
}

fn boxMuller(a: u32, b: u32) -> vec2f {
  let u = f32((a >> 8u) + 1u) * 5.9604644775390625e-8;
  let v = f32(b >> 8u) * 5.9604644775390625e-8;
  return sqrt(-2.0 * lnUnit(u)) * unitCircle(v);
}

/// Elements 4 quad .. 4 quad + 3 of one image; the layout is a contract with src/core/noise.ts.
fn philoxGaussian(quad: u32, transition: u32, purpose: u32, level: u32, key: vec2u) -> vec4f {
  let words = philox4x32(vec4u(quad, transition, purpose, level), key);
  return vec4f(boxMuller(words.x, words.y), boxMuller(words.z, words.w));
}
`;

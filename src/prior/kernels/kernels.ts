/**
 * The photo prior's inner loops, compiled to WebAssembly by AssemblyScript (`npm run kernels`).
 * All pointers are bytes of the one linear memory; the host lays it out (`kernel-memory.ts`).
 * Pixels are four float32 (r, g, b and a weight, 0 in sources), images carry a border as wide as a
 * patch's radius, and a place is a pixel's index in such an image.
 */

/** Bits that look random for each place, round and use. Source: PCG hash, Jarzynski 2020. */
function hash(v: u32): u32 {
  const state = v * 747796405 + 2891336453;
  const word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737;
  return (word >> 22) ^ word;
}

function sumRgb(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 2);
}

function sumAll(v: v128): f32 {
  return sumRgb(v) + f32x4.extract_lane(v, 3);
}

/** Squared differences of two pixels, weighted by the first one's fourth lane. */
function weightedSquares(a: usize, b: usize): v128 {
  const x = v128.load(a);
  const d = f32x4.sub(x, v128.load(b));
  const w = v128.shuffle<f32>(x, x, 3, 3, 3, 3);
  return f32x4.mul(w, f32x4.mul(d, d));
}

/** Weighted squared distance of the patch at q to the source at e, or more than `limit`. */
function distance(
  Q: usize,
  E: usize,
  q: i32,
  e: i32,
  queryWidth: i32,
  width: i32,
  r: i32,
  limit: f32,
): f32 {
  let total: f32 = 0;
  const side = 2 * r + 1;
  let a = Q + ((<usize>(q - r * queryWidth - r)) << 4);
  let b = E + ((<usize>(e - r * width - r)) << 4);
  const queryStride = (<usize>queryWidth) << 4;
  const stride = (<usize>width) << 4;
  for (let v = 0; v < side; v++) {
    let acc = f32x4.splat(0);
    for (let u = 0; u < side; u++) {
      acc = f32x4.add(acc, weightedSquares(a + ((<usize>u) << 4), b + ((<usize>u) << 4)));
    }
    total += sumRgb(acc);
    if (total > limit) return total;
    a += queryStride;
    b += stride;
  }
  return total;
}

/** The same over a grid of 3 x 3 places of the patch, `step` apart, of how textured each is. */
function textureDistance(
  Q: usize,
  E: usize,
  q: i32,
  e: i32,
  queryWidth: i32,
  width: i32,
  step: i32,
): f32 {
  let acc = f32x4.splat(0);
  for (let v = -step; v <= step; v += step) {
    for (let u = -step; u <= step; u += step) {
      const a = Q + ((<usize>(q + v * queryWidth + u)) << 4);
      const b = E + ((<usize>(e + v * width + u)) << 4);
      acc = f32x4.add(acc, weightedSquares(a, b));
    }
  }
  return sumRgb(acc);
}

const maxCandidates = 64;
const candidates = memory.data(maxCandidates * 4);
const distances = memory.data(maxCandidates * 4);

/** A source this much less likely, in nats, is never drawn. */
const farthest: f32 = 14;

/**
 * Finds for places[from..to) a source: by its posterior exp(-distance), drawn at random, among the
 * match so far, the neighbours' matches shifted, and random ones ever nearer to the best.
 * Queries lie in a window of its own width; sources in the image; `nn` has the source of each place
 * of the window, -1 for none; `next` is written. Shapes: nn, next [windowLength].
 */
export function match(
  E: usize,
  valid: usize,
  width: i32,
  length: i32,
  Q: usize,
  queryWidth: i32,
  queryLength: i32,
  nn: usize,
  next: usize,
  places: usize,
  from: i32,
  to: i32,
  r: i32,
  seed: u32,
  reach: i32,
  randoms: i32,
  radius: i32,
  textures: usize,
  queryTextures: usize,
  step: i32,
): void {
  for (let i = from; i < to; i++) {
    const q = load<i32>(places + ((<usize>i) << 2));
    const own = load<i32>(nn + ((<usize>q) << 2));
    let best: f32 = f32.MAX_VALUE;
    let at = -1;
    let count = 0;
    let random = hash(seed ^ hash(<u32>q));
    let near = radius;
    for (let k = 0; k < 9 + randoms; k++) {
      let e = own;
      if (k > 8) {
        random = hash(random);
        const dx = <i32>(random % <u32>(2 * near + 1)) - near;
        random = hash(random);
        const dy = <i32>(random % <u32>(2 * near + 1)) - near;
        e = (at < 0 ? own : at) + dy * width + dx;
        near = max(1, near >> 1);
      } else if (k > 0) {
        const d = k > 4 ? reach : 1;
        const side = (k - 1) & 3;
        const dx = side === 0 ? d : side === 1 ? -d : 0;
        const dy = side === 2 ? d : side === 3 ? -d : 0;
        const n = q + dy * queryWidth + dx;
        if (n < 0 || n >= queryLength) continue;
        const m = load<i32>(nn + ((<usize>n) << 2));
        if (m < 0) continue;
        e = m - dy * width - dx;
      }
      if (e < 0 || e >= length || !load<u8>(valid + <usize>e)) continue;
      const limit = at < 0 ? f32.MAX_VALUE : best + farthest;
      let d = textureDistance(queryTextures, textures, q, e, queryWidth, width, step);
      if (d <= limit) d += distance(Q, E, q, e, queryWidth, width, r, limit - d);
      store<i32>(candidates + ((<usize>count) << 2), e);
      store<f32>(distances + ((<usize>count) << 2), d);
      count++;
      if (d < best) {
        best = d;
        at = e;
      }
    }
    if (count > 1) at = drawn(count, best, hash(random ^ 0x9e3779b9));
    store<i32>(next + ((<usize>q) << 2), at);
  }
}

/** One of the candidates, by its weight. */
function drawn(count: i32, best: f32, random: u32): i32 {
  let sum: f32 = 0;
  for (let k = 0; k < count; k++) {
    const d = load<f32>(distances + ((<usize>k) << 2)) - best;
    if (d < farthest) sum += NativeMathf.exp(-d);
    store<f32>(distances + ((<usize>k) << 2), sum);
  }
  const aim = (<f32>(random >> 8) / 16777216) * sum;
  let k = 0;
  while (k < count - 1 && load<f32>(distances + ((<usize>k) << 2)) <= aim) k++;
  return load<i32>(candidates + ((<usize>k) << 2));
}

/**
 * Writes for pixels[from..to) of the window the mean of what the matches of all patches over it say,
 * weighted by `kernel`. Shapes: kernel [(2r+1)^2], out [pixels, 4].
 */
export function vote(
  E: usize,
  width: i32,
  nn: usize,
  queryWidth: i32,
  pixels: usize,
  from: i32,
  to: i32,
  r: i32,
  kernel: usize,
  out: usize,
): void {
  for (let i = from; i < to; i++) {
    const p = load<i32>(pixels + ((<usize>i) << 2));
    let acc = f32x4.splat(0);
    let total: f32 = 0;
    let w = kernel;
    for (let v = -r; v <= r; v++) {
      for (let u = -r; u <= r; u++) {
        const g = load<f32>(w);
        w += 4;
        if (g === 0) continue;
        const m = load<i32>(nn + ((<usize>(p + v * queryWidth + u)) << 2));
        if (m < 0) continue;
        const e = v128.load(E + ((<usize>(m - v * width - u)) << 4));
        acc = f32x4.add(acc, f32x4.mul(f32x4.splat(g), e));
        total += g;
      }
    }
    const mean = f32x4.mul(acc, f32x4.splat(total > 0 ? 1 / total : 0));
    v128.store(out + ((<usize>i) << 4), mean);
  }
}

/**
 * The exact posterior mean: for queries[from..to) the softmax-weighted mean of all patches.
 * logit_j = sum_i y_ji (linear_i + square_i y_ji); `best` gets the likeliest patch.
 * Shapes: patches [count, 4*quads]; linear, square and out [m, 4*quads]; logits [count, 2];
 * best [m].
 */
export function attend(
  patches: usize,
  count: i32,
  quads: i32,
  linear: usize,
  square: usize,
  from: i32,
  to: i32,
  logits: usize,
  out: usize,
  bestOut: usize,
): void {
  const bytes = (<usize>quads) << 4;
  for (let i = from; i < to; i += 2) {
    const rows = min(2, to - i);
    const l0 = linear + <usize>i * bytes;
    const l1 = l0 + (rows > 1 ? bytes : 0);
    const s0 = square + <usize>i * bytes;
    const s1 = s0 + (rows > 1 ? bytes : 0);
    for (let j = 0; j < count; j++) {
      const y = patches + <usize>j * bytes;
      let a0 = f32x4.splat(0);
      let a1 = a0;
      for (let k: usize = 0; k < bytes; k += 16) {
        const e = v128.load(y + k);
        a0 = f32x4.add(
          a0,
          f32x4.mul(e, f32x4.add(v128.load(l0 + k), f32x4.mul(e, v128.load(s0 + k)))),
        );
        a1 = f32x4.add(
          a1,
          f32x4.mul(e, f32x4.add(v128.load(l1 + k), f32x4.mul(e, v128.load(s1 + k)))),
        );
      }
      store<f32>(logits + ((<usize>j) << 3), sumAll(a0));
      store<f32>(logits + ((<usize>j) << 3) + 4, sumAll(a1));
    }
    for (let row = 0; row < rows; row++) {
      const at = logits + ((<usize>row) << 2);
      let top: f32 = -f32.MAX_VALUE;
      let best = 0;
      for (let j = 0; j < count; j++) {
        const l = load<f32>(at + ((<usize>j) << 3));
        if (l > top) {
          top = l;
          best = j;
        }
      }
      const o = out + <usize>(i + row) * bytes;
      memory.fill(o, 0, bytes);
      let sum: f32 = 0;
      for (let j = 0; j < count; j++) {
        const l = load<f32>(at + ((<usize>j) << 3)) - top;
        if (l < -farthest) continue;
        const w = NativeMathf.exp(l);
        sum += w;
        const y = patches + <usize>j * bytes;
        const weight = f32x4.splat(w);
        for (let k: usize = 0; k < bytes; k += 16) {
          v128.store(o + k, f32x4.add(v128.load(o + k), f32x4.mul(weight, v128.load(y + k))));
        }
      }
      const scale = f32x4.splat(1 / sum);
      for (let k: usize = 0; k < bytes; k += 16) {
        v128.store(o + k, f32x4.mul(v128.load(o + k), scale));
      }
      store<i32>(bestOut + ((<usize>(i + row)) << 2), best);
    }
  }
}

/**
 * The photo prior's loops for a GPU: those of `prior/kernels/kernels.ts`, candidate by candidate and
 * in the same order, so that both choose alike but for the last bits of a sum. Nothing waits for
 * another thread: no barriers, no atomics.
 */

export const priorWorkgroup = 64;

/** Most candidates of a place. */
export const mostCandidates = 32;

/** Nats by which a source is less likely than the best and never drawn; as in `kernels.ts`. */
const farthest = 14;

const coherentParamsWgsl = /* wgsl */ `
struct Params {
  first: u32, // the invocations of this dispatch
  end: u32,
  width: i32, // of the bordered picture
  length: i32,
  queryWidth: i32, // of the bordered window
  queryLength: i32,
  radius: i32,
  seed: u32,
  reach: i32,
  randoms: i32,
  spread: i32,
  gain: f32, // of textures
}

@group(0) @binding(0) var<uniform> params: Params;
`;

/** Numbers of `Params`. */
export const paramsWords = 12;

/** One invocation a place. */
export const matchWgsl = /* wgsl */ `
${coherentParamsWgsl}
@group(0) @binding(1) var<storage, read> sources: array<vec4f>;
@group(0) @binding(2) var<storage, read> textures: array<vec4f>;
@group(0) @binding(3) var<storage, read> valid: array<u32>; // four to a word
@group(0) @binding(4) var<storage, read> queries: array<vec4f>;
@group(0) @binding(5) var<storage, read> queryTextures: array<vec4f>;
@group(0) @binding(6) var<storage, read> places: array<i32>;
@group(0) @binding(7) var<storage, read> matches: array<i32>;
@group(0) @binding(8) var<storage, read_write> found: array<i32>;

const largest = 3.4028234e38;

// PCG hash, Jarzynski 2020.
fn hash(v: u32) -> u32 {
  let state = v * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

fn weightedSquares(a: vec4f, b: vec4f) -> vec3f {
  let d = a.xyz - b.xyz;
  return a.w * (d * d);
}

fn textureDistance(q: i32, e: i32) -> f32 {
  var sum = vec3f();
  let step = params.radius - 1;
  for (var v = -step; v <= step; v += step) {
    for (var u = -step; u <= step; u += step) {
      let b = textures[e + v * params.width + u];
      sum += weightedSquares(queryTextures[q + v * params.queryWidth + u], b);
    }
  }
  return sum.x + sum.y + sum.z;
}

/// The squared distance of two patches, or more than the limit.
fn distanceOf(q: i32, e: i32, limit: f32) -> f32 {
  let r = params.radius;
  var total = 0.0;
  for (var v = -r; v <= r; v++) {
    var sum = vec3f();
    for (var u = -r; u <= r; u++) {
      let b = sources[e + v * params.width + u];
      sum += weightedSquares(queries[q + v * params.queryWidth + u], b);
    }
    total += sum.x + sum.y + sum.z;
    if (total > limit) { return total; }
  }
  return total;
}

fn isSource(e: i32) -> bool {
  if (e < 0 || e >= params.length) { return false; }
  let at = u32(e);
  return ((valid[at >> 2u] >> (8u * (at & 3u))) & 1u) == 1u;
}

/// The neighbour's match, shifted; -1 for none.
fn fromNeighbour(q: i32, k: i32) -> i32 {
  let d = select(1, params.reach, k > 4);
  let side = (k - 1) & 3;
  let dx = select(select(0, -d, side == 1), d, side == 0);
  let dy = select(select(0, -d, side == 3), d, side == 2);
  let n = q + dy * params.queryWidth + dx;
  if (n < 0 || n >= params.queryLength) { return -1; }
  let m = matches[n];
  return select(m - dy * params.width - dx, -1, m < 0);
}

@compute @workgroup_size(${priorWorkgroup})
fn matchPlaces(@builtin(global_invocation_id) id: vec3u) {
  let i = params.first + id.x;
  if (i >= params.end) { return; }
  let q = places[i];
  let own = matches[q];
  var candidates: array<i32, ${mostCandidates}>;
  var distances: array<f32, ${mostCandidates}>;
  var best = largest;
  var at = -1;
  var count = 0;
  var random = hash(params.seed ^ hash(u32(q)));
  var near = params.spread;
  for (var k = 0; k < 9 + params.randoms; k++) {
    var e = own;
    if (k > 8) {
      random = hash(random);
      let dx = i32(random % u32(2 * near + 1)) - near;
      random = hash(random);
      let dy = i32(random % u32(2 * near + 1)) - near;
      e = select(at, own, at < 0) + dy * params.width + dx;
      near = max(1, near >> 1u);
    } else if (k > 0) {
      e = fromNeighbour(q, k);
    }
    if (!isSource(e)) { continue; }
    let limit = select(best + ${farthest}.0, largest, at < 0);
    var d = textureDistance(q, e);
    if (d <= limit) { d += distanceOf(q, e, limit - d); }
    candidates[count] = e;
    distances[count] = d;
    count++;
    if (d < best) {
      best = d;
      at = e;
    }
  }
  if (count > 1) {
    var sum = 0.0;
    for (var k = 0; k < count; k++) {
      let d = distances[k] - best;
      if (d < ${farthest}.0) { sum += exp(-d); }
      distances[k] = sum;
    }
    let aim = f32(hash(random ^ 0x9e3779b9u) >> 8u) / 16777216.0 * sum;
    var k = 0;
    while (k < count - 1 && distances[k] <= aim) { k++; }
    at = candidates[k];
  }
  found[q] = at;
}
`;

/** One invocation a pixel; `votePixels` writes what is said of it, `voteTextures` into the queries. */
export const voteWgsl = /* wgsl */ `
${coherentParamsWgsl}
@group(0) @binding(1) var<storage, read> sources: array<vec4f>; // or textures
@group(0) @binding(2) var<storage, read> matches: array<i32>;
@group(0) @binding(3) var<storage, read> pixels: array<i32>;
@group(0) @binding(4) var<storage, read> kernel: array<f32>; // [(2r+1)^2]
@group(0) @binding(5) var<storage, read_write> votes: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> queryTextures: array<vec4f>;

fn meanAt(p: i32) -> vec4f {
  let r = params.radius;
  var sum = vec4f();
  var total = 0.0;
  var k = 0;
  for (var v = -r; v <= r; v++) {
    for (var u = -r; u <= r; u++) {
      let weight = kernel[k];
      k++;
      if (weight == 0.0) { continue; }
      let m = matches[p + v * params.queryWidth + u];
      if (m < 0) { continue; }
      sum += weight * sources[m - v * params.width - u];
      total += weight;
    }
  }
  return sum * select(0.0, 1.0 / total, total > 0.0);
}

@compute @workgroup_size(${priorWorkgroup})
fn votePixels(@builtin(global_invocation_id) id: vec3u) {
  let i = params.first + id.x;
  if (i >= params.end) { return; }
  votes[i] = meanAt(pixels[i]);
}

@compute @workgroup_size(${priorWorkgroup})
fn voteTextures(@builtin(global_invocation_id) id: vec3u) {
  let i = params.first + id.x;
  if (i >= params.end) { return; }
  let p = pixels[i];
  queryTextures[p] = vec4f(params.gain * meanAt(p).xy, queryTextures[p].zw);
}
`;

/**
 * The posterior mean in three steps, each over the queries [first, end) of a dispatch: the largest
 * logit of each slice of the patches; the weighted sum of each slice, logits computed anew; the mean
 * over all slices. No matrix of scores is kept.
 */
export const attendWgsl = /* wgsl */ `
struct Params {
  first: u32,
  end: u32,
  patches: u32,
  quads: u32,
  slices: u32,
}

struct Top {
  logit: f32,
  best: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> patches: array<vec4f>; // [patches, quads]
@group(0) @binding(2) var<storage, read> linear: array<vec4f>;  // [queries, quads]
@group(0) @binding(3) var<storage, read> square: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> tops: array<Top>; // [end - first, slices]
@group(0) @binding(5) var<storage, read_write> sums: array<vec4f>; // the same, [quads + 1]
@group(0) @binding(6) var<storage, read_write> means: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> best: array<u32>;

const smallest = -3.4028234e38;

fn logitOf(query: u32, j: u32) -> f32 {
  let y = j * params.quads;
  let q = query * params.quads;
  var sum = vec4f();
  for (var k = 0u; k < params.quads; k++) {
    let e = patches[y + k];
    sum += e * (linear[q + k] + e * square[q + k]);
  }
  return sum.x + sum.y + sum.z + sum.w;
}

/// The patches of a slice, as [from, to).
fn sliceAt(slice: u32) -> vec2u {
  let each = (params.patches + params.slices - 1u) / params.slices;
  let start = min(slice * each, params.patches);
  return vec2u(start, min(start + each, params.patches));
}

@compute @workgroup_size(${priorWorkgroup})
fn attendTop(@builtin(global_invocation_id) id: vec3u) {
  let query = params.first + id.x / params.slices;
  if (query >= params.end) { return; }
  let range = sliceAt(id.x % params.slices);
  var top = Top(smallest, range.x);
  for (var j = range.x; j < range.y; j++) {
    let logit = logitOf(query, j);
    if (logit > top.logit) { top = Top(logit, j); }
  }
  tops[id.x] = top;
}

fn topOf(row: u32) -> Top {
  var top = tops[row * params.slices];
  for (var slice = 1u; slice < params.slices; slice++) {
    let other = tops[row * params.slices + slice];
    if (other.logit > top.logit) { top = other; }
  }
  return top;
}

@compute @workgroup_size(${priorWorkgroup})
fn attendSum(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x / params.slices;
  let query = params.first + row;
  if (query >= params.end) { return; }
  let top = topOf(row).logit;
  let range = sliceAt(id.x % params.slices);
  let at = id.x * (params.quads + 1u);
  for (var k = 0u; k < params.quads; k++) { sums[at + k] = vec4f(); }
  var total = 0.0;
  for (var j = range.x; j < range.y; j++) {
    let logit = logitOf(query, j) - top;
    if (logit < -${farthest}.0) { continue; }
    let weight = exp(logit);
    total += weight;
    for (var k = 0u; k < params.quads; k++) {
      sums[at + k] += weight * patches[j * params.quads + k];
    }
  }
  sums[at + params.quads] = vec4f(total);
}

/// One invocation a query and quad.
@compute @workgroup_size(${priorWorkgroup})
fn attendMean(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x / params.quads;
  let quad = id.x % params.quads;
  let query = params.first + row;
  if (query >= params.end) { return; }
  var sum = vec4f();
  var total = 0.0;
  for (var slice = 0u; slice < params.slices; slice++) {
    let at = (row * params.slices + slice) * (params.quads + 1u);
    sum += sums[at + quad];
    total += sums[at + params.quads].x;
  }
  means[query * params.quads + quad] = sum * (1.0 / total);
  if (quad == 0u) { best[query] = topOf(row).best; }
}
`;

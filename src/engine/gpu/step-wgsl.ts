/**
 * The sampler's own kernels: at most two dispatches beside the network for a denoise, one for a
 * renoise. Each thread owns four neighbouring elements of one image, the four of one Philox block.
 * The arithmetic is that of `StepCoefficients` (core); the CPU state is the reference.
 */
import { noisePurposes } from '../../core/noise.js';
import { noiseWgsl } from './noise-wgsl.js';
import { paramsWgsl } from './step-params.js';

export const workgroupSize = 64;

/** Entry points of the module. */
export const kernelNames = ['drift', 'inject', 'denoise', 'preview'] as const;
export type KernelName = (typeof kernelNames)[number];

const bindingsWgsl = /* wgsl */ `
struct Report {
  firstBad: atomic<u32>, // transition whose network output first held NaN or infinity
  badCount: atomic<u32>, // how many values of that output
  min: atomic<u32>,      // of its finite values, as orderedBits
  max: atomic<u32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> xt: array<vec4f>;    // [N or 2N, C, H, W]
@group(0) @binding(2) var<storage, read_write> x0Hat: array<vec4f>; // [N, C, H, W]
@group(0) @binding(3) var<storage, read> known: array<vec4f>;       // [N, C, H, W]
@group(0) @binding(4) var<storage, read> keepMask: array<vec4f>;    // [N, C, H, W]
@group(0) @binding(5) var<storage, read> keys: array<vec2u>;        // [N]
@group(0) @binding(6) var<storage, read> recorded: array<vec4f>;    // [N, C, H, W]
@group(0) @binding(7) var<storage, read_write> report: Report;
@group(1) @binding(0) var<storage, read> out: array<vec4f>;         // [N or 2N, C or 2C, H, W]
@group(1) @binding(1) var<storage, read_write> rgba: array<vec4u>;  // [N, H, W], packed
`;

const sharedWgsl = /* wgsl */ `
fn gaussian(image: u32, quad: u32, purpose: u32) -> vec4f {
  if (params.isRecorded == 1u) { return recorded[image * params.quads + quad]; }
  return philoxGaussian(quad, params.transition, purpose, params.level, keys[image]);
}

/// Under guidance the network's batch is the images twice: with the class, then without.
fn writeXt(at: u32, value: vec4f) {
  xt[at] = value;
  if (params.isGuided == 1u) { xt[at + params.images * params.quads] = value; }
}

/// Unsigned integers in the order of the floats they stand for.
fn orderedBits(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

/// After a bad output nothing moves any more, so that the report stays that of the first.
fn isFrozen() -> bool {
  return atomicLoad(&report.firstBad) < params.transition;
}

fn resetRange() {
  atomicStore(&report.min, 0xffffffffu);
  atomicStore(&report.max, 0u);
}

fn checkFinite(values: vec4f) {
  for (var k = 0u; k < 4u; k++) {
    if ((bitcast<u32>(values[k]) & 0x7f800000u) == 0x7f800000u) {
      atomicAdd(&report.badCount, 1u);
      atomicMin(&report.firstBad, params.transition);
      continue;
    }
    let bits = orderedBits(values[k]);
    if (bits < atomicLoad(&report.min)) { atomicMin(&report.min, bits); }
    if (bits > atomicLoad(&report.max)) { atomicMax(&report.max, bits); }
  }
}
`;

const driftWgsl = /* wgsl */ `
/// x := signal * source + sigma * z; start, renoise and restart differ in source and purpose.
@compute @workgroup_size(${workgroupSize})
fn drift(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let image = id.y;
  if (quad >= params.quads || isFrozen()) { return; }
  let at = image * params.quads + quad;
  var x = params.sigma * gaussian(image, quad, params.purpose);
  if (params.driftFrom == ${1}u) { x += params.signal * xt[at]; }
  if (params.driftFrom == ${2}u) { x += params.signal * x0Hat[at]; }
  writeXt(at, x);
}
`;

const injectWgsl = /* wgsl */ `
/// x := keepMask * q-sample of the known pixels + (1 - keepMask) * x.
@compute @workgroup_size(${workgroupSize})
fn inject(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let image = id.y;
  if (quad >= params.quads || isFrozen()) { return; }
  if (quad == 0u && image == 0u) { resetRange(); }
  let at = image * params.quads + quad;
  let z = gaussian(image, quad, ${noisePurposes.known}u);
  let noisy = params.signal * known[at] + params.sigma * z;
  writeXt(at, keepMask[at] * noisy + (1.0 - keepMask[at]) * xt[at]);
}
`;

const denoiseWgsl = /* wgsl */ `
fn standardDeviation(learned: vec4f) -> vec4f {
  switch params.varianceKind {
    case 1u: { return exp(0.5 * learned); }
    case 2u: {
      let w = (learned + 1.0) * 0.5;
      return exp(0.5 * (w * params.maxLog + (1.0 - w) * params.minLog));
    }
    default: { return vec4f(params.fixedSd); }
  }
}

/// x0Hat := bound(...), x := mean + sd * z.
@compute @workgroup_size(${workgroupSize})
fn denoise(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let image = id.y;
  if (quad >= params.quads || isFrozen()) { return; }
  let at = image * params.quads + quad;
  let outAt = image * params.outQuads + quad;
  var prediction = out[outAt];
  if (params.isGuided == 1u) {
    let none = out[outAt + params.images * params.outQuads];
    prediction = none + params.guidanceScale * (prediction - none);
  }
  checkFinite(prediction);
  var learned = vec4f(0.0);
  if (params.varianceKind != 0u) {
    learned = out[outAt + params.quads];
    checkFinite(learned);
  }
  let x = xt[at];
  let bound = vec4f(params.clip);
  let x0 = clamp(params.x0FromXt * x + params.x0FromOutput * prediction, -bound, bound);
  x0Hat[at] = x0;
  var next = params.meanFromX0 * x0 + params.meanFromXt * x + params.meanFromOutput * prediction;
  if (params.hasNoise == 1u) {
    next += standardDeviation(learned) * gaussian(image, quad, ${noisePurposes.step}u);
  }
  writeXt(at, next);
}
`;

const previewWgsl = /* wgsl */ `
/// Known pixels composited with the predicted image, as RGBA8; each thread packs four pixels.
@compute @workgroup_size(${workgroupSize})
fn preview(@builtin(global_invocation_id) id: vec3u) {
  let planeQuads = params.quads / 3u;
  let quad = id.x;
  let image = id.y;
  if (quad >= planeQuads) { return; }
  var pixels = vec4u(0xff000000u);
  for (var c = 0u; c < 3u; c++) {
    let at = image * params.quads + c * planeQuads + quad;
    let value = keepMask[at] * known[at] + (1.0 - keepMask[at]) * x0Hat[at];
    let level = clamp(floor((value + 1.0) * 127.5 + 0.5), vec4f(0.0), vec4f(255.0));
    pixels |= vec4u(level) << vec4u(8u * c);
  }
  rgba[image * planeQuads + quad] = pixels;
}
`;

/** The whole shader module. */
export const stepWgsl = [
  paramsWgsl,
  bindingsWgsl,
  noiseWgsl,
  sharedWgsl,
  driftWgsl,
  injectWgsl,
  denoiseWgsl,
  previewWgsl,
].join('\n');

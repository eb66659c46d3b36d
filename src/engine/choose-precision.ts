/** Float16 or float32 on a GPU: float16 where it proves right, and faster or asked for. */
import type { ImageShape } from '../core/network.js';
import type { Precision } from '../protocol/compute-device.js';
import type { GpuBackend } from './gpu/gpu-backend.js';
import { relativeDifference } from './gpu/precision-check.js';

/**
 * Rewrites the graph of a model for float16. Handed in: building graphs is another room's work.
 * Throws: when the graph holds something that is not known to work so.
 */
export type ToHalf = (graph: Uint8Array) => Uint8Array;

/**
 * How far float16 may be from float32, as a share of the answer (rms). GPUs sum products in float16
 * too: 0.5 to 1.2 % were measured with the shipped model (docs/performance.md).
 */
const allowedDifference = 0.03;

/** `openHalf` gives null where float16 is not to be had. The one that is not taken is released. */
export async function choosePrecision(
  wanted: Precision | null,
  full: GpuBackend,
  openHalf: () => Promise<GpuBackend | null>,
  shape: ImageShape,
): Promise<GpuBackend> {
  if (wanted === 'float32') return full;
  const half = await openHalf();
  if (!half) return full;
  const isTaken =
    (await isRight(full, half, shape)) &&
    (wanted === 'float16' || (await isFaster(half, full, shape)));
  await (isTaken ? full : half).release();
  return isTaken ? half : full;
}

async function isRight(full: GpuBackend, half: GpuBackend, shape: ImageShape): Promise<boolean> {
  const expected = await full.probe(shape);
  const got = await half.probe(shape).catch(() => null);
  return got !== null && relativeDifference(got, expected) <= allowedDifference;
}

async function isFaster(half: GpuBackend, full: GpuBackend, shape: ImageShape): Promise<boolean> {
  return (await half.warmUp(shape)) < (await full.warmUp(shape));
}

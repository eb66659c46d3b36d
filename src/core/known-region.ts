/** What is known of a batch, and where noise can be seen at all. */
import { spreadOverBatch } from './composite.js';
import type { ImageShape } from './network.js';

/** What is to be kept. Shapes: as `spreadOverBatch`. Units: known [-1, 1], keepMask 0..1. */
export interface KnownPixels {
  readonly known: Float32Array;
  /** 1 = known, 0 = generate. */
  readonly keepMask: Float32Array;
}

/** Shapes: each [N*C*H*W]. */
export interface KnownRegion extends KnownPixels {
  /** 1 where an injection takes something from the known pixels and their noise. */
  readonly takesKnown: Uint8Array;
  /** 1 where an injection leaves something of what was there before. */
  readonly leavesXt: Uint8Array;
}

/** Throws: RangeError for sizes that do not fit the batch. */
export function knownRegion(pixels: KnownPixels, shape: ImageShape): KnownRegion {
  const keepMask = spreadOverBatch(pixels.keepMask, shape, 'keepMask');
  return {
    known: spreadOverBatch(pixels.known, shape, 'known'),
    keepMask,
    takesKnown: differsFrom(0, keepMask),
    leavesXt: differsFrom(1, keepMask),
  };
}

function differsFrom(value: number, values: Float32Array): Uint8Array {
  const differs = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) differs[i] = values[i] === value ? 0 : 1;
  return differs;
}

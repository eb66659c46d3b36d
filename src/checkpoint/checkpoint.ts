/** What every checkpoint reader returns: named tensors that are read when asked for. */

/** A checkpoint, or its config, that cannot be used. The message is one sentence for the user. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

/** Element types that occur in published checkpoints, in safetensors' vocabulary. */
export const bytesPerElement = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;
export type DType = keyof typeof bytesPerElement;

/** One tensor of a checkpoint. */
export interface Tensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /**
   * Reads the values, row-major, as float32.
   * Throws: CheckpointError when the bytes cannot be read.
   */
  values(): Promise<Float32Array>;
}

/** A trained checkpoint: its tensors by name. */
export type Checkpoint = ReadonlyMap<string, Tensor>;

/** Counts the elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Returns the same tensor with other extents. Throws: RangeError when the count differs. */
export function reshaped(tensor: Tensor, shape: readonly number[]): Tensor {
  if (elementCount(shape) !== elementCount(tensor.shape)) {
    throw new RangeError(`cannot reshape [${tensor.shape}] of ${tensor.name} to [${shape}]`);
  }
  return { ...tensor, shape, values: () => tensor.values() };
}

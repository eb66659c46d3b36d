/** What every checkpoint reader returns: named tensors that are read when asked for. */

/**
 * Text of unknown origin as it may be shown: names in files may hold what moves a terminal's cursor
 * or turns the direction of a line.
 */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

/** A checkpoint, or its config, that cannot be used. The message is one sentence for the user. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';

  constructor(message: string, options?: ErrorOptions) {
    super(plainText(message), options);
  }
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

export function isKnownDType(name: string): name is DType {
  return Object.hasOwn(bytesPerElement, name);
}

/** One tensor of a checkpoint. */
export interface Tensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The element type where it is not one of those: there are no values to be had. */
  readonly oddType?: string;
  /**
   * Reads the values, row-major, as float32.
   * Throws: CheckpointError when the bytes cannot be read.
   */
  values(): Promise<Float32Array>;
}

/** A tensor whose element type is not known here: it may lie in a file, but not be used. */
export function unreadable(name: string, shape: readonly number[], oddType: string): Tensor {
  const values = (): Promise<never> => Promise.reject(oddTypeError(name, oddType));
  return { name, dtype: 'U8', shape, oddType, values };
}

/** What is said of a weight whose element type is not known. */
export function oddTypeError(name: string, oddType: string): CheckpointError {
  return new CheckpointError(
    `This checkpoint stores ${name.slice(0, 100)} as ${oddType}, which cannot be converted (known are ` +
      `${Object.keys(bytesPerElement).join(', ')}); save it as float32 or float16.`,
  );
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

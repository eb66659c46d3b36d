/** Opens a checkpoint file of any supported format, told apart by its first bytes. */
import type { ByteSource } from '../byte-source.js';
import { CheckpointError } from '../checkpoint.js';
import type { Checkpoint } from '../checkpoint.js';
import { readSafetensors } from './safetensors.js';

/**
 * Reads the table of contents of a checkpoint; tensors are read when asked for.
 * Throws: CheckpointError with one sentence when the file is of another kind or malformed.
 */
export async function openCheckpoint(source: ByteSource): Promise<Checkpoint> {
  const start = await source.read(0, Math.min(9, source.sizeBytes));
  if (start[8] === 0x7b) return readSafetensors(source);
  throw new CheckpointError('This file is not a .safetensors checkpoint; choose another file.');
}

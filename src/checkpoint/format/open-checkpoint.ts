/** Opens a checkpoint file of any supported format, told apart by its first bytes. */
import type { ByteSource } from '../byte-source.js';
import { CheckpointError, type Checkpoint } from '../checkpoint.js';
import { readSafetensors } from './safetensors.js';
import { readTorchLegacy, readTorchZip } from './torch-checkpoint.js';

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}

/** Says what a file is that failed downloads leave behind instead of a checkpoint. */
async function whatElse(source: ByteSource): Promise<string> {
  const start = new TextDecoder().decode(await source.read(0, Math.min(200, source.sizeBytes)));
  if (start.startsWith('version https://git-lfs')) {
    return 'only points to a checkpoint (Git LFS); download the file itself';
  }
  if (start.trimStart().startsWith('<')) {
    return 'is a web page instead of a checkpoint; download it again, signed in if need be';
  }
  return 'is neither a .safetensors nor a PyTorch checkpoint; choose another file';
}

/** NVIDIA's pickles name the source code they carry in the first bytes. */
async function openPickle(source: ByteSource): Promise<Checkpoint> {
  const start = new TextDecoder().decode(await source.read(0, Math.min(2 ** 16, source.sizeBytes)));
  if (!start.includes('torch_utils.persistence')) return readTorchLegacy(source);
  throw new CheckpointError(
    "This file is a pickle with source code inside, as NVIDIA's EDM and StyleGAN are published; " +
      'their networks work on continuous noise levels (sigmas), not on the steps of a DDPM, and ' +
      'cannot fill here: choose a UNet2DModel or UNetModel.',
  );
}

/**
 * Reads the table of contents of a checkpoint; tensors are read when asked for.
 * Throws: CheckpointError with one sentence when the file is of another kind or malformed.
 */
export async function openCheckpoint(source: ByteSource): Promise<Checkpoint> {
  const start = await source.read(0, Math.min(9, source.sizeBytes));
  if (startsWith(start, [0x50, 0x4b, 3, 4])) return readTorchZip(source);
  if (start[0] === 0x80 && start[1] <= 5) return openPickle(source);
  if (start[8] === 0x7b) return readSafetensors(source);
  throw new CheckpointError(`This file ${await whatElse(source)}.`);
}

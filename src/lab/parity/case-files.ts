/** Reading what a fixture folder holds, with sentences for what is missing or odd. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { z } from 'zod';
import { elementCount } from '../../checkpoint/checkpoint.js';
import { readSafetensors } from '../../checkpoint/format/safetensors.js';
import { fileSource } from '../../shelf/store/disk-files.js';
import type { ParityCase } from './family.js';

/** One tensor of a case. */
export interface CaseTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Tensors of a .safetensors file by name. */
export class CaseTensors {
  constructor(
    private readonly _path: string,
    private readonly _tensors: ReadonlyMap<string, CaseTensor>,
  ) {}

  has(name: string): boolean {
    return this._tensors.has(name);
  }

  /** Throws: RangeError when the file has no such tensor. */
  get(name: string): CaseTensor {
    const tensor = this._tensors.get(name);
    if (!tensor) throw new RangeError(`${basename(this._path)} has no tensor "${name}"`);
    return tensor;
  }

  /** Row `index` along the first axis. Throws: RangeError when there is no such row. */
  row(name: string, index: number): Float32Array {
    const { shape, values } = this.get(name);
    if (!(index >= 0 && index < shape[0])) {
      throw new RangeError(
        `tensor "${name}" of ${basename(this._path)} has ${shape[0]} rows, row ${index} was asked for`,
      );
    }
    const size = elementCount(shape.slice(1));
    return values.subarray(index * size, (index + 1) * size);
  }
}

/** Reads every tensor of a file as float32. Throws: when it is missing or malformed. */
export async function readTensors(path: string): Promise<CaseTensors> {
  const checkpoint = await readSafetensors(await fileSource(path));
  const tensors = new Map<string, CaseTensor>();
  for (const tensor of checkpoint.values()) {
    tensors.set(tensor.name, { shape: tensor.shape, values: await tensor.values() });
  }
  return new CaseTensors(path, tensors);
}

/** Reads a JSON file. Throws: with the file's name when it is missing or no JSON. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RangeError(`${basename(path)} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Checks data against a schema. Throws: RangeError naming the first key that does not fit. */
export function parseAs<T>(schema: z.ZodType<T>, data: unknown, name: string): T {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new RangeError(`${name}: ${issue.path.join('.') || 'the top level'}: ${issue.message}`);
}

/** Names of the subfolders, sorted. */
export async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Names of the files that end in `extension`, without it, sorted. */
export async function fileStems(folder: string, extension: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && extname(entry.name) === extension)
    .map((entry) => basename(entry.name, extension))
    .sort();
}

/** Turns one JSON file into its cases; a file that cannot be read becomes one failing case. */
export async function casesOfFile(
  folder: string,
  stem: string,
  list: (json: unknown) => ParityCase[],
): Promise<ParityCase[]> {
  try {
    return list(await readJson(join(folder, `${stem}.json`)));
  } catch (error) {
    return [
      {
        name: stem,
        check: async () => {
          throw error;
        },
      },
    ];
  }
}

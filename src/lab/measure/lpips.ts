/** LPIPS as a network of the user's own: its weights may not be shipped. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { RgbaImage } from '../../image/raster.js';
import { planarFromRgba } from '../../image/planar.js';
import { RepaintError } from '../../protocol/failure.js';

/** A learned distance of two pictures, whole. */
export interface Lpips {
  readonly sha256: string;
  distance(a: RgbaImage, b: RgbaImage): Promise<number>;
}

function expectTwoImages(file: string, { inputNames }: InferenceSession): void {
  if (inputNames.length === 2) return;
  throw new RepaintError(
    'modelUnusable',
    `${file} must take two images [1, 3, H, W] in -1..1 and give their distance, but takes ${inputNames.join(', ') || 'nothing'}; docs/lab.md has the export.`,
  );
}

/** Throws: RepaintError modelUnusable when the file is no network of two images. */
export async function openLpips(file: string, threads: number): Promise<Lpips> {
  const graph = await readFile(file).catch((cause: Error) => {
    throw new RepaintError('badRequest', `Cannot read ${file}: ${cause.message}.`, { cause });
  });
  // PyTorch may put the weights into a file beside the graph; ONNX Runtime finds it by the path.
  const weights = await readFile(`${file}.data`).catch(() => '');
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads }).catch(
    (cause: Error) => {
      throw new RepaintError('modelUnusable', `${file} is no ONNX network: ${cause.message}.`);
    },
  );
  expectTwoImages(file, session);
  const tensor = (picture: RgbaImage) =>
    new Tensor('float32', planarFromRgba(picture).data, [1, 3, picture.height, picture.width]);
  return {
    sha256: createHash('sha256').update(graph).update(weights).digest('hex'),
    distance: async (a, b) => {
      const [first, second] = session.inputNames;
      const outputs = await session.run({ [first]: tensor(a), [second]: tensor(b) });
      return Number(outputs[session.outputNames[0]].data[0]);
    },
  };
}

/** `npm run model:build`: writes the models the panel ships, `build/models/<id>/`. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RepaintError } from '../protocol/failure.js';
import type { ModelManifest } from '../protocol/model-card.js';
import { loadModelFromFolder } from './model-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Writes beside the target and renames, so that no half-written model is ever served. */
async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  await writeFile(`${file}.part`, content);
  await rename(`${file}.part`, file);
}

/**
 * Writes `model.onnx` and its manifest `model.json`. The same checkpoint gives the same bytes.
 * Throws: RepaintError when the model folder is incomplete or does not match its card.
 */
export async function buildModel(folder: string, outFolder: string): Promise<ModelManifest> {
  const { card, onnx, externalData } = await loadModelFromFolder(folder);
  if (externalData.length > 0) {
    throw new RepaintError(
      'outOfMemory',
      `${folder} is too large for the panel (more than 1 GiB); use it from the command line.`,
    );
  }
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  const file = { path: 'model.onnx', sizeBytes: onnx.byteLength, sha256 };
  const manifest: ModelManifest = { card, onnx: file, externalData: [], classifier: null };
  await mkdir(outFolder, { recursive: true });
  await writeWhole(path.join(outFolder, 'model.onnx'), onnx);
  await writeWhole(path.join(outFolder, 'model.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** Builds every folder of `models/` that has a card, or only those named. */
export async function buildModels(ids: readonly string[]): Promise<void> {
  const models = path.join(root, 'models');
  const names = await readdir(models);
  const hasCard = (id: string) => existsSync(path.join(models, id, 'card.json'));
  const found = names.filter(hasCard);
  for (const id of ids.length > 0 ? ids : found.sort()) {
    const outFolder = path.join(root, 'build', 'models', id);
    const { onnx } = await buildModel(path.join(models, id), outFolder);
    const megabytes = (onnx.sizeBytes / 1e6).toFixed(1);
    console.log(`${path.relative(root, outFolder)}/model.onnx  ${megabytes} MB  ${onnx.sha256}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildModels(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

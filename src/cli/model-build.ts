/** `npm run model:build`: writes the models the panel ships, `build/models/<id>/`. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelSink } from '../shelf/read/model-sink.js';
import { manifestBytes } from '../protocol/model-card.js';
import type { ModelManifest } from '../protocol/model-card.js';
import { convertFolder } from './model-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Writes files under a name of their own until all are whole, so that none is served half-written. */
class FolderSink implements ModelSink {
  private readonly _paths = new Set<string>();

  constructor(private readonly _folder: string) {}

  async write(name: string, bytes: Uint8Array, offset: number): Promise<void> {
    const file = path.join(this._folder, name);
    this._paths.add(file);
    await writeFile(`${file}.part`, bytes, { flag: offset === 0 ? 'w' : 'a' });
  }

  async finish(): Promise<void> {
    for (const file of this._paths) await rename(`${file}.part`, file);
  }
}

/**
 * Writes `model.onnx`, the files beside it that hold weights, and their manifest `model.json`. The
 * same checkpoint gives the same bytes.
 * Throws: RepaintError when the model folder is incomplete or does not match its card.
 */
export async function buildModel(folder: string, outFolder: string): Promise<ModelManifest> {
  await mkdir(outFolder, { recursive: true });
  const sink = new FolderSink(outFolder);
  const manifest = await convertFolder(folder, sink);
  const json = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
  await sink.write('model.json', json, 0);
  await sink.finish();
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
    const manifest = await buildModel(path.join(models, id), outFolder);
    const megabytes = (manifestBytes(manifest) / 1e6).toFixed(1);
    const { sha256 } = manifest.onnx;
    console.log(`${path.relative(root, outFolder)}/model.onnx  ${megabytes} MB  ${sha256}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildModels(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

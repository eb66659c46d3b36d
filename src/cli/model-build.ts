/** `model build`: makes `build/models/<id>/` of the checkpoints that ship, `models/<id>/`. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RepaintError } from '../protocol/failure.js';
import {
  manifestBytes,
  modelCardSchema,
  type ModelCard,
  type ModelFile,
  type ModelManifest,
} from '../protocol/model-card.js';
import { convertModel } from '../shelf/read/convert-model.js';
import type { ModelSink } from '../shelf/read/model-sink.js';
import { hashSource, readSettings, type SourceFile } from '../shelf/read/source-file.js';
import { createSha256, fileSource } from '../shelf/store/disk-files.js';
import { builtFolder, checkpointsFolder, packageRoot } from './places.js';

/** Writes files under a name of their own until all are whole, so that none is served half-written. */
class FolderSink implements ModelSink {
  private readonly _paths = new Set<string>();

  constructor(private readonly _folder: string) {}

  async write(name: string, bytes: Uint8Array, offset: number): Promise<void> {
    const file = path.join(this._folder, name);
    this._paths.add(file);
    await writeFile(this._part(file), bytes, { flag: offset === 0 ? 'w' : 'a' });
  }

  async finish(): Promise<void> {
    for (const file of this._paths) await rename(this._part(file), file);
  }

  /** Two processes may build at once. */
  private _part(file: string): string {
    return `${file}.${process.pid}.part`;
  }
}

async function openIn(folder: string, name: string, hint: string): Promise<SourceFile> {
  const file = path.join(folder, name);
  const source = await fileSource(file).catch((cause: unknown) => {
    throw new RepaintError('modelFetch', `Cannot read ${file}; ${hint}.`, { cause });
  });
  return { name: file, source };
}

/** Reads and checks `card.json` of a model folder. Throws: RepaintError naming the wrong field. */
export async function readModelCard(folder: string): Promise<ModelCard> {
  const file = await openIn(folder, 'card.json', 'a model folder needs a card.json');
  const result = modelCardSchema.safeParse(await readSettings(file));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new RepaintError(
    'modelShape',
    `${file.name} is not a model card: ${issue.path.join('.')}: ${issue.message}.`,
  );
}

async function expectSame(file: SourceFile, expected: ModelFile): Promise<void> {
  const { sizeBytes, sha256 } = await hashSource(file, { createHasher: createSha256 });
  if (sizeBytes === expected.sizeBytes && sha256 === expected.sha256) return;
  throw new RepaintError(
    'modelHash',
    `${file.name} should have ${expected.sizeBytes} bytes by card.json and has ${sizeBytes}, with ` +
      `the SHA-256 ${sha256}; fetch the checkpoint again, or correct the card if you changed it.`,
  );
}

/**
 * Writes `model.onnx`, the files beside it that hold weights, and their manifest `model.json`. The
 * same checkpoint gives the same bytes.
 * Throws: RepaintError when the model folder is incomplete or does not match its card.
 */
export async function buildModel(folder: string, outFolder: string): Promise<ModelManifest> {
  const card = await readModelCard(folder);
  const hint = 'put the checkpoint that card.json names into the folder';
  const weights = await openIn(folder, card.checkpoint.path, hint);
  await expectSame(weights, card.checkpoint);
  const config = await readSettings(await openIn(folder, 'config.json', 'a checkpoint needs it'));
  await mkdir(outFolder, { recursive: true });
  const sink = new FolderSink(outFolder);
  const files = {
    kind: 'checkpoint',
    weights,
    shards: [],
    weightsPath: '',
    data: [],
    config,
    classifier: null,
  } as const;
  const manifest = await convertModel(files, card, sink, {
    storage: 'asStored',
    createHasher: createSha256,
  });
  const json = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
  await sink.write('model.json', json, 0);
  await sink.finish();
  return manifest;
}

async function changedAt(folder: string): Promise<number> {
  const files = await readdir(folder).catch(() => []);
  const times = await Promise.all(files.map((name) => stat(path.join(folder, name))));
  return Math.max(-Infinity, ...times.map(({ mtimeMs }) => mtimeMs));
}

/** The folder of a shipped model, made in a checkout where it is missing or of older files. */
export async function shippedFolder(id: string): Promise<string> {
  const outFolder = path.join(builtFolder, id);
  const from = path.join(checkpointsFolder, id);
  const builtAt = await stat(path.join(outFolder, 'model.json')).catch(() => null);
  if (!builtAt || builtAt.mtimeMs < (await changedAt(from))) await buildModel(from, outFolder);
  return outFolder;
}

/** Builds every folder of `models/` that has a card, or only those named. */
export async function buildModels(ids: readonly string[]): Promise<void> {
  const names = await readdir(checkpointsFolder);
  const found = names.filter((id) => existsSync(path.join(checkpointsFolder, id, 'card.json')));
  for (const id of ids.length > 0 ? ids : found.sort()) {
    const outFolder = path.join(builtFolder, id);
    const manifest = await buildModel(path.join(checkpointsFolder, id), outFolder);
    const megabytes = (manifestBytes(manifest) / 1e6).toFixed(1);
    const { sha256 } = manifest.onnx;
    console.log(`${path.relative(packageRoot, outFolder)}/model.onnx  ${megabytes} MB  ${sha256}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildModels(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

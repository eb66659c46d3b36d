/** Fetches a model once, checks it against its manifest, and keeps it for the next visit. */
import { RepaintError } from '../protocol/failure.js';
import { modelManifestSchema } from '../protocol/model-card.js';
import type { ModelFile, ModelManifest } from '../protocol/model-card.js';
import type { ModelSource } from '../protocol/model-shelf-api.js';
import type { ByteStore } from './byte-store.js';
import { fetchBytes, fetchOk } from './fetch-bytes.js';
import { inlineModel } from './onnx-model.js';
import type { OnnxModel } from './onnx-model.js';
import type { FetchProgress } from './fetch-bytes.js';

export interface StoredModel {
  readonly manifest: ModelManifest;
  readonly onnx: OnnxModel;
  /** 'opfs' when the file came from, or went to, persistent storage. */
  readonly storage: 'opfs' | 'memory';
}

/** Hashes bytes. Returns: 64 lower-case hex digits. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Throws: RepaintError modelFetch when absent or not a manifest. */
export async function fetchManifest(manifestUrl: string): Promise<ModelManifest> {
  const response = await fetchOk(manifestUrl);
  const json: unknown = await response.json().catch((cause: unknown) => {
    throw new RepaintError('modelFetch', `${manifestUrl} is not JSON.`, { cause });
  });
  const parsed = modelManifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new RepaintError(
    'modelFetch',
    `${manifestUrl} is not a model manifest: ${issue.path.join('.')}: ${issue.message}.`,
  );
}

async function readKept(store: ByteStore, sha256: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const kept = await store.read(`${sha256}.onnx`);
  return kept && (await sha256Hex(kept)) === sha256 ? kept : null;
}

/** Loads a model. Throws: RepaintError modelFetch, or modelHash when bytes are not the manifest's. */
export async function loadModel(
  source: ModelSource,
  store: ByteStore,
  onProgress: FetchProgress,
): Promise<StoredModel> {
  switch (source.kind) {
    case 'shipped':
      return loadShipped(source.manifestUrl, store, onProgress);
    case 'files':
      return loadFiles(source);
    case 'stored':
      throw new RepaintError('modelUnknown', `There is no model ${source.id} on the shelf.`);
  }
  return source satisfies never;
}

async function loadFiles({
  manifest,
  files,
}: Extract<ModelSource, { kind: 'files' }>): Promise<StoredModel> {
  const find = ({ path }: ModelFile): Blob => {
    const found = files.find((file) => file.path === path);
    if (found) return found.data;
    throw new RepaintError('modelFetch', `The model's file ${path} is missing; add it again.`);
  };
  const graph = new Uint8Array(await find(manifest.onnx).arrayBuffer());
  const externalData = manifest.externalData.map((file) => ({ path: file.path, data: find(file) }));
  return { manifest, onnx: { graph, externalData }, storage: 'memory' };
}

/** From the store when its hash is right, else by fetch. */
async function loadShipped(
  manifestUrl: string,
  store: ByteStore,
  onProgress: FetchProgress,
): Promise<StoredModel> {
  const manifest = await fetchManifest(manifestUrl);
  const { path, sizeBytes, sha256 } = manifest.onnx;
  const kept = await readKept(store, sha256);
  if (kept) return { manifest, onnx: inlineModel(kept), storage: store.kind };
  const url = new URL(path, manifestUrl).href;
  const onnx = await fetchBytes(url, sizeBytes, onProgress);
  const got = await sha256Hex(onnx);
  if (got !== sha256) {
    throw new RepaintError(
      'modelHash',
      `${url} has sha256 ${got}, the manifest says ${sha256}: reload, or install the add-on again.`,
    );
  }
  const isKept = await store.write(`${sha256}.onnx`, onnx);
  return { manifest, onnx: inlineModel(onnx), storage: isKept ? store.kind : 'memory' };
}

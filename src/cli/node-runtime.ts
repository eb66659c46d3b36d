/** The machine behind a fill in Node: a model folder, onnxruntime-node and the CPU state. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { CpuSamplerState } from '../core/cpu-state.js';
import { BatchChooser } from '../engine/batch-chooser.js';
import { CpuTrials } from '../engine/cpu-trials.js';
import { toEngineError } from '../engine/engine-error.js';
import type { OnnxModel, StoredModel } from '../engine/onnx-model.js';
import { OrtClassifier } from '../engine/ort-classifier.js';
import { OrtNetwork } from '../engine/ort-network.js';
import type { FillRuntime, LevelSetup } from '../fill/runtime.js';
import { RepaintError } from '../protocol/failure.js';
import { shippedIds, type ModelCard, type ModelManifest } from '../protocol/model-card.js';
import { DiskFileStore } from '../shelf/store/disk-files.js';
import { expectShipped, manifestIn, ModelLibrary, openModelFiles } from '../shelf/store/library.js';
import { shippedFolder } from './model-build.js';
import { modelsFolder } from './places.js';
import { sessionOptions } from '../engine/session-options.js';

/** Reads `model.json` of a folder. Throws: RepaintError modelUnknown, modelShape. */
export async function readManifest(folder: string): Promise<ModelManifest> {
  const file = path.join(folder, 'model.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const sentence = `There is no model in ${folder}: expected a model.json; add it with "model add".`;
    throw new RepaintError('modelUnknown', sentence, { cause });
  });
  const manifest = await manifestIn(parsed(text));
  if (manifest) return manifest;
  throw new RepaintError(
    'modelShape',
    `${file} is damaged, or no model's manifest; add the model again.`,
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

async function openFolder(folder: string, isShipped = false): Promise<StoredModel> {
  const store = new DiskFileStore(path.dirname(path.resolve(folder)));
  const manifest = await readManifest(folder);
  if (isShipped) expectShipped(manifest);
  return openModelFiles(store, path.basename(path.resolve(folder)), manifest);
}

/** A folder with a `model.json`, the id of a model that ships, or of one that was added. */
async function openModel(folderOrId: string): Promise<StoredModel> {
  if (shippedIds.includes(folderOrId)) return openFolder(await shippedFolder(folderOrId), true);
  if (existsSync(folderOrId)) return openFolder(folderOrId);
  const library = new ModelLibrary(new DiskFileStore(modelsFolder()), 'added-');
  if (await library.has(folderOrId)) return library.open(folderOrId);
  const ids = [...shippedIds, ...(await library.list()).map(({ manifest }) => manifest.card.id)];
  throw new RepaintError(
    'modelUnknown',
    `There is no model ${folderOrId}; there are: ${ids.join(', ')}.`,
  );
}

export interface NodeRuntime extends FillRuntime {
  readonly card: ModelCard;
  /** For messages: "cpu, 2 threads". */
  readonly device: string;
  release(): Promise<void>;
}

async function bytesOf(data: Uint8Array | Blob): Promise<Uint8Array> {
  return data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : data;
}

/** Throws: RepaintError when ONNX Runtime refuses the graph. */
export async function openSession(
  { graph, externalData }: OnnxModel,
  threads = availableParallelism(),
): Promise<InferenceSession> {
  const beside = await Promise.all(
    externalData.map(async ({ path: name, data }) => ({ path: name, data: await bytesOf(data) })),
  );
  const options = { externalData: beside, ...sessionOptions(threads) };
  // Native and large: not loaded for a question that needs no network.
  const ort = await import('onnxruntime-node');
  return ort.InferenceSession.create(graph, options).catch((error: unknown) => {
    throw toEngineError(error, 'The model could not be loaded into ONNX Runtime');
  });
}

/** Throws: RepaintError with one sentence when the model is missing, changed or unusable. */
export async function openNodeRuntime(
  folderOrId: string,
  threads = availableParallelism(),
): Promise<NodeRuntime> {
  const stored = await openModel(folderOrId);
  const { card } = stored.manifest;
  const network = new OrtNetwork(await openSession(stored.onnx, threads));
  // One session serves all sizes; a fill without a class needs none.
  let classifier: Promise<OrtClassifier> | null = null;
  const openClassifier = (model: OnnxModel) =>
    (classifier ??= openSession(model, threads).then((session) => new OrtClassifier(session)));
  const device = `cpu, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const trials = new CpuTrials({
    network: async () => network,
    nullClassLabel: card.nullClassLabel,
    msPerPixel: () => null,
    release: async () => undefined,
  });
  const chooser = new BatchChooser(trials);
  return {
    card,
    device,
    // What a classifier takes is not measured.
    chooseBatch: async (question) => (stored.classifier ? 1 : chooser.choose(question)),
    rejectBatch: (question, images) => chooser.reject(question, images),
    createState: async (setup: LevelSetup) => {
      const { classLabels } = setup.guidance;
      const scale = setup.classifierScale;
      const isSteered = stored.classifier && classLabels && scale > 0;
      const steering = isSteered
        ? { model: await openClassifier(stored.classifier), scale, classLabels }
        : null;
      return new CpuSamplerState({ ...setup, network, device, classifier: steering });
    },
    release: async () => {
      await network.release();
      await (await classifier)?.release();
    },
  };
}

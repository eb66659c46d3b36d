/** The machine behind a fill in Node: a model folder, onnxruntime-node and the CPU state. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession } from 'onnxruntime-node';
import { CpuSamplerState } from '../core/cpu-state.js';
import { BatchChooser } from '../engine/batch-chooser.js';
import { CpuTrials } from '../engine/cpu-trials.js';
import { toEngineError } from '../engine/engine-error.js';
import { OrtClassifier } from '../engine/ort-classifier.js';
import { OrtNetwork } from '../engine/ort-network.js';
import type { FillRuntime, LevelSetup } from '../fill/runtime.js';
import type { ModelCard } from '../protocol/model-card.js';
import { loadModelFromFolder } from './model-folder.js';
import type { LoadedGraph } from './model-folder.js';
import { sessionOptions } from '../engine/session-options.js';

/** `models/` of this package. */
export const modelsFolder = fileURLToPath(new URL('../../models', import.meta.url));

/** A model folder by path, or by its id under `models/`. */
export function modelFolder(pathOrId: string): string {
  return existsSync(pathOrId) ? pathOrId : path.join(modelsFolder, pathOrId);
}

export interface NodeRuntime extends FillRuntime {
  readonly card: ModelCard;
  /** For messages: "cpu, 2 threads". */
  readonly device: string;
  release(): Promise<void>;
}

/** Throws: RepaintError when ONNX Runtime refuses the graph. */
export async function openSession(
  { onnx, externalData }: LoadedGraph,
  threads = availableParallelism(),
): Promise<InferenceSession> {
  const options = { externalData, ...sessionOptions(threads) };
  return InferenceSession.create(onnx, options).catch((error: unknown) => {
    throw toEngineError(error, 'The model could not be loaded into ONNX Runtime');
  });
}

/**
 * `classifierScale` above 0 lets the model's classifier, where it has one, steer towards the class.
 * Throws: RepaintError with one sentence when the model is missing, changed or unusable.
 */
export async function openNodeRuntime(
  pathOrId: string,
  threads = availableParallelism(),
  classifierScale = 0,
): Promise<NodeRuntime> {
  const loaded = await loadModelFromFolder(modelFolder(pathOrId));
  const { card } = loaded;
  const network = new OrtNetwork(await openSession(loaded, threads));
  const graph = classifierScale > 0 ? loaded.classifier : null;
  const classifier = graph && new OrtClassifier(await openSession(graph, threads));
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
    chooseBatch: async (question) => (classifier ? 1 : chooser.choose(question)),
    rejectBatch: (question, images) => chooser.reject(question, images),
    createState: async (setup: LevelSetup) => {
      const { classLabels } = setup.guidance;
      const steering = classifier &&
        classLabels && { model: classifier, scale: classifierScale, classLabels };
      return new CpuSamplerState({ ...setup, network, device, classifier: steering });
    },
    release: async () => {
      await network.release();
      await classifier?.release();
    },
  };
}

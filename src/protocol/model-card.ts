/** The model card: everything about a network that its ONNX graph cannot say. */
import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A file beside the card: a name, never a way to another folder. */
const fileName = z
  .string()
  .min(1)
  .max(255)
  // eslint-disable-next-line no-control-regex -- those are what must not be in a name
  .regex(/^(?!\.+$)[^/\\:\u0000-\u001f]+$/, 'must be a name in the same folder');

/** A file of a model. */
const modelFileSchema = z.object({
  path: fileName,
  sizeBytes: z.number().int().positive(),
  sha256,
});
export type ModelFile = z.infer<typeof modelFileSchema>;

/** Bounds of what a card may say: far above any network over pixels, little memory. */
const extent = z.number().int().positive().max(4096);
const label = z.number().int().min(0).max(65_535);
const words = z.string().min(1).max(10_000);
const parameters = z.number().int().positive().max(1e11);
const count = z.number().int().min(0).max(1e12);

/** The trained checkpoint: one file, or several, and where in it the network lies. */
const checkpointSchema = modelFileSchema.extend({
  shards: z.array(modelFileSchema).max(1000).optional(),
  /** Keys down to the network's weights, joined by dots; absent where they lie at the top. */
  weightsPath: z.string().max(1000).optional(),
});

/** How a network was trained, as `models/training/train.py` writes it. */
const trainingSchema = z.object({
  /** YYYY-MM-DD. */
  finishedOn: z.iso.date().optional(),
  /** Pictures that were trained on. */
  photos: count,
  /** Crops shown, the same one again included. */
  cropsSeen: count,
  /** Those, by their pixels a side. */
  cropsBySize: z.record(z.string(), count).optional(),
  /** Steps of the optimiser. */
  steps: count.optional(),
  minutes: z.number().min(0).max(1e9),
  device: words,
  /** The id of the model it was begun from. */
  begunFrom: words.optional(),
  /** Mean squared error of v on pictures kept out. */
  validationError: z.number().optional(),
});

export const modelCardSchema = z.object({
  /** kebab-case, the folder's name. */
  id: z
    .string()
    .max(100)
    .regex(
      /^[a-z0-9]+(-[a-z0-9]+)*$/,
      'must be small letters and digits, in groups joined by single hyphens (my-model-2)',
    ),
  name: words,
  /** The trained checkpoint the ONNX file is made from. */
  checkpoint: checkpointSchema,
  network: z.object({
    family: z.enum(['diffusers-unet2d', 'adm-unet', 'onnx']),
    /** Image channels C of the contract [N, C, H, W] (before any pixel unshuffle). */
    channels: extent,
    /** C, or 2C where the variance is learned. */
    outChannels: extent,
    /** Space-to-depth factor inside the graph (1 = none). */
    pixelUnshuffle: extent,
    /** Height and width must be multiples of this many pixels. */
    sizeMultiple: extent,
    /** The size the network was trained at, pixels a side. */
    nativeSize: extent,
    /** True when only nativeSize x nativeSize works. */
    isFixedSize: z.boolean(),
    /** True: the graph takes one image at a time, N = 1. */
    isFixedBatch: z.boolean().optional(),
    parameters,
  }),
  diffusion: z.object({
    betaSchedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid']),
    betaStart: z.number(),
    betaEnd: z.number(),
    numTrainTimesteps: z.number().int().min(2).max(100_000),
    predictionType: z.enum(['epsilon', 'sample', 'v_prediction']),
    varianceType: z.enum(['fixed_small', 'fixed_large', 'learned', 'learned_range']),
    clipDenoised: z.boolean(),
    /** Bound of the predicted clean image; 1 where absent. */
    clipRange: z.number().positive().optional(),
    /** Dynamic thresholding instead of that bound. */
    threshold: z
      .object({ ratio: z.number().positive().max(1), maxValue: z.number().min(1) })
      .optional(),
    /** Instead of the named schedule. Shapes: [numTrainTimesteps]. */
    trainedBetas: z.array(z.number()).max(100_000).optional(),
    /** True: the schedule was shifted so that its last step carries no signal. */
    rescaleBetasZeroSnr: z.boolean().optional(),
    /** True: the network is told tau * 1000 / numTrainTimesteps. */
    rescaleTimesteps: z.boolean().optional(),
  }),
  /** Empty for an unconditional network. */
  classes: z.array(z.object({ label, name: words })).max(65_536),
  /** The label that means "no class", where the network was trained with label dropout. */
  nullClassLabel: label.nullable(),
  /** A second network that says which class a noisy image shows; its gradient steers the walk. */
  classifier: z
    .object({
      checkpoint: modelFileSchema,
      family: z.enum(['adm-classifier', 'onnx']),
      parameters,
      /** The network is told the class as well, and cannot do without one. */
      isNetworkConditional: z.boolean().default(false),
    })
    .nullable()
    .default(null),
  licence: words,
  summary: words,
  trainingData: words,
  bias: words,
  limits: words,
  /** Where it was trained by this project's trainer, or its maker says as much. */
  training: trainingSchema.optional(),
});

export type ModelCard = z.infer<typeof modelCardSchema>;

/** An ONNX graph, and the files beside it that hold weights too large for it. */
const onnxFilesSchema = z.object({
  /** Beside the manifest, or made in this very page. */
  onnx: modelFileSchema.extend({
    path: z.union([z.string().startsWith('blob:').max(1000), fileName]),
  }),
  /** `path` is the location the graph calls each file by. */
  externalData: z.array(modelFileSchema).default([]),
});

/** A model ready for ONNX Runtime: `model.json`, beside the files it names. */
export const modelManifestSchema = z.object({
  card: modelCardSchema,
  ...onnxFilesSchema.shape,
  /** The card's classifier as a graph; null without one. */
  classifier: onnxFilesSchema.nullable().default(null),
});
export type ModelManifest = z.infer<typeof modelManifestSchema>;

/** All files of a model, the graph first. */
export function manifestFiles({ onnx, externalData, classifier }: ModelManifest): ModelFile[] {
  return [
    onnx,
    ...externalData,
    ...(classifier ? [classifier.onnx, ...classifier.externalData] : []),
  ];
}

/** Bytes of all files of a model. */
export function manifestBytes(manifest: ModelManifest): number {
  return manifestFiles(manifest).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

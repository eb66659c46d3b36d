/** The model card: everything about a network that its ONNX graph cannot say. */
import * as z from 'zod/mini';
import english from 'zod/v4/locales/en.js';

// The small build of zod says "Invalid input" of everything otherwise.
z.config(english());

/**
 * Ids of the models that come with RePaint Fill, folders of `models/`. The first is used where a
 * model takes part and none is asked for.
 */
export const shippedIds: readonly [string, ...string[]] = ['garden-64'];
export const [defaultModelId] = shippedIds;

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** A file beside the card: a name, never a way to another folder. */
const fileName = z.string().check(
  z.minLength(1),
  z.maxLength(255),
  // eslint-disable-next-line no-control-regex -- those are what must not be in a name
  z.regex(/^(?!\.+$)[^/\\:\u0000-\u001f]+$/, 'must be a name in the same folder'),
);

/** A file of a model. */
const modelFileSchema = z.object({
  path: fileName,
  sizeBytes: z.int().check(z.positive()),
  sha256,
});
export type ModelFile = z.infer<typeof modelFileSchema>;

/** Bounds of what a card may say: far above any network over pixels, little memory. */
const extent = z.int().check(z.positive(), z.maximum(4096));
const label = z.int().check(z.minimum(0), z.maximum(65_535));
const words = z.string().check(z.minLength(1), z.maxLength(10_000));
const parameters = z.int().check(z.positive(), z.maximum(1e11));
const count = z.int().check(z.minimum(0), z.maximum(1e12));

/** The trained checkpoint: one file, or several, and where in it the network lies. */
const checkpointSchema = z.extend(modelFileSchema, {
  shards: z.optional(z.array(modelFileSchema).check(z.maxLength(1000))),
  /** Keys down to the network's weights, joined by dots; absent where they lie at the top. */
  weightsPath: z.optional(z.string().check(z.maxLength(1000))),
});

/** How a network was trained, as `models/training/train.py` writes it. */
const trainingSchema = z.object({
  /** YYYY-MM-DD. */
  finishedOn: z.optional(z.iso.date()),
  /** Pictures that were trained on. */
  photos: count,
  /** Crops shown, the same one again included. */
  cropsSeen: count,
  /** Those, by their pixels a side. */
  cropsBySize: z.optional(z.record(z.string(), count)),
  /** Steps of the optimiser. */
  steps: z.optional(count),
  minutes: z.number().check(z.minimum(0), z.maximum(1e9)),
  device: words,
  /** The id of the model it was begun from. */
  begunFrom: z.optional(words),
  /** Mean squared error of v on pictures kept out. */
  validationError: z.optional(z.number()),
});

export const modelCardSchema = z.object({
  /** kebab-case, the folder's name. */
  id: z
    .string()
    .check(
      z.maxLength(100),
      z.regex(
        /^[a-z0-9]+(-[a-z0-9]+)*$/,
        'must be small letters and digits, in groups joined by single hyphens (my-model-2)',
      ),
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
    isFixedBatch: z.optional(z.boolean()),
    parameters,
  }),
  diffusion: z.object({
    betaSchedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid']),
    betaStart: z.number(),
    betaEnd: z.number(),
    numTrainTimesteps: z.int().check(z.minimum(2), z.maximum(100_000)),
    predictionType: z.enum(['epsilon', 'sample', 'v_prediction']),
    varianceType: z.enum(['fixed_small', 'fixed_large', 'learned', 'learned_range']),
    clipDenoised: z.boolean(),
    /** Bound of the predicted clean image; 1 where absent. */
    clipRange: z.optional(z.number().check(z.positive())),
    /** Dynamic thresholding instead of that bound. */
    threshold: z.optional(
      z.object({
        ratio: z.number().check(z.positive(), z.maximum(1)),
        maxValue: z.number().check(z.minimum(1)),
      }),
    ),
    /** Instead of the named schedule. Shapes: [numTrainTimesteps]. */
    trainedBetas: z.optional(z.array(z.number()).check(z.maxLength(100_000))),
    /** True: the schedule was shifted so that its last step carries no signal. */
    rescaleBetasZeroSnr: z.optional(z.boolean()),
    /** True: the network is told tau * 1000 / numTrainTimesteps. */
    rescaleTimesteps: z.optional(z.boolean()),
    /** Which steps a walk keeps, if not those of the paper (`respaced`). */
    timestepSpacing: z.optional(
      z.enum(['respaced', 'leading', 'trailing', 'linspace', 'quadratic']),
    ),
    /** What `leading` adds to each step; 0 where absent. */
    stepsOffset: z.optional(z.int().check(z.minimum(0), z.maximum(1))),
    /** Whose rounding and last step hold; `guided-diffusion` where absent. */
    convention: z.optional(z.enum(['guided-diffusion', 'diffusers'])),
  }),
  /** Empty for an unconditional network. */
  classes: z.array(z.object({ label, name: words })).check(z.maxLength(65_536)),
  /** The label that means "no class", where the network was trained with label dropout. */
  nullClassLabel: z.nullable(label),
  /** A second network that says which class a noisy image shows; its gradient steers the walk. */
  classifier: z._default(
    z.nullable(
      z.object({
        checkpoint: modelFileSchema,
        family: z.enum(['adm-classifier', 'onnx']),
        parameters,
        /** The network is told the class as well, and cannot do without one. */
        isNetworkConditional: z._default(z.boolean(), false),
      }),
    ),
    null,
  ),
  licence: words,
  summary: words,
  trainingData: words,
  bias: words,
  limits: words,
  /** Where it was trained by this project's trainer, or its maker says as much. */
  training: z.optional(trainingSchema),
});

export type ModelCard = z.infer<typeof modelCardSchema>;

/** An ONNX graph, and the files beside it that hold weights too large for it. */
const onnxFilesSchema = z.object({
  /** Beside the manifest, or made in this very page. */
  onnx: z.extend(modelFileSchema, {
    path: z.union([z.string().check(z.startsWith('blob:'), z.maxLength(1000)), fileName]),
  }),
  /** `path` is the location the graph calls each file by. */
  externalData: z._default(z.array(modelFileSchema), []),
});

/** A model ready for ONNX Runtime: `model.json`, beside the files it names. */
export const modelManifestSchema = z.object({
  card: modelCardSchema,
  ...onnxFilesSchema.shape,
  /** The card's classifier as a graph; null without one. */
  classifier: z._default(z.nullable(onnxFilesSchema), null),
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

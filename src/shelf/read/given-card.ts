/** A `card.json` that came with a checkpoint: what it says is taken over, what it leaves out drafted. */
import * as z from 'zod/mini';
import { modelCardSchema } from '../../protocol/model-card.js';
import { unusable } from './unusable.js';

const { shape } = modelCardSchema;

const givenCardSchema = z.object({
  id: z.optional(z.string()),
  name: z.optional(shape.name),
  network: z.optional(z.partial(shape.network)),
  diffusion: z.optional(shape.diffusion),
  classes: z.optional(shape.classes),
  nullClassLabel: z.optional(shape.nullClassLabel),
  licence: z.optional(shape.licence),
  summary: z.optional(shape.summary),
  trainingData: z.optional(shape.trainingData),
  bias: z.optional(shape.bias),
  limits: z.optional(shape.limits),
  training: shape.training,
});
export type GivenCard = z.infer<typeof givenCardSchema>;

/** A card, or the manifest that holds one. Throws: RepaintError modelUnusable naming the wrong field. */
export function parseGivenCard(json: unknown): GivenCard {
  const manifest = z.object({ card: z.unknown(), onnx: z.unknown() }).safeParse(json);
  const result = givenCardSchema.safeParse(manifest.success ? manifest.data.card : json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unusable(
    `The card.json is not a model card: ${issue.path.join('.')}: ${issue.message}; correct it.`,
  );
}

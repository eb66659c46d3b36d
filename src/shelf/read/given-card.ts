/** A `card.json` that came with a checkpoint: what it says is taken over, what it leaves out drafted. */
import { z } from 'zod';
import { modelCardSchema } from '../../protocol/model-card.js';
import { unusable } from './unusable.js';

const { shape } = modelCardSchema;

const givenCardSchema = z.object({
  id: z.string().optional(),
  name: shape.name.optional(),
  network: shape.network.partial().optional(),
  diffusion: shape.diffusion.optional(),
  classes: shape.classes.optional(),
  nullClassLabel: shape.nullClassLabel.optional(),
  licence: shape.licence.optional(),
  summary: shape.summary.optional(),
  trainingData: shape.trainingData.optional(),
  bias: shape.bias.optional(),
  limits: shape.limits.optional(),
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
    `The card.json is not a model card: ${issue!.path.join('.')}: ${issue!.message}; correct it.`,
  );
}

/**
 * Options of guided-diffusion's networks, as its scripts and RePaint's configs spell them, resolved
 * to what the constructors take. Checkpoints of this family carry no config of their own.
 * Source: openai/guided-diffusion, script_util.py, `create_model` and `create_classifier`.
 */
import { z } from 'zod';
import { CheckpointError } from '../checkpoint.js';

const extent = z.number().int().min(1).max(65536);
const headCount = z.number().int().min(-1).max(65536);

const encoderSchema = z.object({
  image_size: extent,
  in_channels: extent.default(3),
  model_channels: extent.multipleOf(2),
  out_channels: extent,
  num_res_blocks: z.number().int().min(1).max(64),
  /** Down-sampling factors at which there is attention. */
  attention_resolutions: z.array(z.number().int().min(0)).max(16),
  channel_mult: z.array(z.number().positive().max(64)).min(1).max(16),
  conv_resample: z.boolean().default(true),
  dims: z.literal(2).default(2),
  num_heads: extent.default(1),
  /** Channels of a head; -1: num_heads counts. */
  num_head_channels: headCount.default(-1),
  num_heads_upsample: headCount.default(-1),
  use_scale_shift_norm: z.boolean().default(false),
  resblock_updown: z.boolean().default(false),
  use_new_attention_order: z.boolean().default(false),
});

const unetSchema = encoderSchema.extend({ num_classes: extent.nullable().default(null) });
const classifierSchema = encoderSchema.extend({
  pool: z.enum(['adaptive', 'attention', 'spatial', 'spatial_v2']).default('adaptive'),
});

/** Arguments of `UNetModel` and `EncoderUNetModel` have these in common. */
export type AdmEncoderConfig = z.infer<typeof encoderSchema>;
export type AdmUNetConfig = z.infer<typeof unetSchema>;
export type AdmClassifierConfig = z.infer<typeof classifierSchema>;

const defaultMultipliers: Readonly<Record<number, string>> = {
  512: '0.5,1,1,2,2,4,4',
  256: '1,1,2,2,4,4',
  128: '1,1,2,3,4',
  64: '1,2,3,4',
  // Of improved-diffusion only.
  32: '1,2,2,2',
};

const commaNumbers = z.string().transform((text) => text.split(',').map(Number));

/** `16`, `"16"` and `[16]` say the same: scripts take text, YAML makes numbers of it. */
const listed = (fallback: string) =>
  z.preprocess(
    (value) => (typeof value === 'number' || Array.isArray(value) ? String(value) : value),
    z.string().default(fallback),
  );
/** Flags of a command line come as text. */
const asNumber = (value: unknown) =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
const asBoolean = (value: unknown) =>
  typeof value === 'string' && /^(true|false)$/i.test(value) ? /^t/i.test(value) : value;
const count = (fallback: number, schema: z.ZodNumber = extent) =>
  z.preprocess(asNumber, schema.default(fallback));
const flag = (fallback: boolean) => z.preprocess(asBoolean, z.boolean().default(fallback));
const anyInteger = z.number().int();
const classes = z.preprocess(asNumber, extent.nullable().default(null));

function multipliers(text: string, imageSize: number): string {
  const known = text || defaultMultipliers[imageSize];
  if (known) return known;
  throw new CheckpointError(
    `The config says no channel_mult, and there is no usual one for image_size ${imageSize}; add it.`,
  );
}

/** Resolutions in pixels to the down-sampling factors at which they occur. */
function factors(resolutions: string, imageSize: number): number[] {
  return commaNumbers.parse(resolutions).map((pixels) => Math.floor(imageSize / pixels));
}

/** `model_and_diffusion_defaults()`, and two arguments that vocabulary cannot say. */
const unetArguments = z
  .object({
    image_size: count(64),
    num_channels: count(128),
    num_res_blocks: count(2, anyInteger),
    num_heads: count(4, anyInteger),
    num_heads_upsample: count(-1, headCount),
    num_head_channels: count(-1, headCount),
    attention_resolutions: listed('16,8'),
    channel_mult: listed(''),
    class_cond: flag(false),
    use_scale_shift_norm: flag(true),
    resblock_updown: flag(false),
    use_new_attention_order: flag(false),
    learn_sigma: flag(false),
    conv_resample: flag(true),
    num_classes: classes,
  })
  .transform((a) => ({
    ...a,
    model_channels: a.num_channels,
    out_channels: a.learn_sigma ? 6 : 3,
    attention_resolutions: factors(a.attention_resolutions, a.image_size),
    channel_mult: commaNumbers.parse(multipliers(a.channel_mult, a.image_size)),
    num_classes: a.class_cond ? (a.num_classes ?? 1000) : null,
  }));

/** `classifier_defaults()`, and what `create_classifier` fixes. */
const classifierArguments = z
  .object({
    image_size: count(64),
    classifier_width: count(128),
    classifier_depth: count(2, anyInteger),
    classifier_attention_resolutions: listed('32,16,8'),
    classifier_use_scale_shift_norm: flag(true),
    classifier_resblock_updown: flag(true),
    classifier_pool: z.string().default('attention'),
    out_channels: count(1000),
    num_heads: count(1),
    num_head_channels: count(64, headCount),
    channel_mult: listed(''),
    use_new_attention_order: flag(false),
    conv_resample: flag(true),
  })
  .transform((a) => ({
    ...a,
    model_channels: a.classifier_width,
    num_res_blocks: a.classifier_depth,
    attention_resolutions: factors(a.classifier_attention_resolutions, a.image_size),
    channel_mult: commaNumbers.parse(multipliers(a.channel_mult, a.image_size)),
    use_scale_shift_norm: a.classifier_use_scale_shift_norm,
    resblock_updown: a.classifier_resblock_updown,
    pool: a.classifier_pool,
  }));

function parse<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue.path.length ? `${issue.path.join('.')}: ` : '';
  throw new CheckpointError(
    `The config is not one of a guided-diffusion network: ${where}${issue.message}.`,
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Finds the constructor's arguments in a config: under `constructor` or at the top, or resolved from script
 * arguments, which lie at the top or under `args` with what they cannot say under `extra`.
 */
function constructorArguments(json: unknown, fromArguments: z.ZodType<unknown>): unknown {
  if (!isRecord(json)) return json;
  if (isRecord(json.constructor)) return json.constructor;
  if ('model_channels' in json) return json;
  const isNested = isRecord(json.args);
  const flat = isNested ? { ...(json.args as object), ...(json.extra as object) } : json;
  const said = Object.entries(flat).filter(([, value]) => value !== null);
  return parse(fromArguments, Object.fromEntries(said));
}

/** Checks the options of a `UNetModel`. Throws: CheckpointError naming the first wrong one. */
export function parseAdmUNetConfig(json: unknown): AdmUNetConfig {
  return parse(unetSchema, constructorArguments(json, unetArguments));
}

/** Checks the options of an `EncoderUNetModel`. Throws: CheckpointError naming the first wrong one. */
export function parseAdmClassifierConfig(json: unknown): AdmClassifierConfig {
  return parse(classifierSchema, constructorArguments(json, classifierArguments));
}

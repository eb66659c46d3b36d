/** `config.json` of a diffusers UNet2DModel, checked, with the library's defaults filled in. */
import { z } from 'zod';
import { CheckpointError } from '../checkpoint.js';
import { activations } from '../nn/layers.js';

const downBlockTypes = ['DownBlock2D', 'AttnDownBlock2D', 'ResnetDownsampleBlock2D'] as const;
const upBlockTypes = ['UpBlock2D', 'AttnUpBlock2D', 'ResnetUpsampleBlock2D'] as const;
const activationNames = Object.keys(activations) as [keyof typeof activations];

/** Releases of 2022 wrote `UNetResDownBlock2D` for `DownBlock2D`, and so on. */
const withoutOldPrefix = (type: unknown) =>
  typeof type === 'string' ? type.replace(/^UNetRes/, '') : type;
const downBlockType = z.preprocess(withoutOldPrefix, z.enum(downBlockTypes));
const upBlockType = z.preprocess(withoutOldPrefix, z.enum(upBlockTypes));

const extent = z.number().int().min(1).max(65536);

/** Defaults are those of `UNet2DModel()`; older releases wrote fewer keys. */
const schema = z
  .object({
    _class_name: z.literal('UNet2DModel').default('UNet2DModel'),
    sample_size: z
      .union([extent, z.tuple([extent, extent])])
      .nullable()
      .default(null),
    in_channels: extent.default(3),
    out_channels: extent.default(3),
    center_input_sample: z.boolean().default(false),
    time_embedding_type: z.enum(['positional', 'fourier', 'learned']).default('positional'),
    time_embedding_dim: extent.nullable().default(null),
    freq_shift: z.number().default(0),
    flip_sin_to_cos: z.boolean().default(true),
    down_block_types: z
      .array(downBlockType)
      .min(1)
      .max(16)
      .default(['DownBlock2D', 'AttnDownBlock2D', 'AttnDownBlock2D', 'AttnDownBlock2D']),
    mid_block_type: z.literal('UNetMidBlock2D').nullable().default('UNetMidBlock2D'),
    up_block_types: z
      .array(upBlockType)
      .min(1)
      .max(16)
      .default(['AttnUpBlock2D', 'AttnUpBlock2D', 'AttnUpBlock2D', 'UpBlock2D']),
    block_out_channels: z.array(extent).min(1).max(16).default([224, 448, 672, 896]),
    layers_per_block: z.number().int().min(1).max(64).default(2),
    mid_block_scale_factor: z.number().positive().default(1),
    downsample_padding: z.union([z.literal(0), z.literal(1)]).default(1),
    downsample_type: z.enum(['conv', 'resnet']).nullable().default('conv'),
    upsample_type: z.enum(['conv', 'resnet']).nullable().default('conv'),
    act_fn: z.enum(activationNames).default('silu'),
    attention_head_dim: extent.nullable().default(8),
    norm_num_groups: extent.default(32),
    attn_norm_num_groups: extent.nullable().default(null),
    norm_eps: z.number().positive().default(1e-5),
    resnet_time_scale_shift: z.enum(['default', 'scale_shift']).default('default'),
    add_attention: z.boolean().default(true),
    class_embed_type: z.literal('timestep').nullable().default(null),
    num_class_embeds: extent.nullable().default(null),
    num_train_timesteps: extent.nullable().default(null),
  })
  .refine(
    (c) =>
      c.down_block_types.length === c.block_out_channels.length &&
      c.up_block_types.length === c.block_out_channels.length,
    'down_block_types, up_block_types and block_out_channels must be equally long',
  )
  .refine(
    (c) => c.block_out_channels.every((channels) => channels % c.norm_num_groups === 0),
    'every one of block_out_channels must be a multiple of norm_num_groups',
  )
  .refine(
    (c) => c.time_embedding_type === 'fourier' || c.block_out_channels[0] % 2 === 0,
    'the first of block_out_channels must be even',
  )
  .refine(
    (c) => c.time_embedding_type !== 'learned' || c.num_train_timesteps !== null,
    'a learned time embedding needs num_train_timesteps',
  );

export type UNet2DConfig = z.infer<typeof schema>;

/** Blocks of score_sde's NCSN++, whose networks work on continuous noise levels. */
function expectNoSkips(json: unknown): void {
  const { down_block_types: types } = (json ?? {}) as { down_block_types?: unknown };
  if (!Array.isArray(types) || !types.some((type) => /Skip(Down|Up)/.test(String(type)))) return;
  throw new CheckpointError(
    'The config is one of NCSN++ (SkipDownBlock2D), a network of score_sde on continuous noise ' +
      'levels (sigmas), not on the steps of a DDPM; choose a UNet2DModel with plain blocks.',
  );
}

/**
 * Checks a parsed `config.json`.
 * Throws: CheckpointError naming the first key that this project cannot convert.
 */
export function parseUNet2DConfig(json: unknown): UNet2DConfig {
  expectNoSkips(json);
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue.path.length ? `${issue.path.join('.')}: ` : '';
  throw new CheckpointError(
    `The config is not one of a UNet2DModel that can be converted: ${where}${issue.message}.`,
  );
}

/**
 * Networks that people have at hand and that cannot fill a photo by RePaint: told apart by their
 * tensors' names, each with a sentence that says what it is and why.
 */
import type { Checkpoint } from './checkpoint.js';

interface Stranger {
  /** True where it may stand beside a network of a known kind, and spoils it. */
  readonly isBeside?: true;
  /** Matches a tensor's name that only such a checkpoint has. */
  readonly name: RegExp;
  readonly is: string;
}

const latent =
  'works on the latents of another network, not on pixels, so that known pixels cannot be put into its walk';
const sigmas = 'works on continuous noise levels (sigmas), not on the steps of a DDPM';

/** The first that matches counts. */
const strangers: readonly Stranger[] = [
  {
    isBeside: true,
    name: /(^|\.)(cond_stage_model|conditioner\.embedders)\./,
    is: `a Stable Diffusion checkpoint, whose network ${latent}`,
  },
  {
    isBeside: true,
    name: /(^|\.)first_stage_model\./,
    is: `a latent diffusion checkpoint, whose network ${latent}`,
  },
  {
    name: /(^|\.)controlnet_cond_embedding\.|(^|\.)input_hint_block\./,
    is: 'a ControlNet, which only steers Stable Diffusion',
  },
  { name: /(^|[._])lora[._](up|down|A|B)|^lora_/, is: 'a LoRA, a change to another network' },
  {
    name: /\.attn2\.to_k\.|(^|\.)encoder_hid_proj\.|(^|\.)add_embedding\./,
    is: `a network with cross-attention, as Stable Diffusion's (UNet2DConditionModel), which is steered by text and ${latent}`,
  },
  {
    name: /(^|\.)(double_blocks|single_blocks|joint_blocks|single_transformer_blocks|context_embedder)\./,
    is: `a transformer steered by text (Flux, Stable Diffusion 3), which ${latent}`,
  },
  {
    name: /(^|\.)adaLN_modulation\.|(^|\.)(x_embedder|pos_embed)\.proj\.weight$/,
    is: `a diffusion transformer (DiT), which ${latent}`,
  },
  { name: /(^|\.)in_blocks\.\d+\.attn\.qkv\./, is: `a U-ViT, which ${latent}` },
  {
    name: /(^|\.)all_modules\.\d+\./,
    is: `a network of score_sde (NCSN++ or DDPM++), which ${sigmas}`,
  },
  {
    name: /(^|\.)map_layer0\.weight$|(^|\.)enc\.\d+x\d+_/,
    is: `a network of NVIDIA's EDM, which ${sigmas}`,
  },
  {
    name: /(^|\.)begin_conv\.|(^|\.)refine1\./,
    is: `a network of NCSN, which ${sigmas}`,
  },
  {
    name: /(^|\.)cond_embed\.0\.weight$|noise_level_mlp\./,
    is: 'a network of Palette or SR3, which makes one picture of another and is told no time step of a DDPM',
  },
  {
    name: /(^|\.)(quant_conv|post_quant_conv)\.weight$|(^|\.)quantize\.embedding\.weight$/,
    is: 'the autoencoder of a latent model, which makes no pictures of its own',
  },
  {
    name: /(^|\.)text_model\.|(^|\.)visual\.transformer\.|(^|\.)logit_scale$/,
    is: 'a text or image encoder (CLIP), which makes no pictures',
  },
  { name: /(^|\.)unets\.\d+\./, is: 'an Imagen cascade, which is steered by text' },
  {
    name: /(^|\.)(mapping|synthesis)\.|(^|\.)to_rgb\d*\./,
    is: 'a GAN, which takes no noise away step by step',
  },
  {
    name: /(^|\.)init_conv\.weight$/,
    is: "a network of lucidrains' denoising-diffusion-pytorch, whose layers are its own and are not converted here",
  },
];

const matching = (names: readonly string[], among: readonly Stranger[]) =>
  among.find(({ name }) => names.some((text) => name.test(text)))?.is ?? null;

/** Says what a checkpoint without a known network is; null for one that is not recognised. */
export function strangerIn(checkpoint: Checkpoint): string | null {
  return matching([...checkpoint.keys()], strangers);
}

/** Says why a network of a known kind cannot be used: what lies beside it, or inside. */
export function strangerBeside(checkpoint: Checkpoint, network: Checkpoint): string | null {
  const besides = strangers.filter(({ isBeside }) => isBeside);
  return (
    matching([...checkpoint.keys()], besides) ??
    matching([...network.keys()], strangers) ??
    strangeInput(network)
  );
}

/** 6 input channels: a noisy image, and a small one enlarged beside it. */
function strangeInput(network: Checkpoint): string | null {
  const first = network.get('input_blocks.0.0.weight') ?? network.get('conv_in.weight');
  const channels = first?.shape[1];
  if (channels === 6) {
    return 'an upsampler (SuperResModel), which enlarges a small picture that must be given beside the noise';
  }
  const isLatent = channels === 4 || channels === 8 || channels === 9 || channels === 16;
  return isLatent
    ? `a network over ${channels} channels instead of RGB: most likely it ${latent}`
    : null;
}

/** Pipelines and models of diffusers, by the class their JSON names. */
const classes: readonly (readonly [RegExp, string])[] = [
  [
    /^(StableDiffusion|Flux|PixArt|Kandinsky|Wuerstchen|LatentConsistency)/,
    `whose network ${latent}`,
  ],
  [/^LDM|^VQDiffusion|^DiT/, `whose network ${latent}`],
  [/^UNet2DConditionModel$|^UNetMotion|^UNet3D/, `a network with cross-attention that ${latent}`],
  [
    /^(Autoencoder|VQModel)/,
    'the autoencoder of a latent model, which makes no pictures of its own',
  ],
  [/Transformer/, `a diffusion transformer, which ${latent}`],
  [/^(KarrasVe|ScoreSdeVe|Consistency)/, `whose network ${sigmas}`],
  [/^(UNet1D|Audio|Dance)/, 'a network over sounds or sequences'],
  [/^ControlNet/, 'a ControlNet, which only steers Stable Diffusion'],
];

/** Says what the class named in a `config.json` or `model_index.json` is; null for a usable one. */
export function strangerClass(json: unknown): string | null {
  const name: unknown = (json as { _class_name?: unknown } | null)?._class_name;
  if (typeof name !== 'string') return null;
  const found = classes.find(([pattern]) => pattern.test(name));
  return found ? `${name}, ${found[1]}` : null;
}

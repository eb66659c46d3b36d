/**
 * Published guided-diffusion checkpoints, which carry no config: their arguments by name.
 * Source: MODEL_FLAGS and CLASSIFIER_FLAGS in the README of openai/guided-diffusion; confs/*.yml of andreas128/RePaint.
 */

/** Arguments in the vocabulary of `model_and_diffusion_defaults()`. */
export interface KnownCheckpoint {
  /** The file as published. */
  readonly file: string;
  readonly title: string;
  readonly licence: string;
  readonly trainingData: string;
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
}

const common = {
  attention_resolutions: '32,16,8',
  learn_sigma: true,
  noise_schedule: 'linear',
  num_res_blocks: 2,
  resblock_updown: true,
  use_scale_shift_norm: true,
  diffusion_steps: 1000,
} as const;

const adm256 = { ...common, image_size: 256, num_channels: 256, num_head_channels: 64 } as const;

const openAiLicence = 'MIT (code); see the model card of openai/guided-diffusion for the weights';
const rePaintLicence = 'CC BY-NC-SA 4.0 (repository); the weights carry no licence of their own';

const lsun = <Name extends string>(name: Name, title: string) => ({
  file: `lsun_${name}.pt`,
  title: `OpenAI LSUN 256, ${title}`,
  licence: openAiLicence,
  trainingData: `LSUN ${name}: photos from the web.`,
  arguments: { ...adm256, class_cond: false },
});

export const knownCheckpoints = {
  'repaint-celeba256': {
    file: 'celeba256_250000.pt',
    title: 'RePaint CelebA-HQ 256',
    licence: rePaintLicence,
    trainingData: 'CelebA-HQ: faces of celebrities.',
    arguments: { ...adm256, class_cond: false },
  },
  'repaint-places256': {
    file: 'places256_300000.pt',
    title: 'RePaint Places 256',
    licence: rePaintLicence,
    trainingData: 'Places2: photos of scenes.',
    arguments: { ...adm256, class_cond: false },
  },
  'lsun-bedroom': lsun('bedroom', 'Bedrooms'),
  'lsun-cat': lsun('cat', 'Cats'),
  'lsun-horse': lsun('horse', 'Horses'),
  'openai-256-uncond': {
    file: '256x256_diffusion_uncond.pt',
    title: 'OpenAI ImageNet 256, unconditional',
    licence: openAiLicence,
    trainingData: 'ImageNet ILSVRC 2012.',
    arguments: { ...adm256, class_cond: false },
  },
  'openai-256': {
    file: '256x256_diffusion.pt',
    title: 'OpenAI ImageNet 256, class-conditional',
    licence: openAiLicence,
    trainingData: 'ImageNet ILSVRC 2012.',
    arguments: { ...adm256, class_cond: true },
  },
  'openai-512': {
    file: '512x512_diffusion.pt',
    title: 'OpenAI ImageNet 512, class-conditional',
    licence: openAiLicence,
    trainingData: 'ImageNet ILSVRC 2012.',
    arguments: { ...adm256, image_size: 512, class_cond: true },
  },
  'openai-128': {
    file: '128x128_diffusion.pt',
    title: 'OpenAI ImageNet 128, class-conditional',
    licence: openAiLicence,
    trainingData: 'ImageNet ILSVRC 2012.',
    arguments: { ...common, image_size: 128, num_channels: 256, num_heads: 4, class_cond: true },
  },
  'openai-64': {
    file: '64x64_diffusion.pt',
    title: 'OpenAI ImageNet 64, class-conditional',
    licence: openAiLicence,
    trainingData: 'ImageNet ILSVRC 2012.',
    arguments: {
      ...common,
      image_size: 64,
      num_channels: 192,
      num_head_channels: 64,
      num_res_blocks: 3,
      noise_schedule: 'cosine',
      use_new_attention_order: true,
      class_cond: true,
    },
  },
} as const satisfies Record<string, KnownCheckpoint>;

export type KnownCheckpointName = keyof typeof knownCheckpoints;
export const knownCheckpointNames = Object.keys(knownCheckpoints) as KnownCheckpointName[];

/** Published classifiers; they steer any network that was trained on the same classes. */
export interface KnownClassifier {
  /** The file as published. */
  readonly file: string;
  /** Arguments in the vocabulary of `classifier_defaults()`. */
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
}

const classifier = (image_size: number, classifier_depth: number): KnownClassifier => ({
  file: `${image_size}x${image_size}_classifier.pt`,
  arguments: {
    image_size,
    classifier_depth,
    classifier_width: 128,
    classifier_attention_resolutions: '32,16,8',
    classifier_pool: 'attention',
    classifier_resblock_updown: true,
    classifier_use_scale_shift_norm: true,
  },
});

export const knownClassifiers: readonly KnownClassifier[] = [
  classifier(64, 4),
  classifier(128, 2),
  classifier(256, 2),
  classifier(512, 2),
];

/** Which files among those of a folder are the network's weights, and which are left. Pure. */
import { baseName, type SourceFile } from './source-file.js';
import { unusable } from './unusable.js';

const weightsName = /\.(safetensors|pt|pth|bin|ckpt|pkl)$/i;
/** What trainers keep beside the weights to go on training. */
const trainerState =
  /^(optimizer|scheduler|lr_scheduler|scaler|sampler|training_args|dl_state_dict|rng_state.*|random_states.*|.*_optimizer|opt\d*)\.(pt|pth|bin|pkl|ckpt)$/i;
/** Parts of pipelines whose network works on latents or is steered by text. */
const latentFolders =
  /^(vae|vqvae|vqgan|movq|image_encoder|text_encoder(_\d)?|tokenizer(_\d)?|transformer|prior)$/i;
/** Where a pipeline or trainer keeps the network; the running mean first. */
const networkFolders = ['unet_ema', 'ema', 'ema_unet', 'ema_model', 'unet', 'model', 'network'];

/** The folders of a name, without the file. */
export function folderOf({ name }: SourceFile): string {
  return name.slice(0, Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

function expectNoLatents(parts: readonly string[]): void {
  const part = parts.find((name) => latentFolders.test(name));
  if (!part) return;
  throw unusable(
    `This is a pipeline with a ${part}, as Stable Diffusion and other latent models have: ` +
      'its network works on latents or text, not on pixels, and cannot fill a photo here; choose a ' +
      'pipeline of a UNet2DModel and a DDPMScheduler only.',
  );
}

/** Throws: RepaintError modelUnusable for files, by their paths, of a latent pipeline. */
export function expectPixels(names: readonly string[]): void {
  expectNoLatents(names.flatMap((name) => name.split(/[/\\]/).slice(0, -1)));
}

/** Throws: RepaintError modelUnusable for a `model_index.json` that names such parts. */
export function expectPixelParts(index: unknown): void {
  const isThere = ([, part]: readonly [string, unknown]) => Array.isArray(part) && part[0] !== null;
  expectNoLatents(
    Object.entries(index ?? {})
      .filter(isThere)
      .map(([name]) => name),
  );
}

/** `name.fp16-00001-of-00002.safetensors`: one file of several, maybe a variant of another. */
interface WeightsName {
  readonly stem: string;
  readonly variant: string;
  readonly shard: number;
  readonly shards: number;
  readonly isSafe: boolean;
}

function parsed(file: SourceFile): WeightsName {
  const match =
    /^(.*?)(?:\.(fp16|bf16|fp32|non_ema|ema))?(?:-(\d{5})-of-(\d{5}))?(?:\.(fp16|bf16|fp32|non_ema|ema))?\.(\w+)$/i.exec(
      baseName(file),
    );
  const [, stem = '', early, shard, shards, late, end] = match ?? [];
  return {
    stem: stem.toLowerCase(),
    variant: (early ?? late ?? '').toLowerCase(),
    shard: Number(shard ?? 0),
    shards: Number(shards ?? 0),
    isSafe: end?.toLowerCase() === 'safetensors',
  };
}

/** Weights that may stand for one network: one file, or all its shards. */
export interface WeightsFiles {
  readonly files: readonly SourceFile[];
  /** Names of shards that are not there. */
  readonly missing: readonly string[];
}

/** Full precision before half, safetensors before pickles; `isRaw`: those in training before all. */
function rank({ variant, isSafe }: WeightsName, isRaw: boolean): number {
  const order = isRaw
    ? ['non_ema', '', 'fp32', 'fp16', 'bf16', 'ema']
    : ['ema', '', 'fp32', 'fp16', 'bf16', 'non_ema'];
  return 2 * order.indexOf(variant) + (isSafe ? 0 : 1);
}

const byShard = (a: SourceFile, b: SourceFile) => parsed(a).shard - parsed(b).shard;

function asWeights(group: readonly SourceFile[]): WeightsFiles {
  const files = [...group].sort(byShard);
  const { shards } = parsed(files[0]);
  const present = new Set(files.map((file) => parsed(file).shard));
  const numbers = Array.from({ length: Math.min(shards, 1000) }, (_, i) => i + 1);
  const nameOf = (shard: number) =>
    baseName(files[0]).replace(/-\d{5}-of-/, `-${String(shard).padStart(5, '0')}-of-`);
  return { files, missing: numbers.filter((n) => !present.has(n)).map(nameOf) };
}

/** Groups the files of one folder; of several variants of one network the best is taken. */
function variantsIn(files: readonly SourceFile[], isRaw: boolean): WeightsFiles[] {
  const byStem = new Map<string, Map<number, SourceFile[]>>();
  for (const file of files) {
    const name = parsed(file);
    // Files that are called alike but for the variant are the same network in a pipeline's folder.
    const variants = byStem.get(name.stem) ?? new Map<number, SourceFile[]>();
    const key = rank(name, isRaw);
    variants.set(key, [...(variants.get(key) ?? []), file]);
    byStem.set(name.stem, variants);
  }
  return [...byStem.values()].map((variants) => {
    const whole = [...variants].sort(([a], [b]) => a - b).map(([, group]) => asWeights(group));
    return whole.find(({ missing }) => missing.length === 0) ?? whole[0];
  });
}

/** Near the top, in a network's own folder, the latest of numbered ones. */
function folderRank(folder: string, isRaw: boolean): readonly number[] {
  const parts = folder.split(/[/\\]/).filter(Boolean);
  const isEma = /ema/i.test(parts.at(-1) ?? '');
  const usual = networkFolders.indexOf((parts.at(-1) ?? '').toLowerCase());
  const numbered = parts.map((part) => Number(/(\d+)$/.exec(part)?.[1] ?? Number.NaN));
  const latest = Math.max(0, ...numbered.filter(Number.isFinite));
  const isNumbered = parts.some((part) => /^(checkpoint|step|epoch|iter)[-_]?\d+$/i.test(part));
  return [
    isNumbered ? 1 : 0,
    isNumbered ? -latest : 0,
    isEma === isRaw ? 1 : 0,
    usual < 0 ? 99 : usual,
    parts.length,
  ];
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((value, i) => value - b[i]).find((difference) => difference !== 0) ?? 0;
}

export interface PickedWeights {
  readonly weights: readonly WeightsFiles[];
  readonly left: readonly SourceFile[];
}

/**
 * Picks the weights among files that may hold some: those of one folder where they lie in several,
 * and of several variants one. `isRaw`: weights in training rather than their running mean.
 */
export function pickWeights(files: readonly SourceFile[], isRaw: boolean): PickedWeights {
  const possible = files.filter(
    (file) => weightsName.test(baseName(file)) && !trainerState.test(baseName(file)),
  );
  const folders = [...new Set(possible.map(folderOf))];
  const [folder] = folders.sort((a, b) => compare(folderRank(a, isRaw), folderRank(b, isRaw)));
  const here = possible.filter((file) => folderOf(file) === folder);
  const weights = variantsIn(here, isRaw);
  const taken = new Set(weights.flatMap((group) => group.files));
  return { weights, left: files.filter((file) => !taken.has(file)) };
}

/**
 * Finds networks inside a checkpoint, whatever a trainer wrapped around them: each known family has
 * a tensor that no other has, and what stands before its name is where the network lies. Beside raw
 * weights, their running mean (EMA) is what papers sample from.
 */
import { CheckpointError, type Checkpoint, type Tensor } from './checkpoint.js';
import type { NetworkFamily } from './convert.js';
import { ddimAsUNet2D } from './networks/ddim-names.js';

/** A network's weights under the names its family gives them. */
export interface FoundNetwork {
  /** Keys down to it, joined by dots; '' where it lies at the top. */
  readonly path: string;
  readonly family: NetworkFamily;
  readonly isEma: boolean;
  readonly checkpoint: Checkpoint;
  /** What the file calls its tensors. */
  readonly names: ReadonlySet<string>;
  /** Its config where the shapes alone tell all of it but the size, else null. */
  readonly config: object | null;
}

interface Family {
  /** A tensor every network of the family has. */
  readonly anchor: string;
  /** First parts of its names. */
  readonly modules: RegExp;
  readonly name: NetworkFamily | 'ddim';
}

const families: readonly Family[] = [
  {
    name: 'diffusers-unet2d',
    anchor: 'time_embedding.linear_1.weight',
    modules:
      /^(conv_in|time_proj|time_embedding|class_embedding|down_blocks|mid_block|up_blocks|conv_norm_out|conv_out)\./,
  },
  {
    name: 'adm-unet',
    anchor: 'time_embed.0.weight',
    modules: /^(time_embed|label_emb|input_blocks|middle_block|output_blocks|out)\./,
  },
  {
    name: 'ddim',
    anchor: 'temb.dense.0.weight',
    modules: /^(temb|conv_in|down|mid|up|norm_out|conv_out)\./,
  },
];

/** Wrappers that put their name between a module's and its children's. */
const transparent =
  /(^|\.)(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_modules|_parameters|_buffers)(?=\.)/g;

/** What lies beside a network's modules and is none of its own. */
const besideWords =
  /optim|sched|scaler|loss|criterion|discrim|lpips|vgg|inception|metric|callback|loop|ema|random|rng/i;

/** Names as they are without compilers' and parallel trainers' wrappers. */
export function withoutWrappers(checkpoint: Checkpoint): Checkpoint {
  const plain = new Map<string, Tensor>();
  for (const [full, tensor] of checkpoint) {
    const short = full.replace(transparent, '').replace(/^\./, '');
    const name = plain.has(short) ? full : short;
    plain.set(name, { ...tensor, name });
  }
  return plain;
}

const startOf = (path: string) => (path === '' ? '' : `${path}.`);

interface Place {
  readonly path: string;
  readonly family: Family;
}

function placesIn(all: Checkpoint): Place[] {
  return [...all.keys()].flatMap((name) =>
    families
      .filter(({ anchor }) => name === anchor || name.endsWith(`.${anchor}`))
      .map((family) => ({ path: name.slice(0, -family.anchor.length).replace(/\.$/, ''), family })),
  );
}

/** Tensors of the network at a place; strange modules stay, so that no half of one is taken. */
function tensorsAt(all: Checkpoint, { path, family }: Place, places: readonly Place[]) {
  const start = startOf(path);
  const others = places.map((place) => startOf(place.path)).filter((p) => p.length > start.length);
  const found = new Map<string, Tensor>();
  for (const [full, tensor] of all) {
    if (!full.startsWith(start)) continue;
    const name = full.slice(start.length);
    const isBeside = !name.includes('.') || others.some((p) => full.startsWith(p));
    if (!family.modules.test(name) && (isBeside || besideWords.test(name))) continue;
    found.set(name, tensor);
  }
  return found;
}

/** `tensors`: by the network's names; each still bears the file's. */
type Raw = Place & { readonly tensors: Map<string, Tensor>; readonly isEma: boolean };

const emaWords = ['ema', 'shadow', 'swa', 'averaged', 'average', 'avg', 'polyak'];
/** Beside an average of themselves, the weights in training are called so. */
const rawWords = ['online', 'current', 'raw', 'live'];

/** The last telling word of a path decides: `ema.online_model` holds the raw weights. */
function saysEma(path: string): boolean {
  const words = path
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
  const isTelling = (word: string) => emaWords.includes(word) || rawWords.includes(word);
  return emaWords.includes(words.filter(isTelling).at(-1) ?? '');
}

const shapeOf = (tensor: Tensor | undefined) => String(tensor?.shape);

function isSameNetwork(a: Raw, b: Raw): boolean {
  const names = [...a.tensors.keys()];
  const isSame = (name: string) => shapeOf(a.tensors.get(name)) === shapeOf(b.tensors.get(name));
  return a.tensors.size === b.tensors.size && names.every(isSame);
}

/** ermongroup/ddim saves a list of states, the average last. */
function listedEma(raws: readonly Raw[]): Raw[] {
  const indexOf = ({ path }: Raw) => (/^\d+(\.|$)/.test(path) ? Number.parseInt(path, 10) : -1);
  return raws.map((raw) => {
    const isLast = raws.some(
      (other) => indexOf(other) >= 0 && indexOf(other) < indexOf(raw) && isSameNetwork(other, raw),
    );
    return isLast ? { ...raw, isEma: true } : raw;
  });
}

/** A mean under the raw one's names without their dots, as CompVis' LitEma keeps it. */
function dotlessEma(all: Checkpoint, raw: Raw): Raw[] {
  const dotless = (name: string) => name.replaceAll('.', '');
  const last = dotless(raw.family.anchor);
  return [...all.keys()]
    .filter((name) => name.endsWith(last) && !name.endsWith(raw.family.anchor))
    .flatMap((name) => {
      const start = name.slice(0, -last.length);
      const twin = (of: string) => all.get(start + dotless(of));
      const entries = [...raw.tensors].map(([of, tensor]) => [of, tensor, twin(of)] as const);
      const isWhole = entries.every(([, tensor, mean]) => shapeOf(tensor) === shapeOf(mean));
      if (!isWhole) return [];
      const tensors = new Map(entries.map(([of, , mean]) => [of, mean!]));
      return [{ path: start.replace(/\.$/, ''), family: raw.family, tensors, isEma: true }];
    });
}

/** A mean as a list of parameters in the raw one's order, as torch_ema and score_sde keep it. */
function listEma(all: Checkpoint, raw: Raw): Raw[] {
  const starts = [...all.keys()]
    .filter((name) => /(^|\.)(shadow_params|ema_params|collected_params)\.0$/.test(name))
    .map((name) => name.slice(0, -1))
    .filter((start) => !start.includes('collected'));
  return starts.flatMap((start) => {
    const entries = [...raw.tensors].map(
      ([of, tensor], i) => [of, tensor, all.get(`${start}${i}`)] as const,
    );
    const isWhole =
      !all.has(`${start}${entries.length}`) &&
      entries.every(([, tensor, mean]) => shapeOf(tensor) === shapeOf(mean));
    if (!isWhole) return [];
    const tensors = new Map(entries.map(([of, , mean]) => [of, mean!]));
    return [{ path: start.slice(0, -1), family: raw.family, tensors, isEma: true }];
  });
}

/** Whole means first, of several the slowest; then raw weights, the largest first; then the rest. */
function rankOf(raws: readonly Raw[]): (raw: Raw) => readonly number[] {
  const trained = raws.filter(({ isEma }) => !isEma);
  return (raw) => {
    const isWhole = trained.length === 0 || trained.some((other) => isSameNetwork(other, raw));
    const decay = Number(/0\.\d+/.exec(raw.path)?.[0] ?? 0);
    const isMoment = /optim|moment|exp_avg|grad|adam/i.test(raw.path);
    return [
      isMoment ? 1 : 0,
      raw.isEma && isWhole ? 0 : raw.isEma ? 2 : 1,
      -decay,
      -raw.tensors.size,
    ];
  };
}

function ranked(raws: readonly Raw[]): Raw[] {
  const rank = rankOf(raws);
  const compare = (a: readonly number[], b: readonly number[]) =>
    a.map((value, i) => value - b[i]).find((difference) => difference !== 0) ?? 0;
  return [...raws].sort((a, b) => compare(rank(a), rank(b)));
}

function asFound({ path, family, tensors: inFile, isEma }: Raw): FoundNetwork {
  const names = new Set([...inFile.values()].map((tensor) => tensor.name));
  const tensors = new Map([...inFile].map(([name, tensor]) => [name, { ...tensor, name }]));
  const common = { path, isEma, names };
  if (family.name === 'ddim') {
    return { ...common, family: 'diffusers-unet2d', ...ddimAsUNet2D(tensors) };
  }
  const isClassifier =
    family.name === 'adm-unet' && ![...tensors.keys()].some((n) => n.startsWith('output_blocks.'));
  const name = isClassifier ? 'adm-classifier' : family.name;
  return { ...common, family: name, checkpoint: tensors, config: null };
}

/** Lists the networks of known families in a checkpoint without wrappers, the one to take first. */
export function networksIn(all: Checkpoint): FoundNetwork[] {
  const places = placesIn(all);
  const named = places.map((place) => ({
    ...place,
    tensors: tensorsAt(all, place, places),
    isEma: saysEma(place.path),
  }));
  const trained = named.filter(({ isEma }) => !isEma);
  const means = trained.flatMap((raw) => [...dotlessEma(all, raw), ...listEma(all, raw)]);
  return ranked(listedEma([...named, ...means])).map(asFound);
}

/** Which weights of a file: its mean, those in training, or those at a path. */
export type WeightsWish = 'ema' | 'raw' | (string & {});

/**
 * Picks the network asked for; the first one where nothing is asked.
 * Throws: CheckpointError where there is none of that kind.
 */
export function chosenNetwork(
  found: readonly FoundNetwork[],
  wish: WeightsWish | null,
): FoundNetwork | undefined {
  if (wish === null || found.length === 0) return found[0];
  const isWished = ({ path, isEma }: FoundNetwork) =>
    path === wish || (wish === 'ema' && isEma) || (wish === 'raw' && !isEma);
  const chosen = found.find(isWished);
  if (chosen) return chosen;
  const paths = found.map(({ path, isEma }) => `"${path}"${isEma ? ' (EMA)' : ''}`).join(', ');
  throw new CheckpointError(
    `There are no weights "${wish}" in the checkpoint, only ${paths}; choose one.`,
  );
}

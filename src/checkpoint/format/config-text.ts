/** Settings of a network as text: JSON, YAML, or the flags of a script's command line. */
import { CheckpointError } from '../checkpoint.js';

const flag = /--([A-Za-z]\w*)[=\s]+("[^"]*"|'[^']*'|-?[^\s"'\\-][^\s"'\\]*)/g;

function flagValue(text: string): string | number | boolean {
  const bare = text.replace(/^["']|["']$/g, '');
  if (/^(true|false)$/i.test(bare)) return /^t/i.test(bare);
  return /^-?(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(bare) ? Number(bare) : bare;
}

/** `--image_size 64 --learn_sigma True`, also inside shell variables; null with fewer than two. */
export function parseFlags(text: string): Record<string, unknown> | null {
  const flags = [...text.matchAll(flag)].map(([, key, value]) => [key, flagValue(value)] as const);
  return flags.length < 2 ? null : Object.fromEntries(flags);
}

/** YAML 1.2, so that `32,16,8` is text. Aliases are counted; tags of Python are passed over. */
async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  return parse(text, { logLevel: 'error', maxAliasCount: 100 });
}

/** JSON as Python writes it: schedulers of DPM-Solver hold an infinity. */
function parseJson(text: string): unknown {
  return JSON.parse(text.replace(/([:[,]\s*)(-?Infinity|NaN)(?=\s*[,\]}])/g, '$1null'));
}

/**
 * Reads settings, whatever they are written in.
 * Throws: CheckpointError naming the file where they are none.
 */
export async function parseConfigText(text: string, name: string): Promise<unknown> {
  const isJson = /^\s*[{[]/.test(text);
  try {
    if (isJson) return parseJson(text);
    const flags = parseFlags(text);
    if (flags) return flags;
    const yaml = await parseYaml(text);
    if (typeof yaml === 'object' && yaml !== null) return yaml;
  } catch (cause) {
    const detail = isJson ? 'is not JSON' : 'is neither JSON nor YAML';
    throw new CheckpointError(`${name} ${detail}; download it again, or correct it.`, { cause });
  }
  throw new CheckpointError(`${name} holds no settings; download it again, or correct it.`);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sections of a trainer's config that belong to something else than the network. */
const otherSections =
  /optim|lr_|classifier|first_stage|cond_stage|discrim|loss|data(_?loader|set)|callback|logger|trainer|vae/i;
const maxDepth = 6;

function sectionsOf(json: Record<string, unknown>, depth = 0): Record<string, unknown>[] {
  if (depth > maxDepth) return [];
  const below = Object.entries(json).filter(
    (entry): entry is [string, Record<string, unknown>] =>
      isRecord(entry[1]) && !otherSections.test(entry[0]),
  );
  return [json, ...below.flatMap(([, section]) => sectionsOf(section, depth + 1))];
}

/**
 * Finds a network's own settings in a trainer's config: the section of a UNet2DModel, or else all
 * plain values, the outer ones first. A config that is one already stays as it is.
 */
export function networkSettings(json: unknown): unknown {
  if (!isRecord(json) || isRecord(json.args) || Object.hasOwn(json, 'constructor')) return json;
  const sections = sectionsOf(json);
  const isUNet2D = (section: object) =>
    'block_out_channels' in section || ('_class_name' in section && 'sample_size' in section);
  const unet2d = sections.find(isUNet2D);
  if (unet2d || '_class_name' in json || sections.length === 1) return unet2d ?? json;
  const isPlain = ([, value]: readonly [string, unknown]) => !isRecord(value);
  return Object.fromEntries(
    sections.reverse().flatMap((section) => Object.entries(section).filter(isPlain)),
  );
}

/** What is no text is left as it is, for the schema to refuse. */
const renamed = (name: unknown, names: Readonly<Record<string, string>>): unknown =>
  typeof name === 'string' ? (names[name] ?? name) : name;

/** What other codes call the settings of a DDPM, in the words of a `scheduler_config.json`. */
export function scheduleIn(settings: unknown): object | null {
  if (!isRecord(settings)) return null;
  const s = settings;
  if (typeof s.num_diffusion_timesteps === 'number') {
    return {
      num_train_timesteps: s.num_diffusion_timesteps,
      beta_schedule: renamed(s.beta_schedule ?? 'linear', { quad: 'scaled_linear' }),
      beta_start: s.beta_start,
      beta_end: s.beta_end,
      variance_type: s.var_type === 'fixedlarge' ? 'fixed_large' : 'fixed_small',
    };
  }
  if (typeof s.linear_start === 'number' && typeof s.timesteps === 'number') {
    // What CompVis calls linear is even in the square root of beta.
    const schedules = {
      linear: 'scaled_linear',
      sqrt_linear: 'linear',
      cosine: 'squaredcos_cap_v2',
    };
    return {
      num_train_timesteps: s.timesteps,
      beta_schedule: renamed(s.beta_schedule ?? 'linear', schedules),
      beta_start: s.linear_start,
      beta_end: s.linear_end,
      prediction_type: s.parameterization === 'x0' ? 'sample' : 'epsilon',
    };
  }
  return null;
}

/**
 * The U-Net of ermongroup/ddim, SDEdit and pesser/pytorch_diffusion: diffusers' UNet2DModel under
 * other names. Its config follows from its shapes, but for the size it was trained at.
 * Source: ermongroup/ddim, models/diffusion.py.
 */
import { reshaped, type Checkpoint, type Tensor } from '../checkpoint.js';

/** Numbers one more than the highest N of names that begin with `start` and N. */
function countOf(names: readonly string[], start: string): number {
  const indices = names
    .filter((name) => name.startsWith(start))
    .map((name) => Number.parseInt(name.slice(start.length), 10));
  return Math.min(64, Math.max(-1, ...indices.filter(Number.isInteger)) + 1);
}

const resnetNames: readonly (readonly [string, string])[] = [
  ['temb_proj', 'time_emb_proj'],
  ['nin_shortcut', 'conv_shortcut'],
];
const attentionNames: readonly (readonly [string, string])[] = [
  ['norm.', 'group_norm.'],
  ['q.', 'to_q.'],
  ['k.', 'to_k.'],
  ['v.', 'to_v.'],
  ['proj_out.', 'to_out.0.'],
];

function replaced(text: string, pairs: readonly (readonly [string, string])[]): string {
  const found = pairs.find(([from]) => text.startsWith(from));
  return found ? found[1] + text.slice(found[0].length) : text;
}

/** `block.1.conv1.weight` to `resnets.1.conv1.weight`, and so on; levels count from the top. */
function levelName(rest: string): string {
  const [, kind, index, last] = /^(block|attn)\.(\d+)\.(.*)$/.exec(rest) ?? [];
  if (kind === 'block') return `resnets.${index}.${replaced(last, resnetNames)}`;
  if (kind === 'attn') return `attentions.${index}.${replaced(last, attentionNames)}`;
  return rest.replace(/^downsample\./, 'downsamplers.0.').replace(/^upsample\./, 'upsamplers.0.');
}

function newName(name: string, levels: number): string {
  const [top, ...parts] = name.split('.') as [string, ...string[]];
  const rest = parts.join('.');
  const [level, below] = [Number(parts[0]), parts.slice(1).join('.')];
  switch (top) {
    case 'temb':
      return `time_embedding.${rest.replace('dense.0', 'linear_1').replace('dense.1', 'linear_2')}`;
    case 'norm_out':
      return `conv_norm_out.${rest}`;
    case 'down':
      return `down_blocks.${level}.${levelName(below)}`;
    case 'up':
      return `up_blocks.${levels - 1 - level}.${levelName(below)}`;
    case 'mid':
      return `mid_block.${levelName(rest.replace(/^(block|attn)_(\d)/, (_, kind, i) => `${kind}.${i - 1}`))}`;
  }
  return name;
}

/** Attention over pixels by 1x1 convolutions is the same as by Linear layers. */
function asLinear(name: string, tensor: Tensor): Tensor {
  const [rows, columns, ...kernel] = tensor.shape;
  const isPointwise = /\.(to_[qkv]|to_out\.0)\.weight$/.test(name) && kernel.join() === '1,1';
  return { ...(isPointwise ? reshaped(tensor, [rows, columns]) : tensor), name };
}

function configOf(checkpoint: Checkpoint, levels: number): object {
  const names = [...checkpoint.keys()];
  const rows = (name: string) => checkpoint.get(name)?.shape[0] ?? 0;
  const width = (level: number) => rows(`down.${level}.block.0.conv1.weight`);
  const range = Array.from({ length: levels }, (_, level) => level);
  const hasAttention = (level: number) => checkpoint.has(`down.${level}.attn.0.q.weight`);
  return {
    _class_name: 'UNet2DModel',
    in_channels: checkpoint.get('conv_in.weight')?.shape[1] ?? 0,
    out_channels: rows('conv_out.weight'),
    block_out_channels: range.map(width),
    down_block_types: range.map((i) => (hasAttention(i) ? 'AttnDownBlock2D' : 'DownBlock2D')),
    up_block_types: range.map((i) =>
      hasAttention(levels - 1 - i) ? 'AttnUpBlock2D' : 'UpBlock2D',
    ),
    layers_per_block: countOf(names, 'down.0.block.'),
    downsample_padding: 0,
    flip_sin_to_cos: false,
    freq_shift: 1,
    norm_eps: 1e-6,
    attention_head_dim: null,
    add_attention: checkpoint.has('mid.attn_1.q.weight'),
    ...sizeOf(range.find(hasAttention)),
  };
}

/** All published ones have their attention at 16 pixels, which tells the size of the whole. */
function sizeOf(attentionLevel: number | undefined): object {
  return attentionLevel === undefined ? {} : { sample_size: 16 * 2 ** attentionLevel };
}

/** Names and config as a UNet2DModel's. */
export function ddimAsUNet2D(checkpoint: Checkpoint): {
  readonly checkpoint: Checkpoint;
  readonly config: object;
} {
  const levels = countOf([...checkpoint.keys()], 'down.');
  const renamed = [...checkpoint].map(([name, tensor]) => {
    const to = newName(name, levels);
    return [to, asLinear(to, tensor)] as const;
  });
  return { checkpoint: new Map(renamed), config: configOf(checkpoint, levels) };
}

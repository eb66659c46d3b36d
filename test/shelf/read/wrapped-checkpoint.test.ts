/** Checkpoints as trainers leave them: EMA beside raw weights, prefixes, folders, configs of other codes. */
import { describe, expect, it } from 'vitest';
import { elementCount } from '../../../src/checkpoint/checkpoint.js';
import { parseAdmUNetConfig } from '../../../src/checkpoint/networks/adm-config.js';
import { admUNet } from '../../../src/checkpoint/networks/adm-unet.js';
import { parseUNet2DConfig } from '../../../src/checkpoint/networks/unet2d-config.js';
import { unet2d } from '../../../src/checkpoint/networks/unet2d.js';
import { networksIn, withoutWrappers } from '../../../src/checkpoint/found-networks.js';
import { describeModel } from '../../../src/shelf/read/describe-model.js';
import { identify, type IdentifyOptions } from '../../../src/shelf/read/identify.js';
import { openShards } from '../../../src/shelf/read/open-weights.js';
import { hashWeights, type SourceFile } from '../../../src/shelf/read/source-file.js';
import { floats, pickle, tensor, torchStream, torchZip } from '../../checkpoint/torch-files.js';
import { createHasher, json, named, text } from '../files.js';
import { hollowCheckpoint, shapesOf } from './hollow-checkpoint.js';

const { dict, int, list, text: key } = pickle;
type Bytes = readonly number[];

const adm = {
  image_size: 32,
  num_channels: 32,
  num_res_blocks: 1,
  num_head_channels: 16,
  attention_resolutions: '16',
  channel_mult: '1,1',
  learn_sigma: true,
  resblock_updown: true,
  use_scale_shift_norm: true,
  diffusion_steps: 1000,
  noise_schedule: 'linear',
};
const shapes = [...shapesOf((weights) => admUNet(weights, parseAdmUNetConfig(adm)))];
const largest = Math.max(...shapes.map(([, shape]) => elementCount(shape)));

const strides = (shape: readonly number[]) => shape.map((_, i) => elementCount(shape.slice(i + 1)));

/** The network's tensors, all of the value that its storage holds: raw ones 7, a mean 1. */
const weights = (storage: 'raw' | 'ema', rename = (name: string) => name): Bytes[] =>
  shapes.flatMap(([name, shape]) => [
    key(rename(name)),
    tensor({ key: storage, elements: largest, shape, strides: strides(shape) }),
  ]);
const raw = dict(...weights('raw'));
const ema = dict(...weights('ema'));
const scalar = tensor({ key: 'raw', elements: largest, shape: [], strides: [] });
const storages = {
  raw: floats(...Array<number>(largest).fill(7)),
  ema: floats(...Array<number>(largest).fill(1)),
};
const file = (object: Bytes, name = 'm.pt') => named(name, torchZip(object, storages));
const settings = (name: string, value: object) => json(name, value);
const config = settings('config.json', adm);

/** Where the weights were found, the value they have, and what was left. */
async function taken(files: readonly SourceFile[], options?: IdentifyOptions) {
  const found = await identify(files, null, options);
  expect(found.questions).toEqual([]);
  const all = withoutWrappers(await openShards([found.weights, ...found.shards]));
  const network = networksIn(all).find(({ path }) => path === found.weightsPath)!;
  const first = await network.checkpoint.get('time_embed.0.weight')!.values();
  return { path: found.weightsPath, value: first[0], left: found.findings.left };
}

describe('weights that lie beside other things', () => {
  it.each<[string, Bytes, string]>([
    ['ema', dict(key('model'), raw, key('ema'), ema, key('step'), int(3)), 'ema'],
    ['model_ema alone', dict(key('model_ema'), ema), 'model_ema'],
    ['ema_state_dict', dict(key('state_dict'), raw, key('ema_state_dict'), ema), 'ema_state_dict'],
    ['params_ema', dict(key('params'), raw, key('params_ema'), ema), 'params_ema'],
    ['ema.module', dict(key('model'), raw, key('ema'), dict(key('module'), ema)), 'ema.module'],
    [
      'the slower of two means',
      dict(key('model'), raw, key('ema_0.9'), raw, key('ema_0.9999'), ema),
      'ema_0.9999',
    ],
    ['the last of a list of states', list(raw, dict(key('lr'), int(1)), int(3), ema), '3'],
    [
      'an online and a mean model',
      dict(
        ...weights('raw', (name) => `ema_model.online_model.${name}`),
        ...weights('ema', (name) => `ema_model.ema_model.${name}`),
      ),
      'ema_model.ema_model',
    ],
    [
      'names without their dots',
      dict(
        ...weights('raw', (name) => `model.diffusion_model.${name}`),
        ...weights('ema', (name) => `model_ema.diffusion_model${name.replaceAll('.', '')}`),
      ),
      'model_ema.diffusion_model',
    ],
    [
      'a list of parameters',
      dict(
        key('model'),
        raw,
        key('ema'),
        dict(key('shadow_params'), list(...weights('ema').filter((_, i) => i % 2))),
      ),
      'ema.shadow_params',
    ],
  ])('are the running mean where there is one: %s', async (_, object, path) => {
    expect(await taken([file(object), config])).toMatchObject({ path, value: 1 });
  });

  it('are the raw ones where that is asked for, or where the mean is not whole', async () => {
    const both = [file(dict(key('model'), raw, key('ema'), ema)), config];
    const wish = (which: string) => taken(both, { weights: which });
    expect(await wish('raw')).toMatchObject({ path: 'model', value: 7 });
    expect(await wish('model')).toMatchObject({ path: 'model', value: 7 });
    await expect(wish('emma')).rejects.toThrow(/no weights "emma".*"ema" \(EMA\), "model"/);
    const half = dict(...weights('ema').slice(0, 8));
    const torn = [file(dict(key('model'), raw, key('ema'), half)), config];
    expect(await taken(torn)).toMatchObject({ path: 'model', value: 7 });
  });

  it.each<[string, Bytes, string, readonly string[]]>([
    ['a step', dict(key('model'), raw, key('step'), scalar), 'model', ['step (1 tensor)']],
    ['a step among them', dict(...weights('raw'), key('step'), scalar), '', ['step (1 tensor)']],
    [
      'an optimiser',
      dict(key('net'), raw, key('optim'), dict(key('0'), dict(key('exp_avg'), scalar))),
      'net',
      ['optim (1 tensor)'],
    ],
    [
      "Lightning's states",
      dict(
        key('state_dict'),
        dict(...weights('raw', (name) => `model.${name}`), key('betas'), scalar),
        key('callbacks'),
        dict(key('best'), scalar),
      ),
      'state_dict.model',
      ['state_dict.betas (1 tensor)', 'callbacks (1 tensor)'],
    ],
  ])('are found beside %s, which is left', async (_, object, path, left) => {
    expect(await taken([file(object), config])).toEqual({ path, value: 7, left });
  });

  it.each([
    'model.',
    'module.model.',
    '_orig_mod.module.',
    'model._orig_mod.',
    'denoise_fn.',
    'diffusion_model.',
    'unet.',
    'any.thing.',
  ])('are found under the prefix %s', async (prefix) => {
    const object = dict(...weights('raw', (name) => prefix + name));
    expect(await taken([file(object), config])).toMatchObject({ value: 7, left: [] });
  });

  it('are read from the old stream with an optimiser of another type beside them', async () => {
    const view = { shape: [1], strides: [1], elements: 2 } as const;
    const wide = tensor({ ...view, key: 'wide', storage: 'DoubleStorage' });
    const stream = torchStream(dict(key('optim'), wide, key('model'), ema), [
      ['ema', storages.ema],
      ['wide', floats(0, 0)],
    ]);
    // The writer counts elements of 4 bytes; the last storage has 2 of 8.
    const bytes = Uint8Array.from([...stream, ...floats(0, 0)]);
    await expect(taken([named('m.pt', bytes), config])).resolves.toMatchObject({ value: 1 });
  });
});

describe('configs of other codes', () => {
  const object = file(raw);
  /** Its card, from weights and whatever says their settings. */
  async function cardOf(files: readonly SourceFile[]) {
    const found = await identify(files, null);
    const checkpoint = await hashWeights(found, { createHasher });
    return describeModel(found, { id: 'm', words: found.words, checkpoint });
  }

  it.each<[string, SourceFile]>([
    ['attention as a number', settings('config.json', { ...adm, attention_resolutions: 16 })],
    ['attention as a list', settings('config.json', { ...adm, attention_resolutions: [16] })],
    [
      "RePaint's YAML, with its other keys",
      text(
        'face_example.yml',
        `${Object.entries(adm)
          .map(([name, value]) => `${name}: ${value}`)
          .join('\n')}
classifier_scale: 4.0
classifier_width: 128
num_heads_upsample: -1
timestep_respacing: '250'
schedule_jump_params:
  t_T: 250
  jump_length: 10
data:
  eval:
    paper_face_mask:
      mask_loader: true
      image_size: 256
      class_cond: false
`,
      ),
    ],
    [
      'flags of a command line',
      text(
        'flags.txt',
        `MODEL_FLAGS="${Object.entries(adm)
          .map(([name, value]) => `--${name} ${value === true ? 'True' : value}`)
          .join(' ')}"`,
      ),
    ],
    [
      'a section of a larger file',
      text('run.yaml', `train:\n  lr: 1\nmodel: ${JSON.stringify(adm)}`),
    ],
    [
      "the constructor's own arguments",
      settings('config.json', {
        model: {
          params: {
            unet_config: {
              params: {
                image_size: 32,
                model_channels: 32,
                out_channels: 6,
                num_res_blocks: 1,
                attention_resolutions: [2],
                channel_mult: [1, 1],
                num_head_channels: 16,
                resblock_updown: true,
                use_scale_shift_norm: true,
              },
            },
          },
        },
      }),
    ],
  ])('are read: %s', async (_, given) => {
    const card = await cardOf([object, given]);
    expect(card.network).toMatchObject({ nativeSize: 32, outChannels: 6 });
    expect(card.diffusion).toMatchObject({ betaSchedule: 'linear', numTrainTimesteps: 1000 });
  });

  it("are improved-diffusion's flags: its usual levels at 32 pixels, its told timesteps", async () => {
    const flags = {
      image_size: 32,
      num_channels: 32,
      num_res_blocks: 1,
      learn_sigma: true,
      diffusion_steps: 4000,
      noise_schedule: 'cosine',
    };
    const build = (w: Parameters<typeof admUNet>[0]) => admUNet(w, parseAdmUNetConfig(flags));
    const tiny = { name: 'cifar10.pt', source: hollowCheckpoint(build) };
    const { diffusion, network } = await cardOf([tiny, settings('config.json', flags)]);
    expect(network.sizeMultiple).toBe(8);
    expect(diffusion).toMatchObject({ rescaleTimesteps: true, numTrainTimesteps: 4000 });
    const told = { ...flags, rescale_timesteps: false };
    const plain = await cardOf([tiny, settings('config.json', told)]);
    expect(plain.diffusion.rescaleTimesteps).toBeUndefined();
  });

  it('are refused by their own name where they cannot be read', async () => {
    const broken = text('face_example.yml', 'a: [1');
    await expect(identify([object, broken], null)).rejects.toThrow(
      /^face_example.yml is neither JSON nor YAML/,
    );
  });
});

const unet = {
  _class_name: 'UNet2DModel',
  sample_size: 32,
  block_out_channels: [32, 32],
  down_block_types: ['DownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'UpBlock2D'],
  layers_per_block: 1,
};
const hub = (name: string, change: object = {}): SourceFile => ({
  name,
  source: hollowCheckpoint((w) => unet2d(w, parseUNet2DConfig({ ...unet, ...change }))),
});
const ddpm = { _class_name: 'DDPMScheduler', num_train_timesteps: 1000 };
const pipeline = (weightsFile = hub('p/unet/diffusion_pytorch_model.safetensors')) => [
  weightsFile,
  settings('p/unet/config.json', unet),
  settings('p/scheduler/scheduler_config.json', ddpm),
  settings('p/model_index.json', {
    _class_name: 'DDPMPipeline',
    unet: ['diffusers', 'UNet2DModel'],
  }),
];

describe("diffusers' folders", () => {
  it('are read as save_pretrained leaves them', async () => {
    const found = await identify(pipeline(), null);
    expect(found).toMatchObject({ questions: [], nativeSize: 32 });
    expect(found.findings).toMatchObject({
      config: { kind: 'file', name: 'p/unet/config.json' },
      schedule: { kind: 'file', name: 'p/scheduler/scheduler_config.json' },
      left: [],
    });
  });

  it('have one variant taken, in full precision, of the running mean', async () => {
    const files = [
      ...pipeline(),
      hub('p/unet/diffusion_pytorch_model.fp16.safetensors'),
      hub('p/unet_ema/diffusion_pytorch_model.safetensors'),
      settings('p/unet_ema/config.json', unet),
      hub('p/checkpoint-500/unet/diffusion_pytorch_model.safetensors'),
      text('p/checkpoint-500/optimizer.bin', 'x'),
      text('p/samples/0.png', 'x'),
    ];
    const found = await identify(files, null);
    expect(found.weights.name).toBe('p/unet_ema/diffusion_pytorch_model.safetensors');
    expect(found.findings.left).toContain('p/checkpoint-500/optimizer.bin');
    const asRaw = await identify(files, null, { weights: 'raw' });
    expect(asRaw.weights.name).toBe('p/unet/diffusion_pytorch_model.safetensors');
  });

  it('have their shards put together, and those that are missing named', async () => {
    const at = (i: number) => `p/unet/diffusion_pytorch_model-0000${i}-of-00002.safetensors`;
    const whole = pipeline(hub(at(1)));
    const { questions } = await identify(whole, null);
    expect(questions).toEqual([
      { kind: 'missingFiles', names: ['diffusion_pytorch_model-00002-of-00002.safetensors'] },
    ]);
    await expect(identify([...whole, hub(at(2))], null)).rejects.toThrow(
      /tensors of the same names/,
    );
  });

  it.each(['DDIMScheduler', 'EulerDiscreteScheduler', 'DPMSolverMultistepScheduler'])(
    'have the betas of a %s taken, infinities and all',
    async (_class_name) => {
      const scheduler = text(
        'p/scheduler/scheduler_config.json',
        `{"_class_name": "${_class_name}", "beta_start": 0.0002, "variance_type": null, "lambda_min_clipped": -Infinity}`,
      );
      const [net, unetConfig] = pipeline();
      const found = await identify([net, unetConfig, scheduler], null);
      const checkpoint = { path: 'm', sizeBytes: 1, sha256: '0'.repeat(64) };
      const card = await describeModel(found, { id: 'm', words: found.words, checkpoint });
      expect(card.diffusion).toMatchObject({ betaStart: 0.0002, varianceType: 'fixed_small' });
    },
  );
});

describe('a network that cannot fill is called by its name:', () => {
  const edm = named('e.pkl', Uint8Array.from([0x80, 4, ...Buffer.from('torch_utils.persistence')]));
  const only = (...names: readonly string[]) =>
    file(dict(...names.flatMap((name) => [key(name), scalar])));
  it.each<[string, readonly SourceFile[], RegExp]>([
    ['Stable Diffusion', [only('cond_stage_model.w', 'model.x')], /Stable Diffusion checkpoint/],
    [
      'latent diffusion with a known network',
      [
        file(
          dict(
            ...weights('raw', (n) => `model.diffusion_model.${n}`),
            key('first_stage_model.w'),
            scalar,
          ),
        ),
        config,
      ],
      /latent diffusion checkpoint/,
    ],
    ['a vae beside', [...pipeline(), text('p/vae/config.json', '{}')], /pipeline with a vae/],
    [
      'a pipeline that names one',
      [
        ...pipeline().slice(0, 3),
        settings('p/model_index.json', { vqvae: ['diffusers', 'VQModel'] }),
      ],
      /pipeline with a vqvae/,
    ],
    ['4 channels', pipeline(hub('p/unet/m.safetensors', { in_channels: 4 })), /over 4 channels/],
    ['cross-attention', [only('down_blocks.0.attn2.to_k.weight')], /cross-attention/],
    ['DiT', [only('blocks.0.adaLN_modulation.1.weight')], /\(DiT\)/],
    ['NCSN++', [only('module.all_modules.0.weight')], /score_sde/],
    ['EDM', [only('model.map_layer0.weight')], /EDM/],
    ['an EDM pickle', [edm], /pickle with source code inside/],
    ['lucidrains', [only('model.init_conv.weight')], /lucidrains/],
    ['another', [only('fc.weight')], /holds no network that is known here/],
  ])('%s', async (_, files, sentence) => {
    const failure = identify(files, null);
    await expect(failure).rejects.toMatchObject({ code: 'modelUnusable' });
    await expect(failure).rejects.toThrow(sentence);
  });

  it('an upsampler, by its 6 channels', async () => {
    const args = { ...parseAdmUNetConfig(adm), in_channels: 6 };
    const source = hollowCheckpoint((w) => admUNet(w, args));
    const failure = identify([{ name: '64_256_upsampler.pt', source }], null);
    await expect(failure).rejects.toThrow(/upsampler/);
  });

  it('without what a terminal would obey', async () => {
    const failure = identify([only('\u001b[2J\u202efc.weight')], null);
    await expect(failure).rejects.toThrow(/first weight is \ufffd\[2J\ufffdfc/);
  });
});

describe("ermongroup/ddim's network", () => {
  const config = {
    sample_size: 32,
    block_out_channels: [32, 64],
    down_block_types: ['DownBlock2D', 'AttnDownBlock2D'],
    up_block_types: ['AttnUpBlock2D', 'UpBlock2D'],
    layers_per_block: 2,
    attention_head_dim: null,
    norm_eps: 1e-6,
  };
  /** UNet2DModel's names as models/diffusion.py of ermongroup/ddim has them. */
  const ddimName = (name: string) =>
    name
      .replace(/^time_embedding\.linear_(\d)/, (_, i: string) => `temb.dense.${Number(i) - 1}`)
      .replace('conv_norm_out', 'norm_out')
      .replace(/^down_blocks\./, 'down.')
      .replace(/^up_blocks\.(\d)/, (_, i: string) => `up.${1 - Number(i)}`)
      .replace(
        /^mid_block\.(resnets|attentions)\.(\d)/,
        (_, kind: string, i: string) =>
          `mid.${kind === 'resnets' ? 'block' : 'attn'}_${Number(i) + 1}`,
      )
      .replace('.resnets.', '.block.')
      .replace('.attentions.', '.attn.')
      .replace('time_emb_proj', 'temb_proj')
      .replace('conv_shortcut', 'nin_shortcut')
      .replace('samplers.0.', 'sample.')
      .replace('group_norm', 'norm')
      .replace(/\.to_([qkv])\./, '.$1.')
      .replace('to_out.0', 'proj_out');
  const build = (w: Parameters<typeof unet2d>[0]) => unet2d(w, parseUNet2DConfig(config));
  const asDdim = {
    name: 'model-790000.ckpt',
    source: hollowCheckpoint(build, 'F32', (name, shape) => {
      const renamed = ddimName(name);
      const isPointwise = /\.attn.*\.(q|k|v|proj_out)\.weight$/.test(renamed);
      return [renamed, isPointwise ? [...shape, 1, 1] : shape];
    }),
  };

  it('is a UNet2DModel under other names, with all but its size in its shapes', async () => {
    const found = await identify([asDdim], null);
    expect(found).toMatchObject({ questions: [], nativeSize: 32 });
    expect(found.findings).toMatchObject({
      network: 'Model (ermongroup/ddim)',
      config: { kind: 'weights' },
      schedule: { kind: 'usual' },
    });
    expect(found.config).toMatchObject({ ...config, downsample_padding: 0, freq_shift: 1 });
  });

  it('takes size and betas from the YAML of that code', async () => {
    const yml = text(
      'celeba.yml',
      'data:\n  image_size: 64\nmodel:\n  ch: 32\n  ch_mult: [1, 2]\n  var_type: fixedlarge\ndiffusion:\n' +
        '  beta_schedule: quad\n  beta_start: 0.0001\n  beta_end: 0.02\n  num_diffusion_timesteps: 1000\n',
    );
    const found = await identify([asDdim, yml], null);
    expect(found.nativeSize).toBe(64);
    expect(found.scheduler).toMatchObject({
      beta_schedule: 'scaled_linear',
      variance_type: 'fixed_large',
    });
  });
});

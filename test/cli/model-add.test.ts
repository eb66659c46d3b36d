/** Adding published checkpoints as model folders: described, tested on photos, or refused. */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addModel, type AddedModel, type AddOptions } from '../../src/cli/model-add.js';
import type { ModelParts } from '../../src/cli/model-files.js';
import { buildModel, readModelCard, shippedFolder } from '../../src/cli/model-build.js';
import { modelFolder } from '../checkpoint/fixture-folders.js';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const garden = modelFolder('garden-64');
const gardenFile = path.join(garden, 'diffusion_pytorch_model.fp16.safetensors');
/** Where any network will do. */
const smallFile = path.join(fixtures, 'adm-unet/class-cond-1000/checkpoint-legacy.pt');

let out: string;
beforeEach(() => {
  out = mkdtempSync(path.join(tmpdir(), 'models-'));
});
afterEach(() => rmSync(out, { recursive: true }));

/** What the store has of the model called so. */
const addedOnnx = (id: string) => readFileSync(path.join(out, `added-${id}`, 'model.onnx'));
const cardOf = ({ model }: AddedModel) => model.manifest.card;

function sources(file: string, more: Partial<ModelParts> = {}): ModelParts {
  return { file, ...more };
}

function options(isTested: boolean): AddOptions {
  const words = { name: 'New', licence: undefined, trainingData: undefined };
  return { folder: out, id: 'new', words, isTested };
}

/** Writes a changed copy of the shipped model's config. */
function changedConfig(change: object): string {
  const json: unknown = JSON.parse(readFileSync(path.join(garden, 'config.json'), 'utf8'));
  const file = path.join(out, 'config.json');
  writeFileSync(file, JSON.stringify({ ...(json as object), ...change }));
  return file;
}

describe('adding a model', () => {
  it('describes the shipped checkpoint without its card as the card does, and finds that it works', async () => {
    const bare = path.join(out, 'bare');
    for (const name of ['config.json', 'scheduler_config.json', path.basename(gardenFile)]) {
      cpSync(path.join(garden, name), path.join(bare, name));
    }
    const file = path.join(bare, path.basename(gardenFile));
    const added = await addModel(sources(file), options(true));
    const { selfTest } = added;
    const card = cardOf(added);
    const shipped = await readModelCard(garden);
    expect(card.network).toEqual(shipped.network);
    expect(card.diffusion).toEqual(shipped.diffusion);
    expect(card.checkpoint).toEqual(shipped.checkpoint);
    expect(card.classes).toHaveLength(7);
    expect(selfTest).toHaveLength(2);
    for (const { missed, allowed } of selfTest) expect(missed).toBeLessThan(allowed);
    const shippedOnnx = readFileSync(path.join(await shippedFolder('garden-64'), 'model.onnx'));
    expect(addedOnnx('new').equals(shippedOnnx)).toBe(true);
  });

  it('takes over what a card beside the checkpoint says', async () => {
    const card = cardOf(await addModel(sources(gardenFile), options(false)));
    const { id, name, ...shipped } = await readModelCard(garden);
    expect(card).toEqual({ ...shipped, id: 'new', name: 'New' });
    expect([id, name]).toEqual(['garden-64', 'Garden 64']);
  });

  it.each([
    ['sines and cosines swapped', { flip_sin_to_cos: false }],
    ['inputs taken for 0..1', { center_input_sample: true }],
  ])('notices a config that fits the weights but is wrong: %s', async (_, change) => {
    const wrong = sources(gardenFile, { config: changedConfig(change) });
    await expect(addModel(wrong, options(true))).rejects.toThrow(/config is probably wrong/);
    expect(readdirSync(out)).toEqual(['config.json']);
  });

  it('notices a wrong noise schedule', async () => {
    const scheduler = path.join(out, 'scheduler.json');
    writeFileSync(scheduler, JSON.stringify({ prediction_type: 'epsilon' }));
    const wrong = sources(gardenFile, { scheduler });
    await expect(addModel(wrong, options(true))).rejects.toThrow(/misses \d+ % of the noise/);
  });

  it("takes guided-diffusion's arguments for a torch checkpoint", async () => {
    const card = cardOf(await addModel(sources(smallFile), options(false)));
    expect(card.network).toMatchObject({
      family: 'adm-unet',
      outChannels: 6,
      nativeSize: 16,
      parameters: 335_302,
    });
    expect(card.diffusion).toMatchObject({ betaSchedule: 'linear', varianceType: 'learned_range' });
    expect(card.classes).toHaveLength(1000);
  });

  it('refuses random weights, which predict nothing', async () => {
    const file = path.join(fixtures, 'adm-unet/class-cond-1000/checkpoint.pt');
    await expect(addModel(sources(file), options(true))).rejects.toThrow(
      /config is probably wrong/,
    );
    expect(existsSync(path.join(out, 'added-new'))).toBe(false);
  });

  it('asks for what is missing', async () => {
    const lonely = path.join(out, 'lonely.pt');
    cpSync(path.join(fixtures, 'adm-unet/nonsquare/checkpoint.pt'), lonely);
    await expect(addModel(sources(lonely), options(false))).rejects.toThrow(/--config/);
    const hub = path.join(fixtures, 'hf/unet2d/resnet-resampling');
    const file = path.join(hub, 'diffusion_pytorch_model.safetensors');
    await expect(addModel(sources(file), options(false))).rejects.toThrow(/scheduler_config.json/);
  });

  it('adds an .onnx with its card, and finds that it works', async () => {
    const built = await shippedFolder('garden-64');
    const file = path.join(built, 'model.onnx');
    await expect(addModel(sources(file), options(false))).rejects.toThrow(/card.json.*--card/);
    const added = await addModel(
      sources(file, { card: path.join(garden, 'card.json') }),
      options(true),
    );
    const { selfTest } = added;
    const card = cardOf(added);
    const shipped = await readModelCard(garden);
    const { parameters } = card.network;
    expect(card.network).toEqual({ ...shipped.network, family: 'onnx', parameters });
    // A graph does not tell weights from constants: the 84 frequencies of the timestep count too.
    expect(parameters).toBe(shipped.network.parameters + 84);
    expect(card.diffusion).toEqual(shipped.diffusion);
    expect(selfTest).toHaveLength(2);
    expect(addedOnnx('new').equals(readFileSync(file))).toBe(true);
    const manifest = path.join(built, 'model.json');
    const again = await addModel(sources(file, { card: manifest }), { ...options(false), id: 'b' });
    expect(cardOf(again)).toEqual({ ...card, id: 'b' });
  });

  it('says in a sentence that ONNX Runtime cannot run an .onnx', async () => {
    const file = path.join(out, 'model.onnx');
    // An operator by a name that nobody has heard of.
    const bytes = readFileSync(path.join(await shippedFolder('garden-64'), 'model.onnx'));
    for (let at = bytes.indexOf('Conv'); at >= 0; at = bytes.indexOf('Conv', at)) bytes[at] = 0x4b;
    writeFileSync(file, bytes);
    const unknown = sources(file, { card: path.join(garden, 'card.json') });
    await expect(addModel(unknown, options(true))).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(/could not be loaded into ONNX Runtime: .*Konv/) as string,
    });
  });

  it('says what an id must be', async () => {
    const wrong = addModel(sources(gardenFile), { ...options(false), id: 'My_Model' });
    await expect(wrong).rejects.toThrow(
      'id: must be small letters and digits, in groups joined by single hyphens (my-model-2).',
    );
    expect(readdirSync(out)).toEqual([]);
  });

  it('takes nothing over from an addition that was killed', async () => {
    cpSync(path.join(garden, 'README.md'), path.join(out, 'added-new', 'left.bin'));
    await addModel(sources(smallFile), options(false));
    expect(readdirSync(path.join(out, 'added-new')).sort()).toEqual(['model.json', 'model.onnx']);
  });

  it('gives a second model of a name another id', async () => {
    await addModel(sources(smallFile), options(false));
    expect(cardOf(await addModel(sources(smallFile), options(false))).id).toBe('new-2');
  });

  it('adds once what is added twice at the same time', async () => {
    const both = [1, 2].map(() => addModel(sources(smallFile), options(false)));
    const results = await Promise.allSettled(both);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = results.find((result) => result.status === 'rejected');
    expect(refused?.reason).toMatchObject({ name: 'UsageError' });
    expect(readdirSync(out)).toEqual(['added-new']);
  });

  it('adds a pipeline by its folder, and loads the weights that were taken again', async () => {
    const pipeline = path.join(out, 'p');
    const weights = path.join(pipeline, 'unet', path.basename(gardenFile));
    cpSync(gardenFile, weights);
    cpSync(path.join(garden, 'config.json'), path.join(pipeline, 'unet/config.json'));
    const scheduler = 'scheduler_config.json';
    cpSync(path.join(garden, scheduler), path.join(pipeline, 'scheduler', scheduler));
    const byFolder = await addModel(sources(pipeline), { ...options(false), id: 'by-folder' });
    const byFile = await addModel(sources(weights), { ...options(false), id: 'by-file' });
    expect(cardOf(byFile).diffusion).toEqual(cardOf(byFolder).diffusion);
    expect(addedOnnx('by-folder').equals(addedOnnx('by-file'))).toBe(true);
    await expect(addModel(sources(path.join(out, 'none')), options(false))).rejects.toThrow(
      /no file or folder/,
    );
  });

  it('opens an .onnx among 1,500 other files', async () => {
    const built = path.join(out, 'built');
    const file = path.join(built, 'model.onnx');
    cpSync(path.join(await shippedFolder('garden-64'), 'model.onnx'), file);
    for (let i = 0; i < 1500; i++) writeFileSync(path.join(built, `photo-${i}.jpg`), 'x');
    const card = path.join(garden, 'card.json');
    await addModel(sources(file, { card }), options(false));
    expect(readdirSync(path.join(out, 'added-new')).sort()).toEqual(['model.json', 'model.onnx']);
  });

  it.each([
    ['nativeSize', { network: { nativeSize: 1e9 } }],
    ['nullClassLabel', { nullClassLabel: 3e8 }],
    ['classes', { classes: [{ label: 1e9, name: 'a' }] }],
    ['name', { name: 'x'.repeat(1e5) }],
  ])('refuses a card with an absurd %s', async (field, card) => {
    const file = path.join(out, 'hostile.json');
    writeFileSync(file, JSON.stringify(card));
    const failure = addModel(sources(gardenFile, { card: file }), options(false));
    await expect(failure).rejects.toThrow(new RegExp(`not a model card: .*${field}.*Too big`));
  });

  it('reads no checkpoint outside the folder of its card', async () => {
    const card = JSON.parse(readFileSync(path.join(garden, 'card.json'), 'utf8')) as {
      checkpoint: { path: string };
    };
    card.checkpoint.path = `../${path.basename(gardenFile)}`;
    writeFileSync(path.join(out, 'card.json'), JSON.stringify(card));
    await expect(buildModel(out, path.join(out, 'built'))).rejects.toThrow(
      /checkpoint.path: must be a name in the same folder/,
    );
  });

  it('refuses a preset of another network', async () => {
    const file = path.join(fixtures, 'adm-unet/nonsquare/checkpoint.pt');
    const wrong = sources(file, { preset: 'repaint-celeba256' });
    await expect(addModel(wrong, options(false))).rejects.toThrow(/should be \[1024,256\]/);
  });
});

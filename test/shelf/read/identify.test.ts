/** What files given together turn out to be, and what is asked where they do not say. */
import { describe, expect, it } from 'vitest';
import { knownCheckpoints, knownClassifiers } from '../../../src/checkpoint/known-checkpoints.js';
import {
  parseAdmClassifierConfig,
  parseAdmUNetConfig,
} from '../../../src/checkpoint/networks/adm-config.js';
import { admClassifier } from '../../../src/checkpoint/networks/adm-classifier.js';
import { admUNet } from '../../../src/checkpoint/networks/adm-unet.js';
import type { Weights } from '../../../src/checkpoint/nn/weights.js';
import { tinyUNet } from '../../../src/checkpoint/tiny-unet.js';
import { identify } from '../../../src/shelf/read/identify.js';
import type { SourceFile } from '../../../src/shelf/read/source-file.js';
import { fixture, json, named, shipped, shippedCard, shippedWeights, text } from '../files.js';
import { hollowCheckpoint } from './hollow-checkpoint.js';

const adm = 'adm-unet/class-cond-1000';
const resnet = 'hf/unet2d/resnet-resampling';

/** A published network's table of contents, of any size, without its weights. */
const hollow = (name: string, build: (weights: Weights) => unknown) => ({
  name,
  source: hollowCheckpoint(build),
});
const published = (preset: keyof typeof knownCheckpoints) => (weights: Weights) =>
  admUNet(weights, parseAdmUNetConfig(knownCheckpoints[preset].arguments));

describe('identify', () => {
  it('takes a hub checkpoint with its configs as it is, and asks for the ones left out', async () => {
    const files = [
      shipped(shippedWeights),
      shipped('config.json'),
      shipped('scheduler_config.json'),
    ];
    const found = await identify(files, null);
    expect(found).toMatchObject({
      kind: 'checkpoint',
      questions: [],
      nativeSize: 64,
      classCount: 7,
      pixelUnshuffle: 2,
      parameters: 13_093_260,
      preset: null,
      classifier: null,
      id: 'imported-model',
    });
    expect(found.weights.name).toBe(shippedWeights);
    const asked = async (kept: readonly SourceFile[]) => (await identify(kept, null)).questions;
    expect(await asked([files[0]])).toEqual([
      { kind: 'missingFiles', names: ['config.json', 'scheduler_config.json'] },
    ]);
    expect(await asked([files[0], files[1]])).toEqual([
      { kind: 'missingFiles', names: ['scheduler_config.json'] },
    ]);
  });

  it("takes guided-diffusion's arguments, which hold the noise schedule too", async () => {
    const found = await identify(
      [fixture(`${adm}/checkpoint.pt`), fixture(`${adm}/config.json`)],
      null,
    );
    expect(found).toMatchObject({ questions: [], classCount: 1000, parameters: 335_302 });
  });

  it('takes words from the card, then from the published list, then from hints', async () => {
    const files = [shipped(shippedWeights), shipped('config.json'), shipped('card.json')];
    const hints = { words: { name: 'garden', licence: 'mit', bias: 'Flowers.' } };
    const { words, id, questions } = await identify(files, null, hints);
    expect(questions).toEqual([]);
    expect([id, words.name, words.licence]).toEqual(['garden-64', 'Garden 64', 'Apache-2.0']);
    const unknown = await identify([fixture(`${adm}/checkpoint.pt`, 'my_net.pt')], null, hints);
    expect(unknown.words).toMatchObject({ name: 'garden', licence: 'mit', bias: 'Flowers.' });
    const bare = await identify([fixture(`${adm}/checkpoint.pt`, 'my_net.pt')], null);
    expect([bare.id, bare.words.name]).toEqual(['my-net', 'my net']);
    expect(bare.words.licence).toMatch(/Not known/);
  });

  // Which have equal shapes follows from the arguments in the README of openai/guided-diffusion.
  it('asks which of the published networks it is where several fit the weights', async () => {
    const { questions, preset } = await identify(
      [hollow('ema_0.9999_250000.pt', published('repaint-places256'))],
      null,
    );
    expect(preset).toBeNull();
    const [question] = questions;
    const ids = question?.kind === 'preset' ? question.presets.map(({ id }) => id) : [];
    expect(ids).toEqual([
      'repaint-celeba256',
      'repaint-places256',
      'lsun-bedroom',
      'lsun-cat',
      'lsun-horse',
      'openai-256-uncond',
    ]);
  });

  it('recognises a published network by its file name, or because no other fits', async () => {
    const celeba = published('repaint-celeba256');
    const byName = await identify([hollow('celeba256_250000.pt', celeba)], null);
    expect(byName).toMatchObject({
      preset: 'repaint-celeba256',
      id: 'repaint-celeba256',
      questions: [],
      nativeSize: 256,
      parameters: 552_814_086,
      words: { name: 'RePaint CelebA-HQ 256' },
    });
    const only = await identify([hollow('model.pt', published('openai-64'))], null);
    expect(only).toMatchObject({ preset: 'openai-64', classCount: 1000, questions: [] });
    const misnamed = await identify([hollow('celeba256_250000.pt', published('openai-512'))], null);
    expect(misnamed.preset).toBe('openai-512');
  });

  it('finds the classifier among two checkpoints', async () => {
    const [, , known] = knownClassifiers;
    const config256 = parseAdmClassifierConfig(known.arguments);
    const files = [
      hollow('256x256_classifier.pt', (weights) => admClassifier(weights, config256)),
      hollow('256x256_diffusion_uncond.pt', published('openai-256-uncond')),
    ];
    const found = await identify(files, null);
    expect(found.weights.name).toBe('256x256_diffusion_uncond.pt');
    expect(found.classifier).toMatchObject({ config: known.arguments });
    // The published file has 216,385,440 bytes of float32.
    expect(found.classifierParameters).toBe(216_385_440 / 4);
    await expect(identify([files[0]], null)).rejects.toThrow(/only steers another network/);
    const [strange] = [fixture('adm-classifier/attention-pool/checkpoint.pt', 'c.pt')];
    await expect(identify([files[1], strange], null)).rejects.toThrow(/classifier_config.json/);
    const config = fixture('adm-classifier/attention-pool/config.json', 'classifier_config.json');
    const own = await identify([files[1], strange, config], null);
    expect(own.classifierParameters).toBe(397_928);
  });

  it('reads the contract of an .onnx and asks for its card and its data files', async () => {
    const onnx = named('net.onnx', await tinyUNet(1, { classes: 3 }));
    expect((await identify([onnx], null)).questions).toEqual([
      { kind: 'missingFiles', names: ['card.json'] },
    ]);
    const { diffusion } = shippedCard;
    const card = { diffusion, classes: [{ label: 2, name: 'c' }] };
    const found = await identify([onnx, json('card.json', card)], null);
    expect(found).toMatchObject({ kind: 'onnx', questions: [], classCount: 3 });
    expect(found.onnx).toMatchObject({ channels: 3, outChannels: 3, height: null, dataFiles: [] });
    const unnamed = await identify([onnx, json('card.json', { diffusion })], null);
    expect(unnamed.questions).toEqual([{ kind: 'missingFiles', names: ['card.json'] }]);
  });

  it('ignores files that only say things to people', async () => {
    const files = ['README.md', 'LICENSE', '.gitattributes'].map((name) => text(name, '# hello'));
    const found = await identify([fixture(`${adm}/checkpoint.pt`), ...files], null);
    expect(found.weights.name).toBe('checkpoint.pt');
  });
});

describe('identify refuses, each with one sentence,', () => {
  const checkpoint = () => fixture(`${adm}/checkpoint.pt`);
  it.each<[string, () => readonly SourceFile[], RegExp]>([
    ['nothing', () => [], /no weights among the files \(nothing\)/],
    [
      'configs alone',
      () => [json('config.json', {})],
      /no weights among the files \(config.json\)/,
    ],
    ['an unknown kind of file', () => [checkpoint(), text('a.zip', 'x')], /a\.zip is not a kind/],
    ['two networks', () => [checkpoint(), fixture(`${adm}/checkpoint.pt`, 'b.pt')], /both hold/],
    [
      'JSON that is none',
      () => [checkpoint(), text('config.json', '{')],
      /config.json is not JSON/,
    ],
    ['a JSON file of no known use', () => [checkpoint(), json('x.json', {})], /x.json is none of/],
    [
      'two configs',
      () => [json('config.json', {}), json('b.json', { image_size: 8 })],
      /of the same kind/,
    ],
    ['a web page', () => [text('model.pt', '<!doctype html>')], /web page/],
    ['a card with a wrong field', () => [checkpoint(), json('card.json', { name: 1 })], /name: /],
    [
      'weights of another network',
      () => [fixture(`${resnet}/io.safetensors`)],
      /holds no network that is known here/,
    ],
    [
      'a config of another network',
      () => [checkpoint(), json('config.json', knownCheckpoints['openai-256'].arguments)],
      /check that the config belongs/,
    ],
    [
      'two graphs',
      () => [text('a.onnx', ''), text('b.onnx', '')],
      /Of a.onnx, b.onnx one must be the network/,
    ],
    ['an .onnx that is none', () => [text('a.onnx', 'nothing')], /not an ONNX file/],
  ])('%s', async (_, files, sentence) => {
    const failure = identify(files(), null);
    await expect(failure).rejects.toMatchObject({ code: 'modelUnusable' });
    await expect(failure).rejects.toThrow(sentence);
  });

  it('a preset that does not exist', async () => {
    await expect(identify([checkpoint()], 'nothing')).rejects.toMatchObject({ code: 'badRequest' });
  });
});

import { expose } from 'comlink';
import { describe, expect, test } from 'vitest';
import { failureCodes } from '../../src/protocol/failure.js';
import { presets } from '../../src/protocol/presets.js';
import {
  firstChoices,
  parseChoices,
  settingsFor,
  settingsOf,
  withKnownClass,
} from '../../src/ui/fill/choices.js';
import { droppedFiles } from '../../src/ui/models/dropped-files.js';
import { isComplete, type ModelForm } from '../../src/ui/models/model-adding.js';
import { originOf, originText } from '../../src/protocol/hub-address.js';
import { withFiles } from '../../src/ui/models/model-origin.js';
import { shelfApi } from '../../src/ui/models/shelf-port.js';
import {
  findingsTexts,
  stageText,
  storageText,
  transferText,
} from '../../src/ui/text/model-text.js';
import { problemText } from '../../src/ui/text/problems.js';
import { look } from './fake-shelf.js';
import { card } from './fake-worker.js';

describe('where a model is', () => {
  test.each([
    ['google/ddpm-church-256', { kind: 'hub', repo: 'google/ddpm-church-256' }],
    [' google/ddpm@refs/pr/1 ', { kind: 'hub', repo: 'google/ddpm@refs/pr/1' }],
    ['https://huggingface.co/google/ddpm', { kind: 'hub', repo: 'google/ddpm' }],
    ['https://hf-mirror.com/google/ddpm', { kind: 'hub', repo: 'google/ddpm' }],
    ['https://huggingface.co/google/ddpm/tree/main', { kind: 'hub', repo: 'google/ddpm@main' }],
    [
      'https://huggingface.co/google/ddpm/tree/refs%2Fpr%2F1',
      { kind: 'hub', repo: 'google/ddpm@refs/pr/1' },
    ],
    [
      'https://huggingface.co/google/ddpm/blob/main/unet/model.bin?download=true',
      { kind: 'url', url: 'https://huggingface.co/google/ddpm/resolve/main/unet/model.bin' },
    ],
    ['https://example.test/a.pt?x=1', { kind: 'url', url: 'https://example.test/a.pt?x=1' }],
    ['http://localhost:8000/a.onnx', { kind: 'url', url: 'http://localhost:8000/a.onnx' }],
  ] as const)('%s is understood', (text, origin) => {
    expect(originOf(text)).toEqual(origin);
    expect(originOf(originText(originOf(text)!))).toEqual(origin);
  });

  test.each([
    '',
    'church',
    'a/b/c',
    'http://example.test/a.pt',
    'file:///a.pt',
    'javascript:alert(1)',
    'https://huggingface.co/google',
    'https://huggingface.co/google/ddpm/blob/main',
    'https://huggingface.co/google/ddpm/discussions',
  ])('“%s” is neither an address nor a name', (text) => {
    expect(originOf(text)).toBeNull();
  });

  test('files join those given before; one of the same name replaces', () => {
    const [a, b, newB, c] = ['a', 'b', 'b', 'c'].map((name) => new File([name], name));
    const first = withFiles({ kind: 'hub', repo: 'x/y' }, [a, b]);
    expect(withFiles(first, [newB, c])).toEqual({ kind: 'files', files: [a, newB, c] });
  });
});

// File and Directory Entries API: file() tells its second callback what it could not read.
test('files of a drop are taken as they are where their entries are refused', async () => {
  const file = new File(['x'], 'model.onnx');
  const refused = { isFile: true, file: (_: unknown, fail: (why: Error) => void) => fail(Error()) };
  const items = [{ webkitGetAsEntry: () => refused }];
  const drop = { items, files: [file] } as unknown as DataTransfer;
  expect(await droppedFiles(drop)).toEqual([{ file, path: 'model.onnx' }]);
});

test('files of a dropped folder are called by their way from it', async () => {
  const file = new File(['x'], 'config.json');
  const entry = {
    isFile: true,
    fullPath: '/p/unet/config.json',
    file: (take: (f: File) => void) => take(file),
  };
  const read = [[entry], []];
  const reader = { readEntries: (take: (entries: unknown) => void) => take(read.shift()) };
  const folder = { isFile: false, createReader: () => reader };
  const items = [{ webkitGetAsEntry: () => folder }];
  const dropped = await droppedFiles({ items, files: [] } as unknown as DataTransfer);
  expect(dropped).toEqual([{ file, path: 'p/unet/config.json' }]);
  expect(withFiles(null, [file], ['p/unet/config.json'])).toEqual({
    kind: 'files',
    files: [file],
    paths: ['p/unet/config.json'],
  });
});

test('what was found, taken and left is said', () => {
  const texts = findingsTexts({
    network: 'UNetModel (guided-diffusion)',
    weights: [{ path: 'ema', isEma: true }],
    config: { kind: 'file', name: 'face_example.yml' },
    schedule: { kind: 'usual' },
    left: ['model (142 tensors)', 'step (1 tensor)'],
  });
  expect(texts).toEqual([
    'UNetModel (guided-diffusion)',
    'Weights: ema (EMA, the running mean)',
    'Settings from: face_example.yml',
    'Noise schedule from: what is usual for its code',
    'Not used: model (142 tensors), step (1 tensor)',
  ]);
});

describe('a form', () => {
  const form: ModelForm = {
    origin: { kind: 'hub', repo: 'google/ddpm-church-256' },
    look,
    words: look.words,
    preset: null,
    weights: null,
  };
  const asking = (question: ModelForm['look']['questions'][number]): ModelForm => ({
    ...form,
    look: { ...look, questions: [question] },
  });

  test('is complete with every word said and every question answered', () => {
    expect(isComplete(form)).toBe(true);
    expect(isComplete({ ...form, words: { ...look.words, bias: ' ' } })).toBe(false);
    const preset = asking({ kind: 'preset', presets: [{ id: 'a', title: 'A' }] });
    expect(isComplete(preset)).toBe(false);
    expect(isComplete({ ...preset, preset: 'a' })).toBe(true);
    expect(isComplete(asking({ kind: 'missingFiles', names: ['config.json'] }))).toBe(false);
  });
});

describe('choices for a model', () => {
  test('kept by an older version are taken over', () => {
    const { model, precision, className, ...older } = firstChoices;
    expect(parseChoices({ ...older, fills: 2 })).toEqual({ ...firstChoices, fills: 2 });
    expect([model, precision, className]).toEqual([null, 'automatic', null]);
  });

  test('are the presets where it was trained as usual', () => {
    expect(settingsFor(firstChoices, card)).toEqual(settingsOf(firstChoices));
  });

  test('follow a longer training: 300 of 1000 is 1200 of 4000', () => {
    const longer = { ...card, diffusion: { ...card.diffusion, numTrainTimesteps: 4000 } };
    const { coarse, refine } = settingsFor(firstChoices, longer);
    expect(coarse).toEqual(presets.balanced.coarse);
    expect(refine.map(({ startTimestep }) => startTimestep)).toEqual([1200, 600]);
  });

  test('keep a class only where label and name are the model’s', () => {
    const fern = { ...firstChoices, classLabel: 1, className: 'fern' };
    expect(withKnownClass(fern, card)).toEqual(fern);
    expect(withKnownClass({ ...fern, className: null }, card)).toEqual(fern);
    for (const classes of [[], [{ label: 1, name: 'goldfish' }]])
      expect(withKnownClass(fern, { ...card, classes }).classLabel).toBeNull();
  });
});

describe('models in words', () => {
  test.each(['adding', 'addedModel'] as const)('%s has a next step for every failure', (place) => {
    for (const code of failureCodes) {
      const { sentence, nextStep } = problemText({ code }, place);
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(nextStep).toMatch(/^[A-Z].*\.$/);
      // The user's own model does not come with the add-on.
      expect(nextStep).not.toMatch(/install the add-on/i);
    }
  });

  // The shelf adds one at a time, over all windows; the panel asks for nothing else it refuses.
  test('a model refused because of another one is told so', () => {
    expect(problemText({ code: 'badRequest' }, 'adding').sentence).toMatch(/another window/);
  });

  test('only a download is said to fetch', () => {
    expect(transferText({ kind: 'files', files: [] }, look)).not.toMatch(/download/i);
    const url = { kind: 'url', url: 'https://example.test/a.pt' } as const;
    expect(transferText(url, look)).toMatch(/^This downloads 454 MB from example\.test\./);
    expect(transferText(url, { ...look, totalBytes: null })).toMatch(/^This downloads from ex/);
  });

  test('progress of unknown length counts what is known', () => {
    expect(stageText({ stage: 'download', done: 3e6, total: null })).toBe('Downloading: 3 MB');
    expect(stageText({ stage: 'convert', done: 3, total: null })).toBe('Converting …');
    expect(stageText(null)).toBe('Starting …');
  });

  test('storage is in gigabytes where there are any', () => {
    const shelf = { storage: 'opfs', models: [], unfinished: [], damaged: [] } as const;
    const usage = { usedBytes: 1.5e9, quotaBytes: 64e9 };
    expect(storageText({ ...shelf, usage })).toBe('1.5 GB used, 62.5 GB free');
    expect(storageText({ ...shelf, usage: null })).toMatch(/does not say/);
  });
});

test('a shelf hears and says what it may, and reaches nothing of the panel’s', async () => {
  const { port1, port2 } = new MessageChannel();
  const heard: unknown[] = [];
  const stage = { stage: 'read', done: 1, total: 2 } as const;
  const reach = { type: 'SET', path: ['__proto__', 'isReached'], value: { type: 'RAW', value: 1 } };
  const hostile = {
    add: async (_origin: unknown, _options: unknown, progress: MessagePort) => {
      progress.postMessage({ id: 'x', ...reach });
      progress.postMessage(stage);
      await expect.poll(() => heard.length, { timeout: 30_000 }).toBe(2);
      return { isOk: false, code: 'cancelled', message: '' };
    },
  };
  expose(hostile, port1);
  const { words } = look;
  const options = { id: 'a', words, preset: null, isTested: true };
  await shelfApi(port2).add({ kind: 'hub', repo: 'a/b' }, options, (said) => heard.push(said));
  expect(heard[1]).toEqual(stage);
  expect((() => undefined) as object).not.toHaveProperty('isReached');
  for (const port of [port1, port2]) port.close();
});

import { page, userEvent } from 'vitest/browser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultModelId, type ModelManifest } from '../../src/protocol/model-card.js';
import { firstChoices } from '../../src/ui/fill/choices.js';
import type { ShippedModel } from '../../src/ui/models/model-list.js';
import type { RepaintPanel } from '../../src/ui/panel.js';
import { FakeSandbox } from './fake-host.js';
import { FakeShelf, failure, look, shelfModel } from './fake-shelf.js';
import { card, type FakeWorkers } from './fake-worker.js';
import { eventually, focused, redPng, visit, type Visit } from './visit.js';

const shipped: ModelManifest = {
  card: { ...card, id: defaultModelId, name: 'Garden' },
  onnx: { path: 'model.onnx', sizeBytes: 26_000_000, sha256: 'c'.repeat(64) },
  externalData: [],
  classifier: null,
};

let sandbox: FakeSandbox;
let shelf: FakeShelf;
let stored: Map<string, unknown>;
let manifestUrl: string;
let second: ShippedModel | undefined;
let workers: FakeWorkers;
let panel: RepaintPanel;
let app: Visit['app'];

const at = (testId: string) => page.getByTestId(testId);
const element = (testId: string) => at(testId).element() as HTMLElement;
const cardOf = (name: string) => at('model').filter({ hasText: name });

async function openPanel(): Promise<void> {
  ({ workers, panel, app } = await visit({ sandbox, stored, shelf, manifestUrl, second }));
}

async function openModels(): Promise<void> {
  await openPanel();
  workers.last.ready();
  await at('manage-models').click();
  await expect.element(at('storage')).toBeVisible();
}

/** Names of the files last looked at. */
function filesLookedAt(): string[] {
  const origin = shelf.lookedAt[shelf.lookedAt.length - 1];
  return origin.kind === 'files' ? origin.files.map(({ name }) => name) : [];
}

function file(name: string, text = name): File {
  return new File([text], name);
}

/** Drops files on the drop zone as the pointer would. */
function drop(...files: File[]): void {
  const dataTransfer = new DataTransfer();
  for (const each of files) dataTransfer.items.add(each);
  const options = { dataTransfer, bubbles: true, cancelable: true };
  const zone = element('drop-zone');
  zone.dispatchEvent(new DragEvent('dragover', options));
  zone.dispatchEvent(new DragEvent('drop', options));
}

const checkpoint = [file('model.safetensors'), file('config.json')];

/** Drops a checkpoint and adds it. */
async function startAdding(): Promise<void> {
  drop(...checkpoint);
  await at('add-model').click();
  await eventually(() => expect(shelf.adds.length).toBeGreaterThan(0));
}

beforeEach(async () => {
  await page.viewport(320, 900);
  sandbox = new FakeSandbox();
  shelf = new FakeShelf();
  stored = new Map();
  second = undefined;
  manifestUrl = URL.createObjectURL(new Blob([JSON.stringify(shipped)]));
});

afterEach(() => panel.remove());

describe('the models', () => {
  test('are shown with what they are, how fast and how large, and the shelf waits for it', async () => {
    shelf.state = { ...shelf.state, models: [shelfModel('church-256', 'Church 256')] };
    await openPanel();
    workers.last.ready();
    await expect.element(at('model-name')).toHaveTextContent('Test');
    expect(shelf.ports).toHaveLength(0);
    await at('manage-models').click();
    await expect.element(at('storage')).toHaveTextContent('26 MB used, 4 GB free');
    await expect.element(cardOf('Garden')).toHaveTextContent('64 × 64 px, 2 classes, 26 MB');
    await expect.element(cardOf('Garden')).toHaveTextContent('10 ms a call (WebGPU, test adapter');
    await expect
      .element(cardOf('Church 256'))
      .toHaveTextContent('41 ms a call (WebGPU, test card, 32-bit)');
    await expect.element(cardOf('Garden').getByTestId('in-use')).toBeVisible();
    await expect.element(cardOf('Garden').getByTestId('remove-model')).not.toBeInTheDocument();
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(320);
    await at('close-models').click();
    await expect.element(at('generate')).toBeVisible();
    await eventually(() => expect(focused()).toBe('manage-models'));
  });

  test('are kept only for the visit where storage is refused', async () => {
    shelf.state = { ...shelf.state, storage: 'memory' };
    await openModels();
    await expect.element(at('storage')).toHaveTextContent('only until the panel closes');
  });

  test('are used when chosen, also after a reload, and the class of another is let go', async () => {
    shelf.state = { ...shelf.state, models: [shelfModel('church-256', 'Church 256')] };
    stored.set('choices', { ...firstChoices, prior: 'model', classLabel: 1, className: 'fern' });
    await openModels();
    await cardOf('Church').getByTestId('use-model').click();
    expect(workers.workers).toHaveLength(2);
    const source = { kind: 'stored', id: 'church-256' };
    expect(workers.last.sent[0]).toMatchObject({ kind: 'load', model: source });
    workers.last.ready({}, { ...card, id: 'church-256', name: 'Church 256', classes: [] });
    expect(panel.session.choices.classLabel).toBeNull();
    panel.remove();
    await openPanel();
    expect(workers.last.sent[0]).toMatchObject({ kind: 'load', model: source });
    await expect.element(at('model-name')).toHaveTextContent('Church 256');
  });

  test('stay as they are while a fill runs, which keeps the model it began with', async () => {
    shelf.state = { ...shelf.state, models: [shelfModel('church-256', 'Church 256')] };
    await openPanel();
    workers.last.ready();
    await at('generate').click();
    await eventually(() => expect(workers.last.requests).toHaveLength(1));
    const [{ jobId, seeds }] = workers.last.requests;
    await at('manage-models').click();
    await expect.element(cardOf('Church')).toHaveTextContent('when no fill is running');
    expect(element('use-model')).toHaveAttribute('disabled');
    workers.last.onCrash('gone');
    workers.last.ready({}, { ...card, id: 'another' });
    panel.session.resume(jobId);
    const png = await redPng(80, 60);
    workers.last.say({ kind: 'filled', jobId, fill: 0, seed: seeds[0], png });
    await eventually(() => expect(sandbox.added).toHaveLength(1));
    expect(sandbox.added[0].record.modelId).toBe('garden-64');
  });

  test('that come with the add-on are offered beside the first, and stay', async () => {
    const card = { ...shipped.card, id: 'second', name: 'Second' };
    const blob = new Blob([JSON.stringify({ ...shipped, card })]);
    second = { id: 'second', manifestUrl: URL.createObjectURL(blob) };
    await openModels();
    await cardOf('Second').getByTestId('use-model').click();
    expect(workers.last.sent[0]).toMatchObject({
      model: { kind: 'shipped', manifestUrl: second.manifestUrl },
    });
    expect(stored.get('choices')).toMatchObject({ model: { id: 'second', name: 'Second' } });
    await expect.element(cardOf('Second').getByTestId('use-model')).not.toBeInTheDocument();
    expect(page.getByTestId('remove-model').elements()).toEqual([]);
  });

  test('that were chosen and are gone give way to the add-on’s own, which is said', async () => {
    const model = { id: 'church-256', name: 'Church 256' };
    stored.set('choices', { ...firstChoices, prior: 'model', model });
    await openPanel();
    const first = workers.last;
    first.say({ kind: 'failed', jobId: null, code: 'modelUnknown', message: 'no such model' });
    await expect.element(at('lost-model')).toHaveTextContent('Church 256 is not on this machine');
    expect(workers.last).not.toBe(first);
    expect(workers.last.sent[0]).toMatchObject({ model: { kind: 'shipped', manifestUrl } });
    workers.last.ready();
    await eventually(() => expect(element('generate')).not.toHaveAttribute('disabled'));
    expect(stored.get('choices')).toMatchObject({ model: null });
  });

  test('are removed once that is confirmed; the one in use gives way', async () => {
    shelf.state = { ...shelf.state, models: [shelfModel('church-256', 'Church 256')] };
    stored.set('choices', {
      ...firstChoices,
      prior: 'model',
      model: { id: 'church-256', name: 'Church 256' },
    });
    await openModels();
    await at('remove-model').click();
    await eventually(() => expect(focused()).toBe('keep-model'));
    await userEvent.keyboard('{Enter}');
    await eventually(() => expect(focused()).toBe('remove-model'));
    expect(shelf.state.models).toHaveLength(1);
    await userEvent.keyboard('{Enter}');
    await at('confirm-remove').click();
    await expect.element(cardOf('Church')).not.toBeInTheDocument();
    await eventually(() => expect(focused()).toBe('models-heading'));
    expect(shelf.state.models).toEqual([]);
    expect(workers.last.sent[0]).toMatchObject({ model: { kind: 'shipped' } });
  });

  test('are forgotten with all that is known of them', async () => {
    const church = shelfModel('church-256', 'Church 256');
    const source = { kind: 'files', manifest: church.manifest, files: [] } as const;
    shelf.state = { ...shelf.state, storage: 'memory', models: [{ ...church, source }] };
    const device = { backend: 'wasm', adapter: '', precision: 'float32' };
    stored.set('speeds', { 'church-256': { msPerCall: 5, device } });
    await openModels();
    await expect
      .element(cardOf('Church'))
      .toHaveTextContent('5 ms a call (Processor, 1 thread, 32-bit)');
    await at('remove-model').click();
    await at('confirm-remove').click();
    await expect.element(cardOf('Church')).not.toBeInTheDocument();
    expect(panel.session.library.source({ id: 'church-256', name: '' }).kind).toBe('stored');
    // Another model of that name is another model.
    await startAdding();
    shelf.finish();
    await expect
      .element(cardOf('Church'))
      .toHaveTextContent('41 ms a call (WebGPU, test card, 32-bit)');
    expect(stored.get('speeds')).not.toHaveProperty('church-256');
  });

  test('taken into use keep the keyboard on their card', async () => {
    shelf.state = { ...shelf.state, models: [shelfModel('church-256', 'Church 256')] };
    await openModels();
    await cardOf('Church').getByTestId('use-model').click();
    await eventually(() => expect(focused()).toBe('remove-model'));
    await cardOf('Garden').getByTestId('use-model').click();
    await eventually(() => expect(focused()).toBe('model-details'));
  });

  test('that were always told a class wait for one', async () => {
    await openPanel();
    workers.last.ready({}, { ...card, nullClassLabel: null });
    await expect.element(at('plan')).toHaveTextContent('needs to know what should grow here');
    expect(element('generate')).toHaveAttribute('disabled');
    await at('grow').click();
    await expect.element(page.getByRole('option', { name: 'Anything' })).not.toBeInTheDocument();
    await page.getByRole('option', { name: 'Fern' }).click();
    await eventually(() => expect(element('generate')).not.toHaveAttribute('disabled'));
    await at('generate').click();
    await eventually(() => expect(workers.last.requests).toHaveLength(1));
    expect(workers.last.requests[0].settings.classLabel).toBe(1);
  });

  test('with fewer training steps than a quality has bound its steps', async () => {
    await openPanel();
    panel.session.choose({ ...panel.session.choices, preset: 'best' });
    workers.last.ready({}, { ...card, diffusion: { ...card.diffusion, numTrainTimesteps: 100 } });
    await at('generate').click();
    await eventually(() => expect(workers.last.requests).toHaveLength(1));
    const { coarse, refine } = workers.last.requests[0].settings;
    expect(coarse.numInferenceSteps).toBe(100);
    // The same share of the noise: 300 and 150 of 1000.
    expect(refine.map(({ startTimestep }) => startTimestep)).toEqual([30, 15]);
  });
});

describe('adding a model', () => {
  test('from dropped files asks for the words, adds, and offers to use it', async () => {
    await openModels();
    drop(...checkpoint);
    await expect.element(at('model-form')).toHaveTextContent('256 × 256 px, no classes, 454 MB');
    await expect.element(at('transfer')).toHaveTextContent('stay on this machine');
    expect(filesLookedAt()).toEqual(['model.safetensors', 'config.json']);
    await at('words-name').getByRole('textbox').fill('');
    await expect.element(at('incomplete')).toBeVisible();
    await expect.element(page.getByRole('status')).toHaveTextContent('Fill in every field');
    expect(element('add-model')).toHaveAttribute('disabled');
    await at('words-name').getByRole('textbox').fill('My churches');
    await at('add-model').click();
    await eventually(() => expect(shelf.adds).toHaveLength(1));
    expect(shelf.lastAdd.options).toEqual({
      id: 'my-churches',
      words: { ...look.words, name: 'My churches' },
      preset: null,
      weights: null,
      isTested: true,
    });
    shelf.finish();
    await expect.element(at('added')).toHaveTextContent('My churches is ready.');
    await at('use-added').click();
    expect(workers.last.sent[0]).toMatchObject({ model: { kind: 'stored', id: 'my-churches' } });
    await expect.element(cardOf('My churches').getByTestId('in-use')).toBeVisible();
  });

  test('says what was found and left, and takes the weights that are chosen', async () => {
    const weights = [
      { path: 'ema', isEma: true },
      { path: 'model', isEma: false },
    ];
    const left = ['model (142 tensors)', 'step (1 tensor)'];
    const findings = { ...look.findings, weights, left };
    shelf.looks = [{ isOk: true, value: { ...look, findings } }];
    await openModels();
    drop(...checkpoint);
    await expect.element(at('model-form')).toHaveTextContent('Settings from: config.json');
    await expect.element(at('model-form')).toHaveTextContent('Not used: model (142 tensors)');
    await expect.element(at('weights')).toHaveTextContent('ema (EMA, the running mean)');
    await at('weights').click();
    await page.getByRole('option', { name: 'model', exact: true }).click();
    await at('add-model').click();
    await eventually(() => expect(shelf.adds).toHaveLength(1));
    expect(shelf.lastAdd.options.weights).toBe('model');
  });

  test('shows each stage as counted, also beside the fill button', async () => {
    await openModels();
    await startAdding();
    const { progress } = shelf.lastAdd;
    progress({ stage: 'download', done: 120e6, total: 454e6 });
    await expect.element(at('adding-stage')).toHaveTextContent('Downloading: 120 MB of 454 MB');
    progress({ stage: 'read', done: 0, total: null });
    await expect.element(at('adding-stage')).toHaveTextContent('Reading the files');
    progress({ stage: 'convert', done: 430, total: 1000 });
    await expect.element(at('adding-stage')).toHaveTextContent('Converting: 43%');
    progress({ stage: 'test', done: 2, total: 8 });
    await expect.element(at('adding-stage')).toHaveTextContent('Testing: 2 of 8 calls');
    await at('close-models').click();
    await expect
      .element(at('model-status'))
      .toHaveTextContent('Adding Church 256. Testing: 2 of 8');
  });

  test('names missing files and takes them without losing what was given', async () => {
    const missing = ['config.json', 'scheduler_config.json'];
    shelf.looks = [
      { isOk: true, value: { ...look, questions: [{ kind: 'missingFiles', names: missing }] } },
      { isOk: true, value: look },
    ];
    await openModels();
    drop(file('model.safetensors'));
    await expect
      .element(at('missing-files'))
      .toHaveTextContent('Still missing: config.json, scheduler_config.json.');
    expect(element('add-model')).toHaveAttribute('disabled');
    await at('words-licence').getByRole('textbox').fill('MIT');
    drop(file('config.json'), file('scheduler_config.json'));
    await expect.poll(filesLookedAt).toEqual(['model.safetensors', ...missing]);
    await expect.element(at('missing-files')).not.toBeInTheDocument();
    expect(panel.session.library.adding.state).toMatchObject({ words: { licence: 'MIT' } });
    await eventually(() => expect(element('add-model')).not.toHaveAttribute('disabled'));
  });

  test('asks which network a bare checkpoint is', async () => {
    const presets = [
      { id: 'imagenet-256', title: 'ImageNet 256' },
      { id: 'places-256', title: 'Places 256' },
    ];
    shelf.looks = [{ isOk: true, value: { ...look, questions: [{ kind: 'preset', presets }] } }];
    await openModels();
    drop(file('256x256_diffusion.pt'));
    await at('preset').click();
    await page.getByRole('option', { name: 'Places 256' }).click();
    await at('add-model').click();
    await eventually(() => expect(shelf.adds).toHaveLength(1));
    expect(shelf.lastAdd.options.preset).toBe('places-256');
  });

  test('from a name or an address says what it downloads and from where', async () => {
    await openModels();
    const address = at('address').getByRole('textbox');
    await address.fill('church');
    await at('look').click();
    await expect.element(page.getByText('begins with https://')).toBeVisible();
    expect(shelf.lookedAt).toEqual([]);
    await address.fill('google/ddpm-church-256');
    // An input method that composes takes Enter to end that.
    const composing = { key: 'Enter', isComposing: true, bubbles: true, composed: true };
    address.element().dispatchEvent(new KeyboardEvent('keydown', composing));
    expect(panel.session.library.adding.state.kind).toBe('idle');
    await userEvent.keyboard('{Enter}');
    await expect
      .element(at('transfer'))
      .toHaveTextContent('454 MB from huggingface.co or its mirror hf-mirror.com. It only fetches');
    expect(shelf.lookedAt).toEqual([{ kind: 'hub', repo: 'google/ddpm-church-256' }]);
    await expect.element(at('add-model')).toHaveTextContent('Download and add');
  });

  test('can be cancelled, and the form is there to go on', async () => {
    await openModels();
    await startAdding();
    await at('cancel-adding').click();
    expect(shelf.cancels).toBe(1);
    await expect.element(at('adding-problem')).toHaveTextContent('was cancelled');
    await at('add-model').click();
    await eventually(() => expect(shelf.adds).toHaveLength(2));
  });

  test('that fails says why and what to do, and can be tried again', async () => {
    await openModels();
    await startAdding();
    shelf.lastAdd.answer(failure('storageFull', 'needs 454 MB, 12 MB are free'));
    await expect.element(at('adding-problem')).toHaveTextContent('not enough storage');
    await expect.element(at('adding-problem')).toHaveTextContent('needs 454 MB, 12 MB are free');
    await at('add-model').click();
    await eventually(() => expect(shelf.adds).toHaveLength(2));
  });

  test('that was looked for in vain leaves the drop zone open', async () => {
    shelf.looks = [failure('modelUnusable', 'notes.txt is no checkpoint')];
    await openModels();
    drop(file('notes.txt'));
    await expect.element(at('adding-problem')).toHaveTextContent('notes.txt is no checkpoint');
    await expect.element(at('drop-zone')).toBeVisible();
  });

  test('that was looked for in vain keeps its address, and can be tried again', async () => {
    shelf.looks = [failure('modelFetch', 'no connection'), failure('modelFetch', 'still none')];
    await openModels();
    await at('address').getByRole('textbox').fill('owner/name');
    await at('look').click();
    await expect.element(at('adding-problem')).toHaveTextContent('no connection');
    await expect.element(at('address').getByRole('textbox')).toHaveValue('owner/name');
    await at('look-again').click();
    await expect.element(at('adding-problem')).toHaveTextContent('still none');
    expect(shelf.lookedAt).toEqual(Array(2).fill({ kind: 'hub', repo: 'owner/name' }));
  });

  test('is suggested with its licence, size and what it knows, one click away', async () => {
    await openModels();
    const first = at('suggestion').first();
    await expect.element(first).toHaveTextContent(/church.*Knows churches.*Apache-2.0, 455 MB/);
    await at('look-suggestion').first().click();
    expect(shelf.lookedAt).toEqual([{ kind: 'hub', repo: 'google/ddpm-church-256' }]);
  });

  test('is left by Escape, and the focus goes back', async () => {
    await openModels();
    await eventually(() => expect(focused()).toBe('close-models'));
    await userEvent.keyboard('{Escape}');
    await expect.element(at('models-heading')).not.toBeInTheDocument();
    await expect.element(at('generate')).toBeVisible();
  });

  test('beside the drop zone does not open the file in place of the panel', async () => {
    await openModels();
    const missed = new DragEvent('drop', { bubbles: true, cancelable: true, composed: true });
    element('storage').dispatchEvent(missed);
    expect(missed.defaultPrevented).toBe(true);
    expect(shelf.lookedAt).toEqual([]);
  });

  test('that fails its self-test can be kept all the same', async () => {
    await openModels();
    await startAdding();
    shelf.lastAdd.answer(failure('selfTestFailed', 'error 1.4, at most 0.5'));
    await at('words-name').getByRole('textbox').fill('');
    await eventually(() => expect(element('use-anyway')).toHaveAttribute('disabled'));
    await at('words-name').getByRole('textbox').fill('Church 256');
    await at('use-anyway').click();
    await eventually(() => expect(shelf.adds).toHaveLength(2));
    expect(shelf.lastAdd.options.isTested).toBe(false);
  });

  test('survives the shelf’s worker', async () => {
    await openModels();
    await startAdding();
    shelf.ports[0].onCrash('out of memory');
    await expect.element(at('adding-problem')).toHaveTextContent('ended unexpectedly');
    await at('add-model').click();
    await eventually(() => expect(shelf.adds).toHaveLength(2));
    expect(shelf.ports).toHaveLength(2);
    shelf.finish();
    await expect.element(at('added')).toBeVisible();
  });

  test('shows a model that cannot be read, and removes it', async () => {
    shelf.state = { ...shelf.state, damaged: ['old-model'] };
    await openModels();
    await expect.element(at('damaged')).toHaveTextContent('old-model');
    await page.getByRole('group', { name: 'old-model' }).getByTestId('remove-damaged').click();
    await expect.element(at('damaged')).not.toBeInTheDocument();
  });

  test('goes on with an unfinished download, or forgets it', async () => {
    const origin = { kind: 'hub', repo: 'google/ddpm-church-256' } as const;
    const download = { id: 'part-1', origin, loadedBytes: 120e6, totalBytes: 454e6 };
    shelf.state = { ...shelf.state, unfinished: [download] };
    await openModels();
    await expect.element(at('unfinished')).toHaveTextContent('120 MB of 454 MB');
    await page.getByRole('group', { name: origin.repo }).getByTestId('continue-download').click();
    await expect.element(at('model-form')).toBeVisible();
    expect(shelf.lookedAt).toEqual([origin]);
    await eventually(() => expect(focused()).toBe('adder-heading'));
    await at('remove-download').click();
    await expect.element(at('unfinished')).not.toBeInTheDocument();
    await eventually(() => expect(focused()).toBe('models-heading'));
  });

  // WCAG 2.4.3: focus that falls back to the page begins anew at its top.
  test('keeps the keyboard from step to step', async () => {
    const heading = () => eventually(() => expect(focused()).toBe('adder-heading'));
    await openModels();
    await at('address').getByRole('textbox').fill('google/ddpm-church-256');
    await at('look').click();
    await expect.element(at('model-form')).toBeVisible();
    await heading();
    await at('add-model').click();
    await eventually(() => expect(shelf.adds).toHaveLength(1));
    await heading();
    shelf.isHeeded = false;
    await at('cancel-adding').click();
    await expect.element(at('cancel-adding')).toHaveTextContent('Stopping');
    await heading();
    shelf.finish();
    await at('use-added').click();
    await expect.element(at('drop-zone')).toBeVisible();
    await heading();
  });
});

describe('the device', () => {
  test('and its precision are said, and another precision loads the model anew', async () => {
    await openPanel();
    workers.last.ready({ precision: 'float16' });
    await at('advanced').getByRole('button').first().click();
    await expect.element(at('device')).toHaveTextContent('Now: WebGPU, test adapter, 16-bit');
    await at('precision').click();
    await page.getByRole('option', { name: 'Full, 32-bit' }).click();
    await eventually(() => expect(workers.workers).toHaveLength(2));
    expect(workers.last.sent[0]).toMatchObject({ kind: 'load', precision: 'float32' });
  });
});

test('the page of models speaks Chinese', async () => {
  shelf.state = { ...shelf.state, models: [shelfModel('church-256', 'Church 256')] };
  await openModels();
  app.change('localechange', { locale: 'zh-CN' });
  await expect.element(at('look')).toHaveTextContent('查看');
  app.change('localechange', { locale: 'en-US' });
  await expect.element(at('look')).toHaveTextContent('Look');
});

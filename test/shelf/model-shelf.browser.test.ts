/**
 * The shelf's worker on real storage and real files. Oracles: the shipped model's own card, the
 * files' sizes, and a fill worker that loads what was added.
 */
import { proxy, wrap, type Remote } from 'comlink';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type {
  AddModelProgress,
  ModelLook,
  ModelOrigin,
  ModelShelfApi,
  Outcome,
  ShelfModel,
} from '../../src/protocol/model-shelf-api.js';
import { lockName } from '../../src/shelf/store/lock.js';

const garden = '/models/garden-64/';
const weightsName = 'diffusion_pytorch_model.fp16.safetensors';

let worker: Worker;
let shelf: Remote<ModelShelfApi>;

const fetched = new Map<string, Promise<ArrayBuffer>>();

async function fileOf(name: string): Promise<File> {
  const get = async () => (await fetch(`${garden}${name}?raw`)).arrayBuffer();
  const bytes = fetched.get(name) ?? get();
  fetched.set(name, bytes);
  return new File([await bytes], name);
}

async function clear(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry('models', { recursive: true }).catch(() => undefined);
}

function start(name = ''): void {
  worker = new Worker(new URL('./shelf-under-test.ts', import.meta.url), { type: 'module', name });
  shelf = wrap<ModelShelfApi>(worker);
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.isOk) return outcome.value;
  throw new Error(`${outcome.code}: ${outcome.message}`);
}

const nothing = () => undefined;

function optionsOf(look: ModelLook) {
  return { id: look.id, words: look.words, preset: null, isTested: true };
}

beforeAll(clear);
beforeAll(() => start());
afterAll(clear);
afterEach(() => {
  worker.terminate();
  start();
});

test('an empty shelf says where it keeps things', async () => {
  const { storage, models, unfinished, usage } = valueOf(await shelf.read());
  expect([storage, models, unfinished]).toEqual(['opfs', [], []]);
  expect(usage?.quotaBytes).toBeGreaterThan(1e6);
});

test('a checkpoint dropped with its configs becomes a model that has passed its test', async () => {
  const files = await Promise.all(
    [weightsName, 'config.json', 'scheduler_config.json', 'card.json'].map((name) => fileOf(name)),
  );
  const origin = { kind: 'files', files } as const;
  const look = valueOf(await shelf.look(origin));
  expect(look).toMatchObject({ nativeSize: 64, questions: [], weights: weightsName });
  // The shipped model has that id.
  expect(look.id).toBe('garden-64-2');
  const stages: AddModelProgress[] = [];
  const added = valueOf(
    await shelf.add(
      origin,
      optionsOf(look),
      proxy((progress: AddModelProgress) => void stages.push(progress)),
    ),
  );
  expect([...new Set(stages.map(({ stage }) => stage))]).toEqual(['read', 'convert', 'test']);
  expect(stages.at(-1)).toEqual({ stage: 'test', done: 8, total: 8 });
  expect(added.source).toEqual({ kind: 'stored', id: 'garden-64-2' });
  expect(added.speed?.msPerCall).toBeGreaterThan(0);
  expect(added.manifest.card.network).toMatchObject({ parameters: 13093260, pixelUnshuffle: 2 });
  const kept = valueOf(await shelf.read());
  expect(kept.models).toEqual([added]);
});

test('what was added is there for the next worker, and gone when removed', async () => {
  const { models } = valueOf(await shelf.read());
  expect(models.map(({ manifest }) => manifest.card.id)).toEqual(['garden-64-2']);
  valueOf(await shelf.remove('garden-64-2'));
  expect(valueOf(await shelf.read()).models).toEqual([]);
});

test('a model that cannot be read keeps its name and its files until it is removed', async () => {
  const root = await navigator.storage.getDirectory();
  const models = await root.getDirectoryHandle('models', { create: true });
  const folder = await models.getDirectoryHandle('added-garden-64-2', { create: true });
  const entry = await folder.getFileHandle('model.json', { create: true });
  const stream = await entry.createWritable();
  await stream.write('{"of":"another version"}');
  await stream.close();
  expect(valueOf(await shelf.read()).damaged).toEqual(['garden-64-2']);
  const files = [await fileOf(weightsName), await fileOf('config.json'), await fileOf('card.json')];
  expect(valueOf(await shelf.look({ kind: 'files', files })).id).toBe('garden-64-3');
  valueOf(await shelf.remove('garden-64-2'));
  expect(valueOf(await shelf.read()).damaged).toEqual([]);
});

test('a cancel stops the conversion and leaves nothing', async () => {
  const files = await Promise.all(
    [weightsName, 'config.json', 'scheduler_config.json'].map((name) => fileOf(name)),
  );
  const origin = { kind: 'files', files } as const;
  const look = valueOf(await shelf.look(origin));
  const outcome = await shelf.add(
    origin,
    optionsOf(look),
    proxy(() => void shelf.cancel()),
  );
  expect(outcome).toMatchObject({ isOk: false, code: 'cancelled' });
  expect(valueOf(await shelf.read()).models).toEqual([]);
});

/** Adds the shipped checkpoint as a new one; `duringTest` is called after the self-test's first call. */
async function addTested(duringTest: () => Promise<unknown>): Promise<Outcome<ShelfModel>> {
  const names = [weightsName, 'config.json', 'scheduler_config.json'];
  const origin = { kind: 'files', files: await Promise.all(names.map((name) => fileOf(name))) };
  const look = valueOf(await shelf.look(origin as ModelOrigin));
  const onProgress = ({ stage, done }: AddModelProgress) => {
    if (stage === 'test' && done === 1) void duringTest();
  };
  return shelf.add(origin as ModelOrigin, optionsOf(look), proxy(onProgress));
}

test('a cancel stops the self-test, also where a call lets nothing in', async () => {
  const outcome = await addTested(() => shelf.cancel());
  expect(outcome).toMatchObject({ isOk: false, code: 'cancelled' });
});

test('reading the shelf spares the model that is being added, also without locks', async () => {
  worker.terminate();
  start('without locks');
  const added = valueOf(await addTested(() => shelf.read()));
  valueOf(await shelf.remove(added.manifest.card.id));
});

test('files that are no model are refused with a sentence; missing ones are asked for', async () => {
  const notes = new File(['hello'], 'notes.txt');
  expect(await shelf.look({ kind: 'files', files: [notes] })).toMatchObject({
    isOk: false,
    code: 'modelUnusable',
  });
  const files = [await fileOf(weightsName), await fileOf('config.json')];
  const look = valueOf(await shelf.look({ kind: 'files', files }));
  expect(look.questions).toEqual([{ kind: 'missingFiles', names: ['scheduler_config.json'] }]);
});

/** An import that fails as soon as it may begin. */
async function addNotes(): Promise<Outcome<unknown>> {
  const files = [new File(['hello'], 'notes.txt')];
  const words = { name: 'Notes', licence: '', trainingData: '', bias: '' };
  const options = { id: 'notes', words, preset: null, isTested: true };
  return shelf.add({ kind: 'files', files }, options, proxy(nothing));
}

/** What an import says that begins while another window holds the lock, until something it then waits for. */
async function addBeside(wait: () => Promise<unknown>): Promise<Outcome<unknown>> {
  let outcome: Promise<Outcome<unknown>> | undefined;
  await navigator.locks.request(lockName, async () => {
    outcome = addNotes();
    await Promise.race([wait(), outcome]);
  });
  if (!outcome) throw new Error('The lock was not granted.');
  return outcome;
}

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a window that is closing, or a worker just killed, is waited for', async () => {
  expect(await addBeside(() => after(500))).toMatchObject({ isOk: false, code: 'modelUnusable' });
});

test('a second import is refused with what to do while another goes on', async () => {
  const refusal = {
    isOk: false,
    code: 'badRequest',
    message: expect.stringMatching(/^Another model is being added.*wait until/) as string,
  };
  expect(await addBeside(() => new Promise(() => undefined))).toMatchObject(refusal);
  let second: Promise<Outcome<unknown>> | undefined;
  const first = await addBeside(() => (second = addNotes()));
  expect(first).toMatchObject({ code: 'modelUnusable' });
  expect(await second).toMatchObject(refusal);
});

test('a cancel while waiting for another window is a cancel', async () => {
  expect(await addBeside(() => after(300).then(() => shelf.cancel()))).toMatchObject({
    isOk: false,
    code: 'cancelled',
  });
});

test('an address is looked at by range, downloaded, converted and forgotten', async () => {
  const url = new URL(`${garden}${weightsName}`, location.origin).href;
  const origin = { kind: 'url', url } as const;
  const look = valueOf(await shelf.look(origin));
  expect(look.questions).toEqual([]);
  const stages: AddModelProgress[] = [];
  const added = valueOf(
    await shelf.add(
      origin,
      // Tried or not: it is no other model than from files.
      { ...optionsOf(look), isTested: false },
      proxy((progress: AddModelProgress) => void stages.push(progress)),
    ),
  );
  expect(stages[0]?.stage).toBe('download');
  const downloads = stages.filter(({ stage }) => stage === 'download');
  expect(downloads.at(-1)).toMatchObject({ done: 26214968, total: 26214968 });
  expect(added.manifest.card.checkpoint.sizeBytes).toBe(26214968);
  expect(valueOf(await shelf.read()).unfinished).toEqual([]);
  valueOf(await shelf.remove(added.manifest.card.id));
});

test('a worker killed in a download leaves a part; the next one goes on with it', async () => {
  const url = new URL(`${garden}${weightsName}`, location.origin).href;
  const origin = { kind: 'url', url } as const;
  const look = valueOf(await shelf.look(origin));
  await new Promise<void>((killed) => {
    // A late message of this one must not end the next.
    const victim = worker;
    const onProgress = () => {
      victim.terminate();
      killed();
    };
    void shelf.add(origin, optionsOf(look), proxy(onProgress));
  });
  start();
  const [left] = valueOf(await shelf.read()).unfinished;
  expect(left).toMatchObject({ origin, totalBytes: 26214968 });
  expect(left?.loadedBytes).toBeGreaterThan(0);
  const first: number[] = [];
  const outcome = await shelf.add(
    origin,
    { ...optionsOf(look), isTested: false },
    proxy(({ done }: AddModelProgress) => void first.push(done)),
  );
  const added = valueOf(outcome);
  expect(first[0]).toBeGreaterThanOrEqual(left?.loadedBytes ?? 0);
  valueOf(await shelf.remove(added.manifest.card.id));
});

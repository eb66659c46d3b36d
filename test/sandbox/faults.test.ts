/**
 * The host fails at each single call the document sandbox makes, one after another: nothing of the
 * user's is lost, nothing is added twice, and once the host answers again all is as it should be.
 */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FilledImage, NewLayer, PageEdit } from '../../src/protocol/sandbox-api.js';
import type { Geometry, NodeData } from '../../src/workbench/document.js';
import * as data from '../../src/workbench/realm/add-on-data.js';
import * as bitmaps from '../../src/workbench/realm/bitmaps.js';
import * as list from '../../src/workbench/realm/child-list.js';
import * as containers from '../../src/workbench/realm/containers.js';
import { context, editor } from '../../src/workbench/realm/editor.js';
import * as views from '../../src/workbench/realm/node-view.js';
import * as shapes from '../../src/workbench/realm/shapes.js';
import { BlobHandle } from '../../src/workbench/realm/wire.js';
import { RealmHarness } from './realm.js';

/** All of them in `npm run soak`, one in so many otherwise. */
const isLong = process.env['FUZZ'] !== undefined;
const shortForm = 12;

interface Fault {
  readonly at: number;
  /** The host does what it was asked before it fails. */
  readonly isLate: boolean;
}

const none: Fault = { at: Infinity, isLate: false };

type HostCall = (this: unknown, ...args: unknown[]) => unknown;

/** Counts the sandbox's calls into the host, and lets one of them fail. */
class HostFaults {
  calls = 0;
  private _fault = none;
  /** Calls that the stand-in makes of itself are not the sandbox's. */
  private _depth = 0;

  set(fault: Fault): void {
    this.calls = 0;
    this._fault = fault;
  }

  /** Does something that is no part of what is counted. */
  async aside<T>(action: () => Promise<T>): Promise<T> {
    const { calls, _fault: fault } = this;
    this.set(none);
    const value = await action();
    this._fault = fault;
    this.calls = calls;
    return value;
  }

  /** Puts itself before every method, getter and setter of a class of the host. */
  guard(prototype: object): void {
    for (const [name, described] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      // What the stand-in itself is told or asks, and its own view of its data.
      if (['constructor', 'data', '_items', 'on', 'selectionChanged'].includes(name)) continue;
      const guarded = { ...described };
      for (const part of ['value', 'get', 'set'] as const) {
        const call: unknown = described[part];
        if (typeof call === 'function') guarded[part] = this._guarded(name, call as HostCall);
      }
      Object.defineProperty(prototype, name, guarded);
    }
  }

  private _guarded(name: string, call: HostCall): HostCall {
    const count = (run: () => unknown) => this._count(name, run);
    return function (this: unknown, ...args: unknown[]): unknown {
      return count(() => call.apply(this, args));
    };
  }

  private _count(name: string, run: () => unknown): unknown {
    if (this._depth > 0) return run();
    const { at, isLate } = this._fault;
    const fails = ++this.calls === at;
    const failure = new Error(`the host failed at ${name}`);
    if (fails && !isLate) throw failure;
    this._depth++;
    try {
      const value = run();
      if (fails) throw failure;
      return value;
    } finally {
      this._depth--;
    }
  }
}

const faults = new HostFaults();
const ellipse: Geometry = { kind: 'ellipse', rx: 60, ry: 40 };
let host: RealmHarness;
let jobs = 0;

beforeAll(async () => {
  host = await RealmHarness.start();
  const classes = [views, containers, shapes, bitmaps, data, list]
    .flatMap((module) => Object.values(module) as unknown[])
    .filter((it): it is { prototype: object } => typeof it === 'function' && 'prototype' in it);
  for (const { prototype } of classes) faults.guard(prototype);
  for (const object of [editor, context]) {
    faults.guard(Object.getPrototypeOf(object) as object);
  }
});

const photo = (): NodeData => host.layers.find(({ geometry }) => geometry.kind === 'media')!;
const fills = (): readonly NodeData[] =>
  host.layers.filter(({ addOnData }) => addOnData['repaintFill'] !== undefined);

function layer(jobId: string): NewLayer {
  const { id } = photo();
  const image: FilledImage = {
    id,
    mediaSize: { width: 640, height: 400 },
    mediaToPage: [1, 0, 0, 1, 0, 0],
    pageId: host.pageId,
  };
  const record = {
    targetId: id,
    jobId,
    seed: 7,
    modelId: 'photo',
    modelSha256: '',
    settings: '{}',
    madeAt: 1000,
    like: 0,
    strength: 1,
  };
  const png = new BlobHandle(2, 10, 'image/png') as unknown as Blob;
  const size = { width: 60, height: 40 };
  return { image, png, pixelsToPage: [1, 0, 0, 1, 20, 30], size, record };
}

/** A photo with a marked region, two tries of it, a kept fill of another, and text over all. */
async function page(): Promise<void> {
  faults.set(none);
  host.command({ kind: 'open', bitmap: 1, width: 640, height: 400 });
  host.command({
    kind: 'addShape',
    geometry: ellipse,
    matrix: [1, 0, 0, 1, 20, 30],
    isSelected: true,
  });
  const shape = host.layers.at(-1)!.id;
  jobs++;
  await host.api.addLayer(layer(`region${jobs}.1`), 'aboveImage');
  await host.api.addLayer(layer(`region${jobs}.2`), 'aboveImage');
  await host.api.addLayer(layer(`other${jobs}.1`), 'aboveImage');
  const kept = fills().find((it) => it.addOnData['repaintFill'].includes(`other${jobs}`))!;
  await host.api.editPage({ keep: [kept.id] });
  await host.api.editPage({ mark: { regionId: `region${jobs}`, nodeIds: [shape] } });
  host.command({ kind: 'select', ids: [shape] });
}

/** What the user sees and has, without the host's own ids. */
function seen(): unknown {
  return host.layers.map(({ id, geometry, opacity, addOnData, matrix }) => [
    geometry.kind,
    opacity,
    matrix,
    Object.keys(addOnData).sort(),
    host.selection.includes(id),
  ]);
}

/** Every call of so many, before and after it is done; in the short form some. */
function faultsOf(calls: number): Fault[] {
  const step = isLong ? 1 : Math.ceil(calls / shortForm);
  const places = Array.from({ length: Math.ceil(calls / step) }, (_, k) => 1 + k * step);
  return places.flatMap((at, k) =>
    isLong
      ? [
          { at, isLate: false },
          { at, isLate: true },
        ]
      : [{ at, isLate: k % 2 === 1 }],
  );
}

/** Runs a call once for each fault in it, on a page made anew if it `changes` the page. */
async function atEachCall(
  call: () => Promise<unknown>,
  check: (isRefused: boolean) => Promise<void> | void,
  changes = true,
): Promise<void> {
  await page();
  faults.set(none);
  await call();
  const { calls } = faults;
  expect(calls).toBeGreaterThan(4);
  for (const fault of faultsOf(calls)) {
    if (changes) await page();
    faults.set(fault);
    const isRefused = await call().then(
      () => false,
      () => true,
    );
    faults.set(none);
    await check(isRefused);
  }
}

/** What a call makes of the page when nothing fails. */
async function result(call: () => Promise<unknown>): Promise<unknown> {
  await page();
  await call();
  return seen();
}

const edits: Record<string, () => PageEdit> = {
  show: () => ({ show: [fills()[0].id], hide: [fills()[1].id] }),
  keep: () => ({
    show: [fills()[0].id],
    keep: [fills()[0].id],
    hide: [fills()[1].id],
  }),
  'keep alone': () => ({
    show: [fills()[0].id],
    keep: [fills()[0].id],
    remove: [fills()[1].id, host.layers.at(-1)!.id],
  }),
  star: () => ({ star: [fills()[0].id] }),
  mark: () => ({
    mark: { regionId: 'again', nodeIds: host.selection },
    hide: host.selection,
  }),
};

describe('a host that fails at each single call', () => {
  beforeEach(() => faults.set(none));

  it('loses no selection, and is read again', async () => {
    await page();
    const { status } = await host.api.readSelection();
    const before = seen();
    await atEachCall(
      () => host.api.readSelection(),
      async () => {
        expect(seen()).toEqual(before);
        expect(await host.api.readSelection()).toMatchObject({ status });
      },
      false,
    );
  });

  it('loses no fill of the page, and is read again', async () => {
    await atEachCall(
      () => host.api.readPage(),
      async () => {
        const { fills: read, markers } = await host.api.readPage();
        expect([read.length, markers.length]).toEqual([3, 1]);
      },
      false,
    );
  });

  it('adds a layer once, and leaves the others seen until it is there', async () => {
    let job = '';
    const add = () => host.api.addLayer(layer(job), 'aboveImage');
    await atEachCall(
      () => {
        job = `region${jobs}.3`;
        return add();
      },
      async (isRefused) => {
        if (!isRefused) expect(fills()).toHaveLength(4);
        const tries = fills().filter((it) =>
          it.addOnData['repaintFill'].includes(`region${jobs}.`),
        );
        expect(tries.some(({ opacity }) => opacity > 0)).toBe(true);
        expect(await add()).toMatchObject({ status: 'added' });
        expect(fills()).toHaveLength(4);
        const added = fills().find((it) => it.addOnData['repaintFill'].includes(job));
        expect(added?.opacity).toBe(1);
      },
    );
  });

  it('brings everything back that was set aside for a rendition', async () => {
    await page();
    const before = seen();
    const restored = async () => {
      await host.api.restoreView();
      expect(seen()).toEqual(before);
    };
    await atEachCall(() => host.api.clearView(), restored);
    await atEachCall(async () => {
      await faults.aside(() => host.api.clearView());
      return host.api.restoreView();
    }, restored);
  });

  it.each(Object.keys(edits))('ends where it should when asked again: %s', async (name) => {
    const expected = await result(() => host.api.editPage(edits[name]()));
    let asked: PageEdit;
    await atEachCall(
      () => host.api.editPage((asked = edits[name]())),
      async () => {
        await host.api.editPage(asked);
        expect(seen()).toEqual(expected);
      },
    );
  });
});

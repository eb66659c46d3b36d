/** The document sandbox against the workbench's document: oracles are plane geometry by hand. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Mat2d } from '../../src/image/geometry.js';
import type {
  FillRecord,
  NewLayer,
  RegionShape,
  SelectionReading,
} from '../../src/protocol/sandbox-api.js';
import type { Geometry, Matrix, NodeData } from '../../src/workbench/document.js';
import { BlobHandle } from '../../src/workbench/realm/wire.js';
import { RealmHarness } from './realm.js';

const rectangle: Geometry = { kind: 'rectangle', width: 100, height: 50, radii: [0, 0, 0, 0] };
const quarterTurn: Matrix = [0, 1, -1, 0, 300, 100];
let host: RealmHarness;

beforeAll(async () => {
  host = await RealmHarness.start();
});

beforeEach(() => {
  host.bitmapSize = { width: 60, height: 40 };
  host.command({ kind: 'open', bitmap: 1, width: 640, height: 400 });
});

function addShape(geometry: Geometry, matrix: Matrix = [1, 0, 0, 1, 0, 0]): NodeData {
  host.command({ kind: 'addShape', geometry, matrix, isSelected: true });
  return host.layers[host.layers.length - 1];
}

function photo(): NodeData {
  return host.layers.find(({ geometry }) => geometry.kind === 'media')!;
}

function ready(reading: SelectionReading): Extract<SelectionReading, { status: 'ready' }> {
  if (reading.status !== 'ready') throw new Error(`not ready: ${reading.problem}`);
  return reading;
}

async function onlyShape(): Promise<RegionShape> {
  const { shapes } = ready(await host.api.readSelection());
  expect(shapes).toHaveLength(1);
  return shapes[0];
}

function layer(change: Partial<NewLayer> = {}): NewLayer {
  const targetId = photo()?.id ?? 'gone';
  const record: FillRecord = {
    targetId,
    jobId: 'job',
    seed: 7,
    modelId: 'garden-64',
    modelSha256: 'f'.repeat(64),
    settings: '{}',
  };
  const png = new BlobHandle(9, 10, 'image/png') as unknown as Blob;
  const pixelsToPage: Mat2d = [2, 0, 0, 2, 30, 20];
  return { targetId, png, pixelsToPage, size: { width: 60, height: 40 }, record, ...change };
}

async function added(change: Partial<NewLayer> = {}, onPage = false): Promise<NodeData> {
  const result = await host.api.addLayer(layer(change), onPage);
  if (result.status !== 'added') throw new Error(result.status);
  await Promise.resolve();
  const find = (nodes: readonly NodeData[]): NodeData | undefined =>
    nodes.find(({ id }) => id === result.layerId) ??
    nodes.map((node) => find(node.children)).find((node) => node !== undefined);
  return find(host.layers)!;
}

describe('the selection', () => {
  it('has a problem for each way of selecting too little or too much', async () => {
    host.command({ kind: 'select', ids: [] });
    expect(await host.api.readSelection()).toEqual({ status: 'problem', problem: 'noSelection' });
    host.command({ kind: 'select', ids: [photo().id] });
    expect(await host.api.readSelection()).toMatchObject({ problem: 'imageWithoutShapes' });
    addShape(rectangle, [1, 0, 0, 1, 2000, 0]);
    expect(await host.api.readSelection()).toMatchObject({ problem: 'regionOutsideImage' });
    host.command({ kind: 'delete', ids: [photo().id] });
    addShape(rectangle);
    expect(await host.api.readSelection()).toMatchObject({ problem: 'shapesWithoutImage' });
  });

  it('finds the image under a shape, and keeps its size and crop', async () => {
    addShape(rectangle);
    const { target } = ready(await host.api.readSelection());
    expect(target).toMatchObject({
      mediaSize: { width: 640, height: 400 },
      mediaToPage: [1, 0, 0, 1, 0, 0],
      isLocked: false,
    });
  });

  it('prefers a selected image to the one on top', async () => {
    const shape = addShape(rectangle);
    host.command({ kind: 'select', ids: [photo().id, shape.id] });
    const { target } = ready(await host.api.readSelection());
    expect(target.id).toBe(photo().id);
  });

  it('does not take a fill of its own for the image', async () => {
    const fill = await added();
    addShape(rectangle, [1, 0, 0, 1, 40, 40]);
    expect(ready(await host.api.readSelection()).target.id).toBe(photo().id);
    await host.api.keepLayers([fill.id]);
    expect(ready(await host.api.readSelection()).target.id).toBe(photo().id);
  });

  it('reads a locked image, and says that it is locked', async () => {
    host.command({ kind: 'lock', id: photo().id, isLocked: true });
    addShape(rectangle);
    expect(ready(await host.api.readSelection()).target.isLocked).toBe(true);
  });

  it('maps a turned shape to the page', async () => {
    addShape(rectangle, quarterTurn);
    const { localToPage, kind, isExact } = await onlyShape();
    // A quarter turn takes (100, 0) to (0, 100) before it is moved by (300, 100).
    expect(localToPage).toEqual(quarterTurn);
    expect({ kind, isExact }).toEqual({ kind: 'rectangle', isExact: true });
  });

  it('takes groups apart and carries their transforms', async () => {
    const a = addShape(rectangle, [1, 0, 0, 1, 10, 10]);
    const b = addShape({ kind: 'ellipse', rx: 30, ry: 20 }, [1, 0, 0, 1, 200, 100]);
    host.command({ kind: 'group', ids: [a.id, b.id] });
    const group = host.layers[host.layers.length - 1];
    host.command({ kind: 'transform', changes: [{ id: group.id, matrix: [0, 1, -1, 0, 400, 0] }] });
    const { shapes } = ready(await host.api.readSelection());
    expect(shapes.map(({ kind }) => kind)).toEqual(['rectangle', 'ellipse']);
    // (10, 10) turned by 90 degrees is (-10, 10); the group lies at (400, 0).
    expect(shapes[0].localToPage).toEqual([0, 1, -1, 0, 390, 10]);
  });

  it('describes round corners, ellipses and even-odd paths as path data', async () => {
    addShape({ kind: 'rectangle', width: 100, height: 50, radii: [10, 0, 99, 0] });
    // Radii over half the shorter side are cut to it.
    expect((await onlyShape()).path).toMatch(/^M 10 0 L 100 0\s+L 100 25 A 25 25 0 0 1 75 50/);
    addShape({ kind: 'ellipse', rx: 30, ry: 20 });
    expect((await onlyShape()).path).toContain('A 30 20 0 0 1 60 20');
    const bounds = { x: 0, y: 0, width: 9, height: 9 };
    addShape({ kind: 'path', path: 'M 0 0 L 9 0 L 9 9 Z', fillRule: 'evenodd', bounds });
    expect(await onlyShape()).toMatchObject({ kind: 'path', fillRule: 'evenodd', isExact: true });
  });

  it('takes a shape without the stroke that widens its bounds', async () => {
    addShape({ ...rectangle, stroke: 10 });
    expect((await onlyShape()).path).toMatch(/^M 0 0 L 100 0\s+L 100 50/);
    addShape({ kind: 'ellipse', rx: 30, ry: 20, stroke: 10 });
    expect((await onlyShape()).path).toBe('M 0 20 A 30 20 0 0 1 60 20 A 30 20 0 0 1 0 20 Z');
  });

  it('says where it knows bounds only', async () => {
    addShape({ kind: 'text', width: 80, height: 20, text: 'hello' });
    expect(await onlyShape()).toMatchObject({ kind: 'bounds', isExact: false });
  });

  it('keeps the crop of an image in page space', async () => {
    host.command({ kind: 'crop', id: photo().id, box: { x: 100, y: 50, width: 200, height: 150 } });
    addShape(rectangle, [1, 0, 0, 1, 120, 60]);
    const { crop, mediaToPage } = ready(await host.api.readSelection()).target;
    expect(crop.localToPage).toEqual([1, 0, 0, 1, 100, 50]);
    expect(crop.path).toContain('L 200 150');
    expect(mediaToPage).toEqual([1, 0, 0, 1, 0, 0]);
  });

  it('tells the panel when it changes', () => {
    host.panelCalls.length = 0;
    host.command({ kind: 'select', ids: [photo().id] });
    return Promise.resolve().then(() => expect(host.panelCalls).toEqual(['selectionChanged']));
  });
});

describe('a new layer', () => {
  it('lies right above its image, where the pixels belong', async () => {
    addShape(rectangle);
    const fill = await added();
    expect(host.layers.map(({ geometry }) => geometry.kind)).toEqual([
      'media',
      'media',
      'rectangle',
    ]);
    expect(host.layers[1].id).toBe(fill.id);
    // 60 x 40 pixels at scale 2, at (30, 20).
    expect(fill.children[0].geometry).toMatchObject({ width: 120, height: 80 });
    expect(fill.matrix).toEqual([1, 0, 0, 1, 30, 20]);
  });

  it('is turned with a turned image', async () => {
    const { matrix } = await added({ pixelsToPage: [0, 2, -2, 0, 300, 100] });
    [0, 1, -1, 0, 300, 100].forEach((value, k) => expect(matrix[k]).toBeCloseTo(value, 9));
  });

  it('undoes the transform of a group it goes into', async () => {
    host.command({ kind: 'group', ids: [photo().id] });
    const group = host.layers[0];
    host.command({
      kind: 'transform',
      changes: [{ id: group.id, matrix: [0, 2, -2, 0, 400, 10] }],
    });
    const targetId = group.children[0].id;
    // The pixels lie on the page like this: the group's own turn and scale, times 0.5, at its origin.
    const { matrix, children } = await added({ targetId, pixelsToPage: [0, 1, -1, 0, 400, 10] });
    [1, 0, 0, 1, 0, 0].forEach((value, k) => expect(matrix[k]).toBeCloseTo(value, 9));
    expect(children[0].geometry).toMatchObject({ width: 30, height: 20 });
    expect(host.layers[0].children).toHaveLength(2);
  });

  it('says when its image is gone, and goes on top of the page when asked', async () => {
    const gone = layer();
    host.command({ kind: 'delete', ids: [photo().id] });
    expect(await host.api.addLayer(gone, false)).toEqual({ status: 'targetGone' });
    expect(host.layers).toHaveLength(0);
    expect(await host.api.addLayer(gone, true)).toMatchObject({ status: 'added' });
  });

  it('is one step of undo', async () => {
    await added();
    expect(host.layers).toHaveLength(2);
    host.command({ kind: 'undo' });
    expect(host.layers).toHaveLength(1);
  });

  it('remembers its record within 3 KB, without settings if they are too long', async () => {
    const record = { ...layer().record, settings: 'x'.repeat(4000) };
    await added({ record });
    const [listed] = await host.api.listLayers();
    expect(listed.record).toEqual({ ...record, settings: '' });
  });

  it('is shown alone, kept and removed', async () => {
    const [a, b] = [await added(), await added()];
    await host.api.showLayers([a.id, b.id], [b.id]);
    const shown = await host.api.listLayers();
    expect(Object.fromEntries(shown.map(({ id, isVisible }) => [id, isVisible]))).toEqual({
      [a.id]: false,
      [b.id]: true,
    });
    await host.api.keepLayers([b.id]);
    expect((await host.api.listLayers()).map(({ id }) => id)).toEqual([a.id]);
    await host.api.removeLayers([a.id]);
    expect(host.layers.map(({ id }) => id)).toEqual([photo().id, b.id]);
  });
});

describe('original pixels', () => {
  it('come as the file itself', async () => {
    expect(await host.api.readOriginalPixels(photo().id)).toMatchObject({ handle: 1 });
  });

  it('cannot be read once the image is gone', async () => {
    await expect(host.api.readOriginalPixels('node-999')).rejects.toThrow(/no longer on the page/);
  });
});

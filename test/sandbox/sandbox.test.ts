/** The document sandbox against the workbench's document: oracles are plane geometry by hand. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { identity, type Mat2d } from '../../src/image/geometry.js';
import type {
  FilledImage,
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

let jobs = 0;

function layer(change: Partial<NewLayer> = {}): NewLayer {
  const id = photo()?.id ?? 'gone';
  const record = {
    targetId: id,
    jobId: `region.${jobs++}`,
    seed: 7,
    modelId: 'garden-64',
    modelSha256: 'f'.repeat(64),
    settings: '{}',
    madeAt: 1000,
    like: 0,
    strength: 1,
  };
  const png = new BlobHandle(9, 10, 'image/png') as unknown as Blob;
  const image: FilledImage = {
    id,
    pageId: host.pageId,
    mediaSize: { width: 640, height: 400 },
    mediaToPage: identity,
  };
  const pixelsToPage: Mat2d = [2, 0, 0, 2, 30, 20];
  return { image, png, pixelsToPage, size: { width: 60, height: 40 }, record, ...change };
}

function nodeById(id: string, nodes: readonly NodeData[] = host.layers): NodeData | undefined {
  return (
    nodes.find((node) => node.id === id) ??
    nodes.map(({ children }) => nodeById(id, children)).find((node) => node !== undefined)
  );
}

async function added(
  change: Partial<NewLayer> = {},
  place: 'aboveImage' | 'topOfPage' = 'aboveImage',
): Promise<NodeData> {
  const result = await host.api.addLayer(layer(change), place);
  if (result.status !== 'added') throw new Error(result.status);
  await Promise.resolve();
  return nodeById(result.layerId)!;
}

const opacityOf = ({ id }: NodeData) => nodeById(id)?.opacity;
const order = () => host.layers.map(({ id }) => id);

describe('the selection', () => {
  it('has a problem for each way of selecting too little or too much', async () => {
    host.command({ kind: 'select', ids: [] });
    expect(await host.api.readSelection()).toMatchObject({ problem: 'noSelection' });
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
    await host.api.editPage({ keep: [fill.id] });
    expect(ready(await host.api.readSelection()).target.id).toBe(photo().id);
  });

  it('takes the photo for a fill of it that is selected', async () => {
    const shape = addShape(rectangle);
    const fill = await added();
    host.command({ kind: 'select', ids: [fill.id, shape.id] });
    expect(ready(await host.api.readSelection()).target.id).toBe(photo().id);
    host.command({ kind: 'select', ids: [fill.id] });
    expect(await host.api.readSelection()).toMatchObject({
      problem: 'imageWithoutShapes',
      target: { id: photo().id },
    });
    host.command({ kind: 'delete', ids: [photo().id] });
    host.command({ kind: 'select', ids: [fill.id] });
    expect(await host.api.readSelection()).toMatchObject({ problem: 'fillSelected', target: null });
  });

  it('names the photo that is selected alone', async () => {
    host.command({ kind: 'select', ids: [photo().id] });
    expect(await host.api.readSelection()).toMatchObject({
      problem: 'imageWithoutShapes',
      target: { id: photo().id, mediaSize: { width: 640, height: 400 } },
    });
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
    const turned: Mat2d = [0, 2, -2, 0, 400, 10];
    host.command({ kind: 'transform', changes: [{ id: group.id, matrix: turned }] });
    const image = { ...layer().image, id: group.children[0].id, mediaToPage: turned };
    // The pixels lie on the page like this: the group's own turn and scale, times 0.5, at its origin.
    const { matrix, children } = await added({ image, pixelsToPage: [0, 1, -1, 0, 400, 10] });
    [1, 0, 0, 1, 0, 0].forEach((value, k) => expect(matrix[k]).toBeCloseTo(value, 9));
    expect(children[0].geometry).toMatchObject({ width: 30, height: 20 });
    expect(host.layers[0].children).toHaveLength(2);
  });

  it('follows an image that was moved, turned and enlarged while it was filled', async () => {
    const late = layer();
    const matrix: Matrix = [0, 2, -2, 0, 500, 40];
    host.command({ kind: 'transform', changes: [{ id: photo().id, matrix }] });
    const { layerId } = (await host.api.addLayer(late, 'aboveImage')) as { layerId: string };
    const fill = nodeById(layerId)!;
    // Its corner lay at (30, 20) of the photo: turned (-20, 30), doubled, moved.
    [0, 1, -1, 0, 460, 100].forEach((value, k) => expect(fill.matrix[k]).toBeCloseTo(value, 9));
    expect(fill.children[0].geometry).toMatchObject({ width: 240, height: 160 });
  });

  it.each<[string, Matrix]>([
    ['mirrored', [-1, 0, 0, 1, 640, 0]],
    ['stretched', [1, 0, 0, 2, 0, 0]],
  ])('says when its image was %s meanwhile', async (_, matrix) => {
    const late = layer();
    host.command({ kind: 'transform', changes: [{ id: photo().id, matrix }] });
    expect(await host.api.addLayer(late, 'aboveImage')).toEqual({ status: 'targetChanged' });
    expect(host.layers).toHaveLength(1);
  });

  it('says when its image is gone, and goes on top of the page when asked', async () => {
    const gone = layer();
    host.command({ kind: 'delete', ids: [photo().id] });
    expect(await host.api.addLayer(gone, 'aboveImage')).toEqual({ status: 'targetGone' });
    expect(host.layers).toHaveLength(0);
    expect(await host.api.addLayer(gone, 'topOfPage')).toMatchObject({ status: 'added' });
  });

  it('waits for its page, and knows when that is gone', async () => {
    const late = layer();
    host.command({ kind: 'page', index: 1 });
    expect(await host.api.addLayer(late, 'aboveImage')).toEqual({ status: 'otherPage' });
    expect(host.layers).toHaveLength(0);
    host.command({ kind: 'page', index: 0 });
    host.command({ kind: 'deletePage' });
    expect(await host.api.addLayer(late, 'aboveImage')).toEqual({ status: 'targetGone' });
  });

  it('is one step of undo, and so is what it hides', async () => {
    const first = await added();
    await added();
    expect(opacityOf(first)).toBe(0);
    host.command({ kind: 'undo' });
    expect(host.layers).toHaveLength(2);
    expect(opacityOf(first)).toBe(1);
    host.command({ kind: 'undo' });
    expect(host.layers).toHaveLength(1);
  });

  it('is added once, however often it is asked for', async () => {
    const same = layer();
    const results = [
      await host.api.addLayer(same, 'aboveImage'),
      await host.api.addLayer(same, 'aboveImage'),
      await host.api.addLayer(same, 'topOfPage'),
    ];
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(host.layers).toHaveLength(2);
  });

  it('lies above every earlier fill that it touches, and below what else is there', async () => {
    const [under, beside] = [await added(), await added({ pixelsToPage: [1, 0, 0, 1, 400, 300] })];
    const text = addShape({ kind: 'text', width: 80, height: 20, text: 'hello' });
    const over = await added();
    expect(order()).toEqual([photo().id, beside.id, under.id, over.id, text.id]);
    await host.api.editPage({ keep: [over.id] });
    const last = await added();
    expect(order().indexOf(last.id)).toBe(order().indexOf(over.id) + 1);
  });

  it('goes above the group an earlier fill was put in', async () => {
    const earlier = await added();
    host.command({ kind: 'group', ids: [earlier.id] });
    const group = host.layers[1].id;
    const later = await added();
    expect(order()).toEqual([photo().id, group, later.id]);
  });

  it('is a favourite until it is none any more, each in one step', async () => {
    const { id } = await added();
    await host.api.editPage({ star: [id] });
    expect((await host.api.readPage()).fills).toMatchObject([{ id, isStarred: true }]);
    await host.api.editPage({ unstar: [id] });
    expect((await host.api.readPage()).fills).toMatchObject([{ id, isStarred: false }]);
  });

  it('is numbered within its photo, and keeps its number', async () => {
    const fills = [await added(), await added(), await added()];
    await host.api.editPage({ remove: [fills[1].id] });
    await added();
    const { fills: listed } = await host.api.readPage();
    expect(listed.map(({ record }) => record.number)).toEqual([1, 3, 4]);
  });

  it('remembers its record within 3 KB, without settings if they are too long', async () => {
    const record = { ...layer().record, settings: 'x'.repeat(4000) };
    const { id } = await added({ record });
    const { fills } = await host.api.readPage();
    expect(fills[0].record).toEqual({ ...record, number: 1, settings: '' });
    // What else is noted on it still fits.
    await host.api.editPage({ hide: [id], keep: [id], mark: { regionId: 'r', nodeIds: [id] } });
  });

  it('is shown alone, kept and removed', async () => {
    const [a, b] = [await added(), await added()];
    await host.api.editPage({ show: [a.id], hide: [b.id] });
    const { fills } = await host.api.readPage();
    expect(Object.fromEntries(fills.map(({ id, isVisible }) => [id, isVisible]))).toEqual({
      [a.id]: true,
      [b.id]: false,
    });
    await host.api.editPage({ keep: [b.id], show: [b.id], remove: [a.id] });
    expect((await host.api.readPage()).fills).toMatchObject([
      { id: b.id, isKept: true, isVisible: true },
    ]);
    host.command({ kind: 'undo' });
    expect((await host.api.readPage()).fills).toMatchObject([
      { id: a.id, isKept: false, isVisible: true },
      { id: b.id, isKept: false, isVisible: false },
    ]);
  });

  it('comes above a kept fill that would cover it when it is shown', async () => {
    const [first, second] = [await added(), await added()];
    await host.api.editPage({ keep: [second.id] });
    await host.api.editPage({ show: [first.id] });
    expect(order()).toEqual([photo().id, second.id, first.id]);
  });

  it('gets the opacity back that its user gave it', async () => {
    const { id } = await added();
    host.command({ kind: 'opacity', id, opacity: 0.6 });
    await host.api.editPage({ hide: [id] });
    await host.api.editPage({ show: [id] });
    expect(nodeById(id)!.opacity).toBe(0.6);
  });
});

describe('data on a layer that no fill of ours would have', () => {
  const good = { ...layerRecord(), number: 1 };
  it.each([
    '{}',
    '5',
    '[]',
    'null',
    '"text"',
    'no JSON',
    JSON.stringify({ ...good, jobId: 7 }),
    JSON.stringify({ ...good, seed: 'x' }),
    JSON.stringify({ ...good, number: null }),
    // A date that no calendar has: it would end the gallery's drawing.
    JSON.stringify({ ...good, madeAt: 1e300 }),
    JSON.stringify({ ...good, seed: 1.5 }),
    JSON.stringify({ ...good, seed: 2 ** 32 }),
    JSON.stringify({ ...good, like: -1 }),
    JSON.stringify({ ...good, strength: 7 }),
    JSON.stringify([good]),
  ])('is skipped and left alone: %s', async (text) => {
    const honest = await added();
    host.command({ kind: 'addOnData', id: photo().id, key: 'repaintFill', value: text });
    const { fills } = await host.api.readPage();
    expect(fills.map(({ id }) => id)).toEqual([honest.id]);
    await added();
    expect(photo().addOnData['repaintFill']).toBe(text);
    // The photo is still a photo to fill.
    addShape(rectangle, [1, 0, 0, 1, 300, 200]);
    expect(ready(await host.api.readSelection()).target.id).toBe(photo().id);
  });

  function layerRecord() {
    const texts = { targetId: 't', jobId: 'j', modelId: 'm', modelSha256: 's', settings: '{}' };
    return { ...texts, seed: 1, madeAt: 1 };
  }
});

describe('a marker', () => {
  it('goes out of the way and comes back, each in one step of undo', async () => {
    const shape = addShape(rectangle);
    await host.api.editPage({
      mark: { regionId: 'r1', nodeIds: [shape.id] },
      hide: [shape.id],
    });
    expect(opacityOf(shape)).toBe(0);
    // It still marks the region.
    expect(ready(await host.api.readSelection()).shapes).toHaveLength(1);
    const marker = { nodeId: shape.id, regionId: 'r1', isVisible: false };
    expect((await host.api.readPage()).markers).toEqual([marker]);
    host.command({ kind: 'undo' });
    expect(opacityOf(shape)).toBe(1);
    expect((await host.api.readPage()).markers).toEqual([]);
  });

  it('is selected again with its region', async () => {
    const shape = addShape(rectangle);
    await host.api.editPage({ mark: { regionId: 'r1', nodeIds: [shape.id] }, hide: [shape.id] });
    host.command({ kind: 'select', ids: [] });
    await host.api.editPage({ show: [shape.id], select: [shape.id] });
    expect(host.selection).toEqual([shape.id]);
    expect(opacityOf(shape)).toBe(1);
  });
});

describe('the view for a picture of the page', () => {
  it('is free of markers, selected shapes and fills nobody has kept, and comes back', async () => {
    const old = addShape(rectangle);
    await host.api.editPage({ mark: { regionId: 'old', nodeIds: [old.id] } });
    const [kept, second] = [await added(), await added()];
    await host.api.editPage({ keep: [kept.id], show: [kept.id, second.id] });
    const text = addShape({ kind: 'text', width: 80, height: 20, text: 'hello' });
    const shape = addShape(rectangle);
    host.command({ kind: 'opacity', id: shape.id, opacity: 0.5 });
    const { backdrop } = await host.api.readSelection();
    expect(backdrop.isCluttered).toBe(true);
    await host.api.clearView();
    expect([kept, text, photo()].map(opacityOf)).toEqual([1, 1, 1]);
    expect([old, second, shape].map(opacityOf)).toEqual([0, 0, 0]);
    expect(await host.api.restoreView()).toEqual({ pageId: host.pageId, restored: 3 });
    expect([old, second, shape].map(opacityOf)).toEqual([1, 1, 0.5]);
    expect(nodeById(shape.id)!.addOnData).toEqual({});
    expect(await host.api.restoreView()).toMatchObject({ restored: 0 });
  });

  it('changes its name with the picture, and not with what marks it', async () => {
    const key = async () => (await host.api.readSelection()).backdrop.key;
    const bare = await key();
    const shape = addShape(rectangle);
    expect(await key()).toBe(bare);
    const fill = await added();
    expect(await key()).toBe(bare);
    await host.api.editPage({ keep: [fill.id] });
    expect(await key()).not.toBe(bare);
    await host.api.editPage({ remove: [fill.id] });
    expect(await key()).toBe(bare);
    host.command({ kind: 'select', ids: [] });
    // A shape that neither marks nor is selected is part of the design.
    expect(await key()).not.toBe(bare);
    expect(shape.id).toBeTruthy();
  });
});

describe('kept fills', () => {
  it('expand their photo: a shape that lies on one alone lies on the photo', async () => {
    const past = await added({ pixelsToPage: [2, 0, 0, 2, 600, 20] });
    addShape(rectangle, [1, 0, 0, 1, 660, 30]);
    expect(await host.api.readSelection()).toMatchObject({ problem: 'regionOutsideImage' });
    await host.api.editPage({ keep: [past.id] });
    const { target } = ready(await host.api.readSelection());
    expect(target).toMatchObject({ id: photo().id, kept: [{ id: past.id, isOwn: true }] });
    addShape(rectangle, [1, 0, 0, 1, 730, 30]);
    expect(await host.api.readSelection()).toMatchObject({ problem: 'regionOutsideImage' });
  });

  it('tell which photo they were made for', async () => {
    const record = { ...layer().record, targetId: 'another' };
    const over = await added({ record });
    await host.api.editPage({ keep: [over.id] });
    addShape(rectangle, [1, 0, 0, 1, 40, 40]);
    const { target } = ready(await host.api.readSelection());
    expect(target.kept).toMatchObject([{ id: over.id, isOwn: false }]);
  });

  it('are part of the picture that is continued, as long as they are seen', async () => {
    const [kept, tried] = [await added(), await added()];
    await host.api.editPage({ keep: [kept.id], show: [kept.id, tried.id] });
    addShape(rectangle);
    const keptNow = async () => ready(await host.api.readSelection()).target.kept;
    expect(await keptNow()).toMatchObject([
      { id: kept.id, mediaSize: { width: 120, height: 80 }, mediaToPage: [1, 0, 0, 1, 30, 20] },
    ]);
    await host.api.editPage({ hide: [kept.id] });
    expect(await keptNow()).toEqual([]);
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

/** What is marked in the panel, over what the host's shapes mark. */
import { describe, expect, test } from 'vitest';
import type { Rect } from '../../src/image/geometry.js';
import { box, capsule, ellipse, Gesture, stampOf } from '../../src/ui/marking/gesture.js';
import { Marks, type Stamp } from '../../src/ui/marking/marks.js';
import { toPhoto, wholeView, within, zoomed } from '../../src/ui/marking/view.js';

const photo = { width: 300, height: 200 };

function stamp(window: Rect, value = 255): Stamp {
  const { width, height } = window;
  const data = new Uint8Array(width * height).fill(value);
  return { window, coverage: { width, height, data } };
}

const shape = stamp({ x: 10, y: 10, width: 100, height: 50 });
const stroke = stamp({ x: 90, y: 20, width: 60, height: 10 });

/** What is marked, in pixels of full coverage. */
function area({ coverage }: Marks): number {
  return coverage.data.reduce((sum, value) => sum + value, 0) / 255;
}

function at({ coverage }: Marks, x: number, y: number): number {
  return coverage.data[y * coverage.width + x];
}

function marked(): Marks {
  const marks = new Marks(photo);
  marks.setShapes(shape, null);
  return marks;
}

describe('marks', () => {
  test('add to the shapes and take away from them, also where these move', () => {
    const marks = marked();
    marks.paint(stroke, 'add');
    expect(area(marks)).toBe(100 * 50 + 40 * 10);
    marks.paint(stamp({ x: 0, y: 0, width: 20, height: 200 }), 'subtract');
    expect(area(marks)).toBe(90 * 50 + 40 * 10);
    marks.setShapes(stamp({ x: 0, y: 100, width: 30, height: 10 }), null);
    expect(area(marks)).toBe(10 * 10 + 60 * 10);
  });

  test('what is added over what was taken away is marked again', () => {
    const marks = marked();
    marks.paint(stroke, 'subtract');
    marks.paint(stroke, 'add');
    expect(area(marks)).toBe(100 * 50 + 40 * 10);
  });

  test('soft edges of overlapping stamps do not add up', () => {
    const marks = new Marks(photo);
    const soft = stamp({ x: 5, y: 5, width: 1, height: 1 }, 100);
    marks.paint(soft, 'add');
    marks.paint(soft, 'add');
    expect(at(marks, 5, 5)).toBe(100);
  });

  test('end at the crop of the photo', () => {
    const marks = new Marks(photo);
    const data = new Uint8Array(300 * 200);
    data.fill(255, 0, 300 * 25);
    marks.setShapes(null, { ...photo, data });
    marks.paint(stroke, 'add');
    expect(area(marks)).toBe(60 * 5);
  });

  test('are inverted and cleared, and every step is taken back and done again', () => {
    const marks = marked();
    const areas = [area(marks)];
    for (const change of [
      () => marks.paint(stroke, 'add'),
      () => marks.invert(),
      () => marks.paint(shape, 'subtract'),
      () => marks.clear(),
    ]) {
      change();
      areas.push(area(marks));
    }
    expect(areas).toEqual([5000, 5400, 60000 - 5400, 60000 - 5400, 5000]);
    expect(marks.isPainted).toBe(false);
    for (const before of areas.slice(0, -1).reverse()) {
      marks.undo();
      expect(area(marks)).toBe(before);
    }
    expect(marks.canUndo).toBe(false);
    for (const after of areas.slice(1)) {
      marks.redo();
      expect(area(marks)).toBe(after);
    }
    expect(marks.canRedo).toBe(false);
  });

  test('a new step forgets what was undone; one stroke is one step', () => {
    const marks = new Marks(photo);
    marks.paint(stroke, 'add');
    marks.undo();
    marks.begin();
    marks.paint(shape, 'add');
    marks.paint(stroke, 'add');
    marks.end();
    expect(marks.canRedo).toBe(false);
    marks.undo();
    expect([area(marks), marks.canUndo]).toEqual([0, false]);
  });

  test('a stroke that is given up leaves nothing', () => {
    const marks = marked();
    marks.begin();
    marks.paint(stroke, 'add');
    marks.cancel();
    expect([area(marks), marks.canUndo]).toEqual([5000, false]);
  });

  test('a stamp beyond the photo is refused', () => {
    const outside = stamp({ x: 290, y: 0, width: 20, height: 10 });
    expect(() => new Marks(photo).paint(outside, 'add')).toThrow('within 300 x 200');
  });
});

describe('a gesture', () => {
  const [from, to] = [
    { x: 100, y: 100 },
    { x: 160, y: 100 },
  ];

  test('of the brush covers its way with round ends', () => {
    const marks = new Marks(photo);
    const brush = new Gesture(marks, 'brush', 'add', from, 10);
    brush.moveTo(to, 10);
    expect(area(marks)).toBeGreaterThan(0);
    brush.end();
    // 48 corners instead of a circle: under 1 % less.
    const exact = 60 * 20 + Math.PI * 100;
    expect(Math.abs(area(marks) - exact)).toBeLessThan(0.01 * exact);
    marks.undo();
    expect(area(marks)).toBe(0);
  });

  test.each([
    ['rectangle', 60 * 40],
    ['ellipse', Math.PI * 30 * 20],
  ] as const)('of the %s covers its box', (tool, exact) => {
    const marks = new Marks(photo);
    const gesture = new Gesture(marks, tool, 'add', from);
    gesture.moveTo({ x: 160, y: 140 });
    expect(area(marks)).toBe(0);
    gesture.end();
    expect(Math.abs(area(marks) - exact)).toBeLessThan(0.01 * exact);
  });

  test('of the lasso covers what it goes around, and takes away where that was chosen', () => {
    const marks = new Marks(photo);
    const way = [to, { x: 160, y: 160 }, { x: 100, y: 160 }];
    for (const [mode, expected] of [
      ['add', 3600],
      ['subtract', 0],
    ] as const) {
      const lasso = new Gesture(marks, 'lasso', mode, from);
      for (const point of way) lasso.moveTo(point);
      lasso.end();
      expect(area(marks)).toBe(expected);
    }
  });

  test('beyond the photo marks what lies on it', () => {
    expect(stampOf(box({ x: -50, y: -50 }, { x: 10, y: 10 }), photo)?.window).toEqual({
      x: 0,
      y: 0,
      width: 10,
      height: 10,
    });
    expect(stampOf(ellipse({ x: 400, y: 0 }, { x: 500, y: 50 }), photo)).toBeNull();
    expect(stampOf(capsule(from, from, 5), photo)?.coverage.data[5 * 10 + 5]).toBe(255);
  });
});

describe('the view', () => {
  const place = { width: 150, height: 150 };

  test('shows the whole photo, centred', () => {
    expect(wholeView(photo, place)).toEqual({ scale: 0.5, x: 0, y: 25 });
  });

  test('zooms about the pointer, and not beyond its limits', () => {
    const whole = wholeView(photo, place);
    const pointer = { x: 75, y: 75 };
    const close = zoomed(whole, 4, pointer, photo, place);
    expect(close.scale).toBe(2);
    expect(toPhoto(close, pointer)).toEqual(toPhoto(whole, pointer));
    expect(zoomed(close, 1000, pointer, photo, place).scale).toBe(16);
    expect(zoomed(close, 0, pointer, photo, place)).toEqual(whole);
  });

  test('is not moved off the photo', () => {
    expect(within({ scale: 2, x: 40, y: -900 }, photo, place)).toEqual({ scale: 2, x: 0, y: -250 });
  });
});

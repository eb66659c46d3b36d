/** What is marked on one photo: the host's shapes, and what was added or taken away in the panel. */
import { checkCrop } from '../../image/planar.js';
import { coverageBounds } from '../../image/coverage.js';
import { moved, unionOf, type Rect, type Size } from '../../image/geometry.js';
import type { Coverage } from '../../image/raster.js';

export type MarkMode = 'add' | 'subtract';

/** Coverage of a part of the picture. Units: whole pixels of it. */
export interface Stamp {
  readonly window: Rect;
  readonly coverage: Coverage;
}

/** What is marked on: a photo, with what there is around it. Units: whole pixels. */
export interface MarkedPicture extends Size {
  /** All of it where it is not given. */
  readonly photo?: Rect;
}

/**
 * What was marked in the panel. Shapes: planes [2*height*width] of the window, what was added and
 * what was erased. Units: pixels from the photo's corner, so negative beyond it.
 */
export interface Painted {
  readonly window: Rect;
  readonly planes: Uint8Array<ArrayBuffer>;
}

/** Sides of the squares that are kept for undoing, pixels. */
const tileSide = 128;
/** What undoing may hold: both planes of some hundred tiles of a large photo. */
const undoBytes = 96e6;

type Planes = readonly [added: Uint8Array<ArrayBuffer>, erased: Uint8Array<ArrayBuffer>];
/** Tiles as they were before a step, by their number. */
type Step = Map<number, Planes>;

/**
 * Two planes over the host's shapes: marked is what the shapes or `added` cover and `erased` does
 * not, within the photo's visible crop. The shapes may still move; what was painted stays.
 */
export class Marks {
  /** What is marked; changed in place. Shapes: [height*width]. */
  readonly coverage: Coverage;
  /** Where the photo lies in what is marked on. */
  readonly photo: Rect;
  private readonly _planes: Planes;
  private _shapes: Stamp | null = null;
  private _crop: Coverage | null = null;
  private _painted: boolean | null = false;
  private _steps: Step[] = [];
  private _undone: Step[] = [];
  private _open: Step | null = null;

  constructor({ width, height, photo = { x: 0, y: 0, width, height } }: MarkedPicture) {
    this.photo = photo;
    const plane = () => new Uint8Array(width * height);
    this.coverage = { width, height, data: plane() };
    this._planes = [plane(), plane()];
  }

  /** Takes the host's shapes, and the crop where it is not the whole picture. */
  setShapes(shapes: Stamp | null, crop: Coverage | null): void {
    this._shapes = shapes;
    this._crop = crop;
    this._compose(this._whole);
  }

  /** The photo's visible part, where it is not the whole picture. */
  get crop(): Coverage | null {
    return this._crop;
  }

  /** True when anything was marked in the panel. */
  get isPainted(): boolean {
    this._painted ??= this._planes.some(hasAny);
    return this._painted;
  }

  get canUndo(): boolean {
    return this._steps.length > 0;
  }

  get canRedo(): boolean {
    return this._undone.length > 0;
  }

  /** Begins what one undo takes back. */
  begin(): void {
    this._open = new Map();
  }

  end(): void {
    if (this._open && this._open.size > 0) {
      this._steps.push(this._open);
      this._undone = [];
      this._forgetOldest();
    }
    this._open = null;
  }

  /** Takes back what was done since `begin`. */
  cancel(): void {
    if (this._open) this._swap(this._open);
    this._open = null;
  }

  /** Adds a stamp, or takes it away. Throws: RangeError when it leaves the photo. */
  paint({ window, coverage }: Stamp, mode: MarkMode): void {
    checkCrop(this.coverage, window);
    this._step(() => {
      this._save(window);
      const [into, outOf] = mode === 'add' ? this._planes : [...this._planes].reverse();
      eachPixel(this.coverage, window, (i, k) => {
        const value = coverage.data[k];
        if (value > into[i]) into[i] = value;
        if (255 - value < outOf[i]) outOf[i] = 255 - value;
      });
      this._compose(window);
    });
  }

  invert(): void {
    this._step(() => {
      this._save(this._whole);
      const [added, erased] = this._planes;
      erased.set(this.coverage.data);
      for (let i = 0; i < added.length; i++) added[i] = 255 - erased[i];
      this._compose(this._whole);
    });
  }

  /** Forgets what was marked in the panel; the host's shapes stay. */
  clear(): void {
    this._step(() => {
      this._save(this._whole);
      for (const plane of this._planes) plane.fill(0);
      this._compose(this._whole);
    });
  }

  /** Where anything was marked in the panel. Units: pixels from the photo's corner. */
  get paintedBounds(): Rect | null {
    const bounds = this._paintedWindow;
    return bounds && moved(bounds, this.photo);
  }

  /** Copies out what was marked in the panel, null where nothing was. */
  painted(): Painted | null {
    const window = this._paintedWindow;
    if (!window) return null;
    const area = window.width * window.height;
    const planes = new Uint8Array(2 * area);
    this._planes.forEach((plane, at) =>
      eachPixel(this.coverage, window, (i, k) => (planes[at * area + k] = plane[i])),
    );
    return { window: moved(window, this.photo), planes };
  }

  /** Puts back what `painted` copied; nothing to undo. Throws: RangeError when it leaves the picture. */
  restore({ window: { x, y, width, height }, planes }: Painted): void {
    const window = { x: x + this.photo.x, y: y + this.photo.y, width, height };
    checkCrop(this.coverage, window);
    this._planes.forEach((plane, at) =>
      eachPixel(
        this.coverage,
        window,
        (i, k) => (plane[i] = planes[at * window.width * window.height + k]),
      ),
    );
    this._compose(window);
  }

  undo(): void {
    const step = this._steps.pop();
    if (step) this._undone.push(this._swap(step));
  }

  redo(): void {
    const step = this._undone.pop();
    if (step) this._steps.push(this._swap(step));
  }

  private get _paintedWindow(): Rect | null {
    if (!this.isPainted) return null;
    return unionOf(
      this._planes.flatMap((data) => coverageBounds({ ...this.coverage, data }) ?? []),
    );
  }

  private get _whole(): Rect {
    const { width, height } = this.coverage;
    return { x: 0, y: 0, width, height };
  }

  /** A change outside of `begin` and `end` is a step of its own. */
  private _step(change: () => void): void {
    const isOwn = this._open === null;
    if (isOwn) this.begin();
    change();
    if (isOwn) this.end();
  }

  private _compose(window: Rect): void {
    const [added, erased] = this._planes;
    const { data } = this.coverage;
    const crop = this._crop?.data;
    this._painted = null;
    // The planes hold tens of millions of pixels: one plain loop a row.
    for (let y = window.y; y < window.y + window.height; y++) {
      const from = y * this.coverage.width;
      for (let i = from + window.x; i < from + window.x + window.width; i++) data[i] = added[i];
      this._addShapes(y, window);
      for (let i = from + window.x; i < from + window.x + window.width; i++) {
        const marked = Math.min(data[i], 255 - erased[i]);
        data[i] = crop ? Math.min(marked, crop[i]) : marked;
      }
    }
  }

  /** Unites one row of the coverage with the shapes. */
  private _addShapes(y: number, { x, width }: Rect): void {
    if (!this._shapes) return;
    const { window, coverage } = this._shapes;
    if (y < window.y || y >= window.y + window.height) return;
    const { data } = this.coverage;
    const first = Math.max(x, window.x);
    const end = Math.min(x + width, window.x + window.width);
    const row = (y - window.y) * window.width - window.x;
    for (let at = first; at < end; at++) {
      const i = y * this.coverage.width + at;
      data[i] = Math.max(data[i], coverage.data[row + at]);
    }
  }

  private _save(window: Rect): void {
    for (const number of this._tiles(window)) {
      if (!this._open?.has(number)) this._open?.set(number, this._copy(number));
    }
  }

  private get _columns(): number {
    return Math.ceil(this.coverage.width / tileSide);
  }

  private _tiles({ x, y, width, height }: Rect): number[] {
    const numbers: number[] = [];
    for (let row = Math.floor(y / tileSide); row * tileSide < y + height; row++) {
      for (let column = Math.floor(x / tileSide); column * tileSide < x + width; column++) {
        numbers.push(row * this._columns + column);
      }
    }
    return numbers;
  }

  private _tileRect(number: number): Rect {
    const x = (number % this._columns) * tileSide;
    const y = Math.floor(number / this._columns) * tileSide;
    const { width, height } = this.coverage;
    return { x, y, width: Math.min(tileSide, width - x), height: Math.min(tileSide, height - y) };
  }

  private _copy(number: number): Planes {
    const rect = this._tileRect(number);
    const copy = (plane: Uint8Array) => {
      const tile = new Uint8Array(rect.width * rect.height);
      eachPixel(this.coverage, rect, (i, k) => (tile[k] = plane[i]));
      return tile;
    };
    return [copy(this._planes[0]), copy(this._planes[1])];
  }

  /** Puts tiles back. Returns: what was there instead. */
  private _swap(step: Step): Step {
    const before: Step = new Map();
    for (const [number, tiles] of step) {
      before.set(number, this._copy(number));
      const rect = this._tileRect(number);
      this._planes.forEach((plane, at) =>
        eachPixel(this.coverage, rect, (i, k) => (plane[i] = tiles[at][k])),
      );
      this._compose(rect);
    }
    return before;
  }

  private _forgetOldest(): void {
    const bytes = (step: Step) => step.size * 2 * tileSide * tileSide;
    let sum = this._steps.reduce((total, step) => total + bytes(step), 0);
    while (sum > undoBytes && this._steps.length > 1) sum -= bytes(this._steps.shift()!);
  }
}

/** Calls back with each pixel's index in the photo and in the window. */
function eachPixel(
  { width }: Size,
  window: Rect,
  act: (inPhoto: number, inWindow: number) => void,
): void {
  for (let row = 0; row < window.height; row++) {
    const from = (window.y + row) * width + window.x;
    for (let column = 0; column < window.width; column++) {
      act(from + column, row * window.width + column);
    }
  }
}

function hasAny(plane: Uint8Array): boolean {
  for (let i = 0; i < plane.length; i++) if (plane[i] > 0) return true;
  return false;
}

/** Follows the host's selection: what is marked now, or why nothing can be filled. */
import type { Rect } from '../../image/geometry.js';
import type { SandboxClient } from '../host/sandbox-client.js';
import { Observed } from '../observed.js';
import { problemOf, type Problem } from '../problem.js';
import type { RegionShape, SelectionReading, TargetImage } from '../../protocol/sandbox-api.js';
import type { KeptMarks } from '../marking/kept-marks.js';
import { Marks, type Painted } from '../marking/marks.js';
import { Expander } from './expansion.js';
import type { PixelSource } from './pixels.js';
import type { Raster } from './raster.js';
import { regionOf, takeShapes, type Photo, type Region } from './region.js';

export type SelectionState =
  | { readonly kind: 'reading' }
  /** With a photo, what is wrong can be mended by marking it. */
  | { readonly kind: 'problem'; readonly problem: Problem; readonly photo: Photo | null }
  | { readonly kind: 'ready'; readonly region: Region; readonly photo: Photo };

/** The host sends many changes while the user drags. */
const debounceMs = 120;
/** The first click into the panel may see an empty selection for a moment. */
const emptyRetries = 6;
const emptyRetryMs = 60;
const keepAfterMs = 400;
/** Marks of large photos take a hundred megabytes. */
const maxMarkedPhotos = 3;

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A photo that is selected alone can be marked in the panel. */
function markable(
  selection: SelectionReading,
): { target: TargetImage; shapes: readonly RegionShape[] } | null {
  if (selection.status === 'ready') return selection;
  return selection.target && { target: selection.target, shapes: [] };
}

/** What is known to be marked on a photo: in this visit, or kept from an earlier one. */
interface KnownMarks {
  readonly marks: Marks | null;
  readonly painted: Painted | null;
  /** Units: pixels from the photo's corner. */
  readonly bounds: Rect | null;
}

const noMarks: KnownMarks = { marks: null, painted: null, bounds: null };

function isSameFrame({ coverage, photo }: Marks, raster: Raster): boolean {
  const isAt = photo.x === raster.photo.x && photo.y === raster.photo.y;
  return isAt && coverage.width === raster.width && coverage.height === raster.height;
}

/** Reads the selection when told that it changed; readings that come late are dropped. */
export class SelectionWatch extends Observed {
  state: SelectionState = { kind: 'reading' };
  /** Shapes that reach past the photo's edge expand it; else they end there. */
  expands = true;
  private readonly _expander = new Expander();
  private _shapes: readonly RegionShape[] = [];
  private _shapesProblem: Error | null = null;
  private readonly _marks = new Map<string, Marks>();
  private _reading = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _keeping: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly _sandbox: Pick<SandboxClient, 'readSelection'>,
    private readonly _pixels: PixelSource,
    private readonly _keptMarks: KeptMarks | null = null,
  ) {
    super();
  }

  /** Reads soon, once, however often it is called. */
  changedSoon(): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this.read(), debounceMs);
  }

  /** `isFresh` reads the pixels anew, too, though nothing seems to have changed. */
  async read(isFresh = false): Promise<void> {
    const reading = ++this._reading;
    const state = await this._readState(() => reading === this._reading, isFresh);
    if (reading !== this._reading) return;
    this.state = state;
    this.changed();
  }

  /** The photo's marks have changed. */
  marked(): void {
    if (this.state.kind === 'reading' || !this.state.photo) return;
    this._keepSoon(this.state.photo);
    this.state = this._stateOf(this.state.photo);
    this.changed();
  }

  private async _readState(isCurrent: () => boolean, isFresh: boolean): Promise<SelectionState> {
    try {
      const selection = await this._readSelection(isCurrent);
      const marked = markable(selection);
      if (!marked) {
        this._pixels.lookAhead?.(selection.backdrop);
        const code = selection.status === 'problem' ? selection.problem : 'noSelection';
        return { kind: 'problem', problem: { code }, photo: null };
      }
      const { target, shapes } = marked;
      const picture = await this._pixels.read(target, selection.backdrop, isFresh);
      if (!isCurrent()) return this.state;
      const painted = await this._paintedOn(target, picture);
      if (!isCurrent()) return this.state;
      const raster = this._expander.expand(target, picture, {
        shapes: this.expands ? shapes : [],
        painted: painted.bounds,
      });
      const photo = { target, raster, marks: this._marksOn(target, raster, painted) };
      this._shapes = shapes;
      this._shapesProblem = takeShapes(photo, shapes);
      return this._stateOf(photo);
    } catch (error) {
      return { kind: 'problem', problem: problemOf(error, 'imageUnreadable'), photo: null };
    }
  }

  private _stateOf(photo: Photo): SelectionState {
    try {
      // What was painted is a region also where the shapes are none.
      if (this._shapesProblem && !photo.marks.isPainted) throw this._shapesProblem;
      return { kind: 'ready', region: regionOf(photo, this._shapes), photo };
    } catch (error) {
      return { kind: 'problem', problem: problemOf(error, 'imageUnreadable'), photo };
    }
  }

  /** Written down once the hand rests: a stroke is many changes. */
  private _keepSoon({ target, marks }: Photo): void {
    clearTimeout(this._keeping);
    this._keeping = setTimeout(() => void this._keptMarks?.keep(target.id, marks), keepAfterMs);
  }

  /** What was marked on a photo stays while another is selected, as long as its size does. */
  private async _paintedOn({ id }: TargetImage, { photo }: Raster): Promise<KnownMarks> {
    const marks = this._marks.get(id) ?? null;
    if (marks) {
      const isSame = marks.photo.width === photo.width && marks.photo.height === photo.height;
      return isSame ? { ...noMarks, marks, bounds: marks.paintedBounds } : noMarks;
    }
    const painted = (await this._keptMarks?.read(id, photo)) ?? null;
    return { ...noMarks, painted, bounds: painted && painted.window };
  }

  /** The marks on a photo with what there is around it now; moved there they begin anew with undoing. */
  private _marksOn({ id }: TargetImage, raster: Raster, { marks, painted }: KnownMarks): Marks {
    const isThere = marks !== null && isSameFrame(marks, raster);
    const current = isThere ? marks : new Marks(raster);
    const moved = isThere ? null : (painted ?? marks?.painted() ?? null);
    if (moved) current.restore(moved);
    this._marks.delete(id);
    this._marks.set(id, current);
    if (this._marks.size > maxMarkedPhotos) this._marks.delete([...this._marks.keys()][0]);
    return current;
  }

  private async _readSelection(isCurrent: () => boolean): Promise<SelectionReading> {
    for (let retry = 0; ; retry++) {
      const selection = await this._sandbox.readSelection();
      const isEmpty = selection.status === 'problem' && selection.problem === 'noSelection';
      if (!isEmpty || retry === emptyRetries || !isCurrent()) return selection;
      await wait(emptyRetryMs);
    }
  }
}

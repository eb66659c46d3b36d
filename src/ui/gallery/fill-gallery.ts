/** The fills on the page: layers of the document, added, shown, kept and removed. */
import type {
  AddLayerResult,
  NewLayer,
  PageContent,
  PageEdit,
} from '../../protocol/sandbox-api.js';
import type { SandboxClient } from '../host/sandbox-client.js';
import type { Kept } from '../host/kept.js';
import { Observed } from '../observed.js';
import { ProblemError, problemOf, type Problem } from '../problem.js';
import { clearable, groupFills, triesOf, type FillSet, type GalleryFill } from './fill-sets.js';
import { Pictures } from './pictures.js';

/** A finished fill that has no place in the document yet; nothing is lost. */
export interface StrandedFill {
  readonly id: string;
  readonly layer: NewLayer;
  readonly thumbnail: string;
  readonly problem: Problem;
}

type Place = 'aboveImage' | 'topOfPage';

/** PNGs of this visit's fills that are held for a close look. */
const maxPngs = 24;

/** One change after another, each one step of undo in the document. */
export class FillGallery extends Observed {
  sets: readonly FillSet[] = [];
  stranded: readonly StrandedFill[] = [];
  /** What went wrong with the last change, until the next. */
  problem: Problem | null = null;
  /** Whole fills by layer id, as far as they were made in this visit. */
  readonly pngs = new Map<string, Blob>();
  private readonly _pictures: Pictures;
  private _page: PageContent | null = null;
  private _last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly _sandbox: SandboxClient,
    kept: Kept,
  ) {
    super();
    this._pictures = new Pictures(kept);
  }

  /** Reads the page's fills again: after a reload, an undo or a change by hand. */
  refresh(): Promise<void> {
    return this._then(async () => {
      await this._read();
      this._placeReturned();
    });
  }

  async restore(): Promise<void> {
    await this._pictures.restore();
    await this.refresh();
  }

  /**
   * Adds a fill above its image, or on top of the page, shown alone of its region's tries. Once it
   * is in the document it is added, whatever fails after that.
   */
  add(layer: NewLayer, thumbnail: string, place: Place = 'aboveImage'): Promise<void> {
    return this._then(async () => {
      const added = await this._sandbox
        .addLayer(layer, place)
        .catch((error: unknown) => problemOf(error, 'layerNotAdded'));
      if ('code' in added) return this.strand(layer, thumbnail, added);
      if (added.status !== 'added') return this.strand(layer, thumbnail, { code: added.status });
      this._remember(added, layer.png, thumbnail);
      await this._read();
    });
  }

  /** A small picture of a fill, as long as it is kept; also of one that was deleted. */
  pictureOf(layerId: string): string | null {
    return this._pictures.get(layerId);
  }

  /**
   * Returns a fill's own pixels: from this visit, else from the document where the host gives them.
   * Throws: ProblemError fillPixelsGone.
   */
  async pixelsOf(layerId: string): Promise<Blob> {
    const held = this.pngs.get(layerId);
    if (held) return held;
    return this._sandbox.readOriginalPixels(layerId).catch((error: unknown) => {
      throw new ProblemError('fillPixelsGone', String(error));
    });
  }

  /** Says what went wrong with something that is asked of a fill. */
  failed(error: unknown): void {
    this.problem = problemOf(error, 'sandboxSilent');
    this.changed();
  }

  /** Keeps a picture of a region without a fill. */
  rememberOriginal(regionId: string, picture: string): void {
    this._pictures.put(regionId, picture);
    this._group();
  }

  /** Tries again to add what could not be added. */
  async place(id: string, place: Place = 'aboveImage'): Promise<void> {
    const fill = this.stranded.find((it) => it.id === id);
    if (!fill) return;
    this.discard(id);
    await this.add(fill.layer, fill.thumbnail, place);
  }

  /** Keeps a finished fill until the user decides where it goes. */
  strand(layer: NewLayer, thumbnail: string, problem: Problem): void {
    const { jobId, seed } = layer.record;
    this.stranded = [...this.stranded, { id: `${jobId}/${seed}`, layer, thumbnail, problem }];
    this.changed();
  }

  /** Lets go of a fill that could not be added. */
  discard(id: string): void {
    this.stranded = this.stranded.filter((fill) => fill.id !== id);
    this.changed();
  }

  /** Shows one of a region's tries on the page, or with null none; kept fills stay as they are. */
  show(regionId: string, layerId: string | null): Promise<void> {
    return this._edit(regionId, (set) => ({
      show: layerId === null ? [] : [layerId],
      hide: triesOf(set).filter((id) => id !== layerId),
    }));
  }

  /** Makes a fill part of the picture; it stays in the gallery, as kept. */
  keep(regionId: string, layerId: string): Promise<void> {
    return this._edit(regionId, (set) => ({
      show: [layerId],
      keep: [layerId],
      hide: triesOf(set).filter((id) => id !== layerId),
    }));
  }

  /** Keeps a fill and removes the region's other tries but the favourites. */
  keepOnly(regionId: string, layerId: string): Promise<void> {
    return this._edit(regionId, (set) => {
      const rest = clearable(set).filter((id) => id !== layerId);
      const favourites = triesOf(set).filter((id) => id !== layerId && !rest.includes(id));
      return { ...without(set, rest, layerId), show: [layerId], keep: [layerId], hide: favourites };
    });
  }

  /** Removes a region's tries but the favourites; kept fills stay. */
  removeTries(regionId: string): Promise<void> {
    return this._edit(regionId, (set) => without(set, clearable(set)));
  }

  /** Makes a fill a favourite, or one no more. */
  star({ layerId, isStarred }: GalleryFill): Promise<void> {
    return this._change(isStarred ? { unstar: [layerId] } : { star: [layerId] });
  }

  /** Removes one fill; the region's markers are seen again when it was the last. */
  remove(regionId: string, layerId: string): Promise<void> {
    return this._edit(regionId, (set) => {
      const isLast = set.fills.every((fill) => fill.layerId === layerId);
      return isLast ? without(set, [layerId]) : { remove: [layerId] };
    });
  }

  /** Removes the shapes that marked a region; its fills stay. */
  removeMarkers(regionId: string): Promise<void> {
    return this._edit(regionId, ({ markers }) => ({ remove: markers.map(({ nodeId }) => nodeId) }));
  }

  /** Shows or hides the shapes that mark a region. */
  showMarkers(regionId: string, isShown: boolean): Promise<void> {
    return this._edit(regionId, (set) => {
      const ids = set.markers.map(({ nodeId }) => nodeId);
      return isShown ? { show: ids } : { hide: ids };
    });
  }

  /** Goes back to a region: its shapes are seen again and selected. */
  selectRegion(regionId: string): Promise<void> {
    return this._edit(regionId, (set) => {
      const ids = set.markers.map(({ nodeId }) => nodeId);
      return { show: ids, select: ids };
    });
  }

  /** Notes which shapes mark a region, and takes them out of the way of its fills. */
  mark(regionId: string, nodeIds: readonly string[]): Promise<void> {
    return this._change({ mark: { regionId, nodeIds }, hide: nodeIds });
  }

  /** Gives a region its marker back whose fills did not come. */
  unmark(regionId: string, nodeIds: readonly string[]): Promise<void> {
    return this._then(async () => {
      const hasFills = this.sets.some((set) => set.regionId === regionId);
      if (!hasFills) await this._apply({ show: nodeIds });
    });
  }

  private _edit(regionId: string, make: (set: FillSet) => PageEdit): Promise<void> {
    return this._then(async () => {
      const set = this.sets.find((it) => it.regionId === regionId);
      if (set) await this._apply(make(set));
    });
  }

  private _change(edit: PageEdit): Promise<void> {
    return this._then(() => this._apply(edit));
  }

  private async _apply(edit: PageEdit): Promise<void> {
    await this._sandbox.editPage(edit);
    await this._read();
  }

  private async _read(): Promise<void> {
    this._page = await this._sandbox.readPage();
    this._group();
  }

  private _group(): void {
    if (this._page) this.sets = groupFills(this._page, (id) => this._pictures.get(id));
    this.changed();
  }

  /** Fills that waited for their page go to their place as soon as it is open again. */
  private _placeReturned(): void {
    for (const { id, layer, problem } of this.stranded) {
      const isBack = problem.code === 'otherPage' && layer.image.pageId === this._page?.pageId;
      if (isBack) void this.place(id);
    }
  }

  private _remember(
    { layerId }: Extract<AddLayerResult, { status: 'added' }>,
    png: Blob,
    thumbnail: string,
  ): void {
    this._pictures.put(layerId, thumbnail);
    this.pngs.set(layerId, png);
    const [oldest] = this.pngs.keys();
    if (this.pngs.size > maxPngs) this.pngs.delete(oldest);
  }

  /** Chains a change behind the ones before, whose failures are theirs. */
  private _then(change: () => Promise<void>): Promise<void> {
    const next = this._last
      .then(() => {
        this.problem = null;
        return change();
      })
      .catch((error: unknown) => this.failed(error));
    this._last = next;
    return next;
  }
}

/**
 * Clears fills of a region away and leaves nothing hidden behind: its markers go too where only kept
 * fills stay, and are seen again where none does. As long as there are tries they stay out of the way.
 */
function without(set: FillSet, layerIds: readonly string[], keptId?: string): PageEdit {
  const markers = set.markers.map(({ nodeId }) => nodeId);
  const left = set.fills.filter(({ layerId }) => !layerIds.includes(layerId));
  if (left.length === 0) return { remove: layerIds, show: markers };
  const isDone = left.every(({ isKept, layerId }) => isKept || layerId === keptId);
  return { remove: isDone ? [...layerIds, ...markers] : layerIds };
}

/** The fills on the page: layers of the document, grouped by the region they fill. */
import type { FillLayer, NewLayer } from '../../protocol/sandbox-api.js';
import type { SandboxClient } from '../host/sandbox-client.js';
import type { Kept } from '../host/kept.js';
import { Observed } from '../observed.js';
import { problemOf, type Problem } from '../problem.js';

export interface GalleryFill {
  readonly layerId: string;
  readonly seed: number;
  readonly isShown: boolean;
  /** Data URL; null when it was not kept. */
  readonly thumbnail: string | null;
}

/** Fills of one region, in the order they were made. */
export interface FillSet {
  readonly regionId: string;
  readonly targetId: string;
  readonly fills: readonly GalleryFill[];
}

/** A finished fill that could not be added yet; nothing is lost. */
export interface StrandedFill {
  readonly layer: NewLayer;
  readonly thumbnail: string;
  readonly problem: Problem;
}

/** Fills of one region share the first part of their job ids, also over several jobs. */
export function jobIdFor(regionId: string, serial: string): string {
  return `${regionId}.${serial}`;
}

function regionIdOf(jobId: string): string {
  return jobId.split('.', 1)[0];
}

/**
 * Groups layers by region, the region filled last first. `layers` is bottom to top; each fill was
 * put right above its image, below those made before it, so the newest comes first.
 */
export function groupLayers(
  layers: readonly FillLayer[],
  thumbnails: Readonly<Record<string, string>>,
): FillSet[] {
  const sets = new Map<string, { targetId: string; fills: GalleryFill[] }>();
  for (const { id, isVisible, record } of layers) {
    const key = regionIdOf(record.jobId);
    const set = sets.get(key) ?? { targetId: record.targetId, fills: [] };
    const thumbnail = thumbnails[id] ?? null;
    set.fills.unshift({ layerId: id, seed: record.seed, isShown: isVisible, thumbnail });
    sets.set(key, set);
  }
  return [...sets].map(([regionId, set]) => ({ regionId, ...set }));
}

const thumbnailsKey = 'thumbnails';
/** Older ones are forgotten: the host keeps 10 MB. */
const maxThumbnails = 100;

/** Adds, shows, keeps and removes fills; one change after another. */
export class FillGallery extends Observed {
  sets: readonly FillSet[] = [];
  stranded: readonly StrandedFill[] = [];
  /** What went wrong with the last change, until the next. */
  problem: Problem | null = null;
  /** A picture of each region without a fill, as far as it was seen in this visit. */
  readonly originals = new Map<string, string>();
  private _thumbnails: Record<string, string> = {};
  private _order: string[] = [];
  private _last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly _sandbox: SandboxClient,
    private readonly _kept: Kept,
  ) {
    super();
  }

  /** Reads the page's fills again: after a reload, an undo or a change by hand. */
  refresh(): Promise<void> {
    return this._then(() => this._list());
  }

  async restore(): Promise<void> {
    const kept = await this._kept.read(thumbnailsKey);
    if (kept && typeof kept === 'object') this._thumbnails = kept as Record<string, string>;
    await this.refresh();
  }

  /** Adds a fill right above its image, or on top of the page, and shows it alone of its region. */
  add(layer: NewLayer, thumbnail: string, onPage = false): Promise<void> {
    return this._then(async () => {
      try {
        const added = await this._sandbox.addLayer(layer, onPage);
        if (added.status === 'targetGone') {
          return this._strand({ layer, thumbnail, problem: { code: 'targetGone' } });
        }
        this._remember(added.layerId, thumbnail);
        await this._list();
        await this._showAlone(regionIdOf(layer.record.jobId), added.layerId);
      } catch (error) {
        this._strand({ layer, thumbnail, problem: problemOf(error, 'layerNotAdded') });
      }
    });
  }

  /** Tries again to add what could not be added. */
  async addStranded(): Promise<void> {
    const stranded = this.stranded;
    this.stranded = [];
    this.changed();
    for (const { layer, thumbnail, problem } of stranded) {
      await this.add(layer, thumbnail, problem.code === 'targetGone');
    }
  }

  dropStranded(): void {
    this.stranded = [];
    this.changed();
  }

  /** Shows one fill of a region, or with null the original. */
  show(regionId: string, layerId: string | null): Promise<void> {
    return this._then(() => this._showAlone(regionId, layerId));
  }

  /** Turns a fill into an ordinary layer. */
  keep(layerId: string): Promise<void> {
    return this._then(async () => {
      await this._sandbox.keepLayers([layerId]);
      await this._list();
    });
  }

  remove(layerIds: readonly string[]): Promise<void> {
    return this._then(async () => {
      await this._sandbox.removeLayers(layerIds);
      await this._list();
    });
  }

  private async _showAlone(regionId: string, layerId: string | null): Promise<void> {
    const set = this.sets.find((it) => it.regionId === regionId);
    if (!set) return;
    const all = set.fills.map((fill) => fill.layerId);
    await this._sandbox.showLayers(all, layerId === null ? [] : [layerId]);
    await this._list();
  }

  private async _list(): Promise<void> {
    const sets = groupLayers(await this._sandbox.listLayers(), this._thumbnails);
    this.sets = sets.sort((a, b) => this._recency(b.regionId) - this._recency(a.regionId));
    this.changed();
  }

  private _recency(regionId: string): number {
    return this._order.indexOf(regionId);
  }

  /** Moves a region to the front of the gallery. */
  touch(regionId: string): void {
    this._order = [...this._order.filter((id) => id !== regionId), regionId];
  }

  private _strand(fill: StrandedFill): void {
    this.stranded = [...this.stranded, fill];
    this.changed();
  }

  private _remember(layerId: string, thumbnail: string): void {
    const all = Object.entries({ ...this._thumbnails, [layerId]: thumbnail });
    this._thumbnails = Object.fromEntries(all.slice(-maxThumbnails));
    void this._kept.write(thumbnailsKey, this._thumbnails);
  }

  /** Chains a change behind the ones before, whose failures are theirs. */
  private _then(change: () => Promise<void>): Promise<void> {
    const next = this._last
      .then(() => {
        this.problem = null;
        return change();
      })
      .catch((error: unknown) => {
        this.problem = problemOf(error, 'sandboxSilent');
        this.changed();
      });
    this._last = next;
    return next;
  }
}

/** The models on this machine, as last read. */
import { modelManifestSchema, type ModelManifest } from '../../protocol/model-card.js';
import type { Shelf, ShelfModel, UnfinishedDownload } from '../../protocol/model-shelf-api.js';
import { Observed } from '../observed.js';
import { problemOf, type Problem } from '../problem.js';
import type { ShelfLink } from './shelf-link.js';

/** Reads the model that comes with the add-on. */
async function readShipped(manifestUrl: string): Promise<ModelManifest> {
  const response = await fetch(manifestUrl);
  return modelManifestSchema.parse(await response.json());
}

export class ModelShelf extends Observed {
  /** Null until it has been read. */
  shelf: Shelf | null = null;
  /** The model that comes with the add-on; null until it has been read. */
  shipped: ModelManifest | null = null;
  /** What went wrong with the last call. */
  problem: Problem | null = null;

  constructor(
    private readonly _link: ShelfLink,
    private readonly _manifestUrl: string,
  ) {
    super();
  }

  get models(): readonly ShelfModel[] {
    return this.shelf?.models ?? [];
  }

  get unfinished(): readonly UnfinishedDownload[] {
    return this.shelf?.unfinished ?? [];
  }

  get damaged(): readonly string[] {
    return this.shelf?.damaged ?? [];
  }

  find(id: string): ShelfModel | undefined {
    return this.models.find(({ manifest }) => manifest.card.id === id);
  }

  /** Shows a model that has just been added, before the shelf is read again. */
  put(model: ShelfModel): void {
    const { id } = model.manifest.card;
    const others = this.models.filter(({ manifest }) => manifest.card.id !== id);
    const storage = model.source.kind === 'files' ? 'memory' : 'opfs';
    const rest = this.shelf ?? { storage, unfinished: [], damaged: [], usage: null };
    this.shelf = { ...rest, models: [...others, model] };
    this.changed();
  }

  /** Reads the shelf; starts its worker where there is none. */
  async read(): Promise<void> {
    await Promise.all([this._try(() => this._list()), this._readShipped()]);
  }

  /** Forgets a model, or what a download has brought so far. */
  async remove(id: string): Promise<void> {
    await this._try(async () => {
      await this._link.call((api) => api.remove(id));
      await this._list();
    });
  }

  private async _list(): Promise<void> {
    this.shelf = await this._link.call((api) => api.read());
  }

  /** A card that cannot be shown is no reason to fail: the model itself says so when it is loaded. */
  private async _readShipped(): Promise<void> {
    this.shipped ??= await readShipped(this._manifestUrl).catch(() => null);
    this.changed();
  }

  private async _try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error, 'shelfFailed');
    }
    this.changed();
  }
}

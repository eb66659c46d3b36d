/** The models on this machine, as last read. */
import {
  modelManifestSchema,
  type ModelCard,
  type ModelManifest,
} from '../../protocol/model-card.js';
import type { Shelf, ShelfModel, UnfinishedDownload } from '../../protocol/model-shelf-api.js';
import { Observed } from '../observed.js';
import { problemOf, type Problem } from '../problem.js';
import type { ShelfLink } from './shelf-link.js';

/** A model that comes with the add-on. `manifestUrl`: of its `model.json`, absolute. */
export interface ShippedModel {
  readonly id: string;
  readonly manifestUrl: string;
}

async function readShipped({ manifestUrl }: ShippedModel): Promise<ModelManifest> {
  const response = await fetch(manifestUrl);
  return modelManifestSchema.parse(await response.json());
}

export class ModelList extends Observed {
  /** Null until it has been read. */
  shelf: Shelf | null = null;
  /** The models that come with the add-on, as far as they have been read. */
  shipped: readonly ModelManifest[] = [];
  /** What went wrong with the last call. */
  problem: Problem | null = null;

  constructor(
    private readonly _link: ShelfLink,
    private readonly _shippedModels: readonly ShippedModel[],
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

  /** Of a shipped model or one that was added. */
  card(id: string): ModelCard | undefined {
    const shipped = this.shipped.find(({ card }) => card.id === id);
    return (shipped ?? this.find(id)?.manifest)?.card;
  }

  /** One that was added. */
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
    if (this.shipped.length < this._shippedModels.length) {
      const read = this._shippedModels.map((model) => readShipped(model).catch(() => null));
      this.shipped = (await Promise.all(read)).filter((manifest) => manifest !== null);
    }
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

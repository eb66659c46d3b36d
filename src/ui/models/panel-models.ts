/** Everything the panel knows of models: those on the shelf, one being added, how fast each is. */
import { defaultModelId, type ModelCard } from '../../protocol/model-card.js';
import type { ModelSpeed } from '../../protocol/compute-device.js';
import type { ModelSource } from '../../protocol/model-shelf-api.js';
import type { DeviceInfo } from '../../protocol/worker-api.js';
import type { ChosenModel } from '../fill/choices.js';
import type { Kept } from '../host/kept.js';
import { Observed } from '../observed.js';
import { ModelAdding } from './model-adding.js';
import { ModelList, type ShippedModel } from './model-list.js';
import { ModelSpeeds } from './model-speeds.js';
import { ShelfLink } from './shelf-link.js';
import type { ShelfPort } from './shelf-port.js';

export interface LibraryPorts {
  readonly kept: Kept;
  readonly startShelf: () => ShelfPort;
  /** Models that come with the add-on. */
  readonly shippedModels: readonly ShippedModel[];
}

export class PanelModels extends Observed {
  readonly shelf: ModelList;
  readonly adding: ModelAdding;
  private readonly _speeds: ModelSpeeds;
  /** Outlives the shelf's worker, which holds a model of this visit only. */
  private readonly _sources = new Map<string, ModelSource>();

  constructor({ kept, startShelf, shippedModels }: LibraryPorts) {
    super();
    const link = new ShelfLink(startShelf);
    this.shelf = new ModelList(link, shippedModels);
    this.adding = new ModelAdding(link, (model) => {
      if (model) this.shelf.put(model);
      void this.shelf.read();
    });
    this._speeds = new ModelSpeeds(kept);
    for (const { id, manifestUrl } of shippedModels)
      this._sources.set(id, { kind: 'shipped', manifestUrl });
    this.shelf.subscribe(() => this._shelfChanged());
    this.adding.subscribe(() => this.changed());
  }

  restore(): Promise<void> {
    return this._speeds.restore();
  }

  /** Where the files of a chosen model are; one the shelf has not told of is looked for in storage. */
  source(chosen: ChosenModel | null): ModelSource {
    const id = chosen?.id ?? defaultModelId;
    return this._sources.get(id) ?? { kind: 'stored', id };
  }

  /** As measured last, or when it was added; null before it was ever run. */
  speed(id: string): ModelSpeed | null {
    return this._speeds.of(id) ?? this.shelf.find(id)?.speed ?? null;
  }

  /** Forgets a model and all that is known of it, or what a download has brought so far. */
  async remove(id: string): Promise<void> {
    await this.shelf.remove(id);
    if (this.shelf.find(id)) return;
    this._sources.delete(id);
    this._speeds.forget(id);
  }

  /** A model has been loaded, which measures it. */
  loaded(card: ModelCard, msPerCall: number, device: DeviceInfo): void {
    this._speeds.remember(card.id, msPerCall, device);
  }

  private _shelfChanged(): void {
    for (const { manifest, source } of this.shelf.models) {
      this._sources.set(manifest.card.id, source);
    }
    this.changed();
  }
}

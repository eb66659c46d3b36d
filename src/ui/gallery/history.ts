/** How the fills of this document were made, also of those that are deleted by now. */
import * as z from 'zod/mini';
import type { FillRecord } from '../../protocol/sandbox-api.js';
import { KeptByTime, type Kept } from '../host/kept.js';
import { Observed } from '../observed.js';
import type { FillGallery } from './fill-gallery.js';

/** A fill that was added once; its layer may be gone. */
export interface PastFill {
  readonly layerId: string;
  readonly record: FillRecord;
}

/** Over all documents; older ones are forgotten. */
const maxKept = 200;
/** Of one document. */
const maxShown = 40;

const recordSchema = z.object({
  targetId: z.string(),
  jobId: z.string(),
  seed: z.int(),
  modelId: z.string(),
  modelSha256: z.string(),
  settings: z.string(),
  number: z.int(),
  madeAt: z.number(),
  like: z.int(),
  strength: z.number(),
});

/** Follows the gallery; without a document's id the history ends with the visit. */
export class FillHistory extends Observed {
  private readonly _fills = new Map<string, PastFill>();
  private readonly _kept: KeptByTime;

  constructor(
    kept: Kept,
    private readonly _gallery: FillGallery,
    private readonly _documentId: string | null,
  ) {
    super();
    this._kept = new KeptByTime(kept, 'history', maxKept);
    _gallery.subscribe(() => this._look());
  }

  /** Newest first. */
  get fills(): readonly PastFill[] {
    return [...this._fills.values()]
      .sort((a, b) => b.record.madeAt - a.record.madeAt)
      .slice(0, maxShown);
  }

  /** Reads what earlier visits kept of this document; what is no record is passed over. */
  async restore(): Promise<void> {
    if (this._documentId === null) return;
    const own = `${this._documentId}/`;
    const entries = (await this._kept.entries()).filter(({ id }) => id.startsWith(own));
    for (const { key, id } of entries) {
      const layerId = id.slice(own.length);
      const record = recordSchema.safeParse(await this._kept.read(key));
      if (record.success) this._fills.set(layerId, { layerId, record: record.data });
    }
    this.changed();
  }

  private _look(): void {
    const onPage = this._gallery.sets.flatMap(({ fills }) => fills);
    const added = onPage.filter(({ layerId }) => !this._fills.has(layerId));
    for (const { layerId, record } of added) this._fills.set(layerId, { layerId, record });
    if (added.length === 0) return;
    this.changed();
    void this._keep(added);
  }

  private async _keep(added: readonly PastFill[]): Promise<void> {
    if (this._documentId === null) return;
    for (const { layerId, record } of added)
      await this._kept.write(`${this._documentId}/${layerId}`, record, record.madeAt);
  }
}

/** Small pictures of fills and of regions without one, kept from visit to visit. */
import { KeptByTime, type Kept } from '../host/kept.js';

const maxPictures = 120;

/** Data URLs by the id of a layer, or of a region for its original. */
export class Pictures {
  private readonly _urls = new Map<string, string>();
  private readonly _kept: KeptByTime;

  constructor(kept: Kept) {
    this._kept = new KeptByTime(kept, 'picture', maxPictures);
  }

  get(id: string): string | null {
    return this._urls.get(id) ?? null;
  }

  /** Reads what earlier visits kept; a later picture of the same id counts. */
  async restore(): Promise<void> {
    const entries = (await this._kept.entries()).slice(-maxPictures);
    const urls = await Promise.all(entries.map(({ key }) => this._kept.read(key)));
    entries.forEach(({ id }, k) => {
      const url = urls[k];
      if (typeof url === 'string' && url.startsWith('data:image/')) this._urls.set(id, url);
    });
  }

  put(id: string, url: string): void {
    if (url === '' || this._urls.get(id) === url) return;
    this._urls.set(id, url);
    void this._kept.write(id, url);
  }
}

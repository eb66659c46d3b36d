/** Small pictures of fills and of regions without one, kept from visit to visit. */
import type { Kept } from '../host/kept.js';

const prefix = 'picture/';
/** Older ones are forgotten: the host keeps 10 MB. */
const maxPictures = 120;

/** One value each, so that two windows add to what is kept and overwrite nothing. */
function keyFor(id: string, at: number): string {
  return `${prefix}${at.toString(36).padStart(9, '0')}/${id}`;
}

function idOf(key: string): string {
  return key.slice(key.indexOf('/', prefix.length) + 1);
}

/** Data URLs by the id of a layer, or of a region for its original. */
export class Pictures {
  private readonly _urls = new Map<string, string>();

  constructor(private readonly _kept: Kept) {}

  get(id: string): string | null {
    return this._urls.get(id) ?? null;
  }

  /** Reads what earlier visits kept; a later picture of the same id counts. */
  async restore(): Promise<void> {
    const keys = (await this._keys()).slice(-maxPictures);
    const urls = await Promise.all(keys.map((key) => this._kept.read(key)));
    keys.forEach((key, k) => {
      const url = urls[k];
      if (typeof url === 'string' && url.startsWith('data:image/')) this._urls.set(idOf(key), url);
    });
  }

  put(id: string, url: string): void {
    if (url === '' || this._urls.get(id) === url) return;
    this._urls.set(id, url);
    void this._write(id, url);
  }

  private async _write(id: string, url: string): Promise<void> {
    const keys = await this._keys();
    const stale = keys.filter((key) => idOf(key) === id);
    const old = keys.filter((key) => !stale.includes(key)).slice(0, -(maxPictures - 1));
    await Promise.all([...stale, ...old].map((key) => this._kept.forget(key)));
    await this._kept.write(keyFor(id, Date.now()), url);
  }

  /** Oldest first: the names begin with the time. */
  private async _keys(): Promise<string[]> {
    return (await this._kept.names()).filter((name) => name.startsWith(prefix)).sort();
  }
}

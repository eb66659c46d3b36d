/** What was marked in the panel, kept from visit to visit: to the pixel, so that a region stays the same. */
import * as z from 'zod/mini';
import { maxImageSide } from '../../image/file-kind.js';
import { unionOf, type Rect, type Size } from '../../image/geometry.js';
import { KeptByTime, type Kept } from '../host/kept.js';
import type { Marks, Painted } from './marks.js';

/** Photos whose marks are kept; the host keeps 10 MB of the add-on in all. */
const maxPhotos = 8;
const maxLength = 600_000;

const schema = z.object({
  /** The photo's size; the window is counted from its corner. */
  width: z.int(),
  height: z.int(),
  window: z.object({ x: z.int(), y: z.int(), width: z.int(), height: z.int() }),
  /** Both planes, one after the other: deflated, in base64. */
  planes: z.string(),
});

async function piped(data: BlobPart, through: CompressionStream | DecompressionStream) {
  const stream = new Blob([data]).stream().pipeThrough(through);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function packed(planes: Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = await piped(planes, new CompressionStream('deflate-raw'));
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function unpacked(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return piped(bytes, new DecompressionStream('deflate-raw'));
}

/** Marks by the photo they are on, and the document it is in. */
export class KeptMarks {
  private _last: Promise<unknown> = Promise.resolve();
  private readonly _kept: KeptByTime;

  constructor(
    kept: Kept,
    private readonly _documentId: string | null,
  ) {
    this._kept = new KeptByTime(kept, 'marks', maxPhotos);
  }

  /** Returns what was marked on a photo; null for one of another size, and for damaged marks. */
  async read(photoId: string, photo: Size): Promise<Painted | null> {
    const wanted = this._idOf(photoId);
    const entry = (await this._kept.entries()).filter(({ id }) => id === wanted).at(-1);
    const found = schema.safeParse(entry && (await this._kept.read(entry.key)));
    if (!found.success || !isOf(found.data, photo)) return null;
    const { window, planes } = found.data;
    const bytes = await unpacked(planes).catch(() => null);
    if (bytes?.length !== 2 * window.width * window.height) return null;
    return isNear(window, photo) ? { window, planes: bytes } : null;
  }

  /** Writes the photo's marks down, one change after the other; where there are none, forgets them. */
  keep(photoId: string, marks: Marks): Promise<void> {
    const next = this._last.then(() => this._write(photoId, marks)).catch(() => undefined);
    this._last = next;
    return next;
  }

  private async _write(photoId: string, marks: Marks): Promise<void> {
    const painted = marks.painted();
    const planes = painted && (await packed(painted.planes));
    if (!painted || !planes || planes.length > maxLength)
      return this._kept.forget(this._idOf(photoId));
    const { width, height } = marks.photo;
    await this._kept.write(this._idOf(photoId), { width, height, window: painted.window, planes });
  }

  private _idOf(photoId: string): string {
    return `${this._documentId ?? ''}/${photoId}`;
  }
}

function isOf({ width, height }: Size, photo: Size): boolean {
  return width === photo.width && height === photo.height;
}

/** What was marked lies on the photo, or so that it can be expanded as far. */
function isNear(window: Rect, { width, height }: Size): boolean {
  const all = unionOf([window, { x: 0, y: 0, width, height }]);
  const isSome = window.width > 0 && window.height > 0;
  return isSome && Math.max(all.width, all.height) <= maxImageSide;
}

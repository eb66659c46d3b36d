/** Blobs and decoded bitmaps of the document, by number; the realm holds the numbers only. */

/** A decoded picture and the file it came from. */
export interface LoadedBitmap {
  readonly bitmap: number;
  readonly width: number;
  readonly height: number;
}

export class BitmapStore {
  private readonly _blobs = new Map<number, Blob>();
  private readonly _images = new Map<number, ImageBitmap>();
  private _nextId = 1;

  /** Keeps a blob and returns its number. */
  hold(blob: Blob): number {
    const id = this._nextId++;
    this._blobs.set(id, blob);
    return id;
  }

  /** Throws: RangeError when there is no such blob. */
  blob(id: number): Blob {
    const blob = this._blobs.get(id);
    if (!blob) throw new RangeError(`there is no blob ${id}`);
    return blob;
  }

  /** Decodes a picture. Rejects with a sentence when it is none. */
  async load(blob: Blob): Promise<LoadedBitmap> {
    const image = await createImageBitmap(blob).catch(() => {
      throw new Error('This file is no picture that the browser can read. Use PNG, JPEG or WebP.');
    });
    const bitmap = this.hold(blob);
    this._images.set(bitmap, image);
    return { bitmap, width: image.width, height: image.height };
  }

  image(bitmap: number): ImageBitmap | undefined {
    return this._images.get(bitmap);
  }
}

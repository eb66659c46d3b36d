/** Blobs and decoded bitmaps of the document, by number; the realm holds the numbers only. */

/** A decoded picture and the file it came from. */
export interface LoadedBitmap {
  readonly bitmap: number;
  readonly width: number;
  readonly height: number;
}

export class BitmapStore {
  private readonly blobs = new Map<number, Blob>();
  private readonly images = new Map<number, ImageBitmap>();
  private nextId = 1;

  /** Keeps a blob and returns its number. */
  hold(blob: Blob): number {
    const id = this.nextId++;
    this.blobs.set(id, blob);
    return id;
  }

  /** Throws: RangeError when there is no such blob. */
  blob(id: number): Blob {
    const blob = this.blobs.get(id);
    if (!blob) throw new RangeError(`there is no blob ${id}`);
    return blob;
  }

  /** Decodes a picture. Rejects with a sentence when it is none. */
  async load(blob: Blob): Promise<LoadedBitmap> {
    const image = await createImageBitmap(blob).catch(() => {
      throw new Error('This file is no picture that the browser can read. Use PNG, JPEG or WebP.');
    });
    const bitmap = this.hold(blob);
    this.images.set(bitmap, image);
    return { bitmap, width: image.width, height: image.height };
  }

  image(bitmap: number): ImageBitmap | undefined {
    return this.images.get(bitmap);
  }
}

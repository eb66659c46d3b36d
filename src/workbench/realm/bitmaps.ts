/** Views of images and of what is loaded into them. */
import type * as Sdk from '@adobe/ccweb-add-on-sdk-types/express-document-sdk';
import { host } from './host.js';
import { NodeView } from './node-view.js';
import type { Part } from './part.js';
import { BlobHandle } from './wire.js';

export class ImageRectangleView
  extends NodeView
  implements Part<Sdk.ImageRectangleNode, 'width' | 'height' | 'fetchBitmapImage'>
{
  get width(): number {
    return this.geometry('image').width;
  }

  get height(): number {
    return this.geometry('image').height;
  }

  async fetchBitmapImage(): Promise<Sdk.BitmapImage> {
    const { bitmap, width, height } = this.geometry('image');
    return bitmapView(bitmap, width, height);
  }
}

/** A loaded bitmap; its bytes stay on the page. */
export class BitmapView implements Part<Sdk.BitmapImage, 'width' | 'height' | 'data'> {
  constructor(
    readonly bitmap: number,
    readonly width: number,
    readonly height: number,
  ) {}

  async data(): Promise<Blob> {
    const blob = await host.ask({ kind: 'bitmapData', bitmap: this.bitmap });
    if (!(blob instanceof BlobHandle)) throw new Error('the bitmap is gone');
    return blob as unknown as Blob;
  }
}

export function bitmapView(bitmap: number, width: number, height: number): Sdk.BitmapImage {
  return new BitmapView(bitmap, width, height);
}

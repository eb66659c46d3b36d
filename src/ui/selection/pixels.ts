/**
 * The target's pixels. The one place that asks what the build may do: the original bitmap where
 * the document sandbox can read it, otherwise a rendition of the page cut to the image.
 */
import { compose, invert, type Mat2d, type Size } from '../../image/geometry.js';
import type { Backdrop, KeptFill, TargetImage } from '../../protocol/sandbox-api.js';
import type { AddOnSdk } from '../host/sdk.js';
import type { SandboxClient } from '../host/sandbox-client.js';
import { ProblemError, problemOf } from '../problem.js';
import { withRoomFor } from './expansion.js';
import { originalFrame, renditionFrame } from './frame.js';
import { readCells } from './opaque-cells.js';
import {
  checkImageSize,
  decodeBitmap,
  drawKept,
  drawRaster,
  drawSeen,
  type Raster,
} from './raster.js';

export interface PixelSource {
  /**
   * Reads the image with the kept fills over it, and nothing that marks or tries. `isFresh` reads
   * anew what may have changed without a trace, such as a photo's colours.
   * Throws: ProblemError when the image cannot be read or filled.
   */
  read(target: TargetImage, backdrop: Backdrop, isFresh: boolean): Promise<Raster>;
  /** Hands out the PNG of a fill of this visit, where the source has no other way to it. */
  fillPng?: (layerId: string) => Blob | undefined;
  /** Gets ready for a region to be marked, where that does not touch the document. */
  lookAhead?(backdrop: Backdrop): void;
}

/** Chooses the source by what the sandbox says of itself. */
export function pixelSource(
  sandbox: SandboxClient,
  sdk: Pick<AddOnSdk, 'app' | 'constants'>,
  hasOriginalPixels: boolean,
): PixelSource {
  return hasOriginalPixels ? new OriginalPixels(sandbox) : new RenditionPixels(sandbox, sdk);
}

/** Reads the image's own file; keeps the last one, since shapes move more often than images. */
class OriginalPixels implements PixelSource {
  private _last: { readonly key: string; readonly raster: Raster } | null = null;

  constructor(private readonly _sandbox: SandboxClient) {}

  async read(target: TargetImage, _backdrop: Backdrop, isFresh: boolean): Promise<Raster> {
    const { id, mediaSize, mediaToPage, crop, kept } = target;
    const key = JSON.stringify([id, mediaSize, mediaToPage, crop, kept]);
    if (this._last?.key === key && !isFresh) return this._last.raster;
    const raster = await this._draw(target);
    this._last = { key, raster };
    return raster;
  }

  private async _draw(target: TargetImage): Promise<Raster> {
    const bitmap = await this._bitmap(target.id);
    checkImageSize(bitmap);
    const photo = drawRaster(bitmap, originalFrame(target, bitmap));
    bitmap.close();
    const raster = withRoomFor(photo, ownOf(target));
    for (const fill of target.kept) {
      const layer = await this._bitmap(fill.id);
      drawKept(raster, layer, fill);
      layer.close();
    }
    return raster;
  }

  private async _bitmap(imageId: string): Promise<ImageBitmap> {
    try {
      return await decodeBitmap(await this._sandbox.readOriginalPixels(imageId));
    } catch (error) {
      const { code, detail } = problemOf(error, 'imageUnreadable');
      throw new ProblemError(code, detail);
    }
  }
}

/** Kept fills that may have expanded the image. */
function ownOf({ kept }: TargetImage): readonly KeptFill[] {
  return kept.filter(({ isOwn }) => isOwn);
}

/** Where a fill is known to be opaque; null where that was not noted, or the page shines through. */
function cellsOf({ opaque, opacity }: KeptFill): ImageData | null {
  const cells = opaque === undefined || opacity < 1 ? null : readCells(opaque);
  return cells && new ImageData(cells.data, cells.width, cells.height);
}

interface PagePicture {
  readonly bitmap: ImageBitmap;
  readonly bitmapToPage: Mat2d;
}

/** Longest side of a rendition that is asked for; what comes is measured. */
const renditionSide = 4096;

/** Reads a rendition of the page; keeps the last one, since shapes move more often than the rest. */
class RenditionPixels implements PixelSource {
  fillPng?: PixelSource['fillPng'];
  private _last: { readonly key: string; readonly bitmap: Promise<ImageBitmap> } | null = null;
  /** Something was not brought back: its page was left at that moment. */
  private _isOwing = false;

  constructor(
    private readonly _sandbox: SandboxClient,
    private readonly _sdk: Pick<AddOnSdk, 'app' | 'constants'>,
  ) {}

  async read(target: TargetImage, backdrop: Backdrop, isFresh: boolean): Promise<Raster> {
    const bitmap = await this._bitmap(backdrop, isFresh);
    const frame = renditionFrame(target, bitmap);
    // The page's own pixels are the nearest to the photo's that a rendition tells.
    const pixelSize = Math.hypot(frame.pixelsToPage[0], frame.pixelsToPage[1]);
    const photo = drawRaster(bitmap, frame, { pixelSize, sizesIn: 'page' });
    const bitmapToPage = compose(frame.pixelsToPage, frame.bitmapToRaster);
    return this._drawBeyond(photo, target, { bitmap, bitmapToPage });
  }

  /**
   * Past the photo's edge a rendition shows the page. What of it is a kept fill tells its PNG, as long
   * as this visit has it, or the layer's own note of where it is opaque.
   */
  private async _drawBeyond(
    photo: Raster,
    target: TargetImage,
    page: PagePicture,
  ): Promise<Raster> {
    const known = ownOf(target).filter((fill) => this.fillPng?.(fill.id) ?? cellsOf(fill));
    const raster = withRoomFor(photo, known);
    if (raster === photo) return photo;
    const bitmapToRaster = compose(invert(raster.pixelsToPage), page.bitmapToPage);
    for (const fill of [...known].reverse()) {
      const png = this.fillPng?.(fill.id);
      const layer = png ? await decodeBitmap(png) : await createImageBitmap(cellsOf(fill)!);
      if (png) drawKept(raster, layer, fill, 'under');
      else drawSeen(raster, { bitmap: page.bitmap, bitmapToRaster }, fill, layer);
      layer.close();
    }
    return raster;
  }

  lookAhead(backdrop: Backdrop): void {
    if (!backdrop.isCluttered) void this._bitmap(backdrop, false).catch(() => undefined);
  }

  private _bitmap(backdrop: Backdrop, isFresh: boolean): Promise<ImageBitmap> {
    const { key } = backdrop;
    if (this._last?.key === key && !isFresh) return this._last.bitmap;
    const bitmap = this._clean(backdrop).then(decodeBitmap);
    const last = { key, bitmap };
    this._last = last;
    bitmap.catch(() => (this._last = this._last === last ? null : this._last));
    return bitmap;
  }

  /** A rendition without markers and tries: they are out of sight for as long as it takes. */
  private async _clean({ page, isCluttered }: Backdrop): Promise<Blob> {
    if (this._isOwing) await this._restore();
    if (!isCluttered) return this._rendition(page);
    let rendition: Blob;
    try {
      await this._sandbox.clearView();
      rendition = await this._rendition(page);
    } finally {
      await this._restore(page.id);
    }
    if (this._isOwing) throw new ProblemError('pixelsRefused', 'another page was opened');
    return rendition;
  }

  private async _restore(pageId?: string): Promise<void> {
    this._isOwing = true;
    const seen = await this._sandbox.restoreView();
    this._isOwing = pageId !== undefined && seen.pageId !== pageId;
  }

  private async _rendition(page: Size): Promise<Blob> {
    const { app, constants } = this._sdk;
    const enlarge = Math.min(2, renditionSide / Math.max(page.width, page.height));
    const requestedSize = {
      width: Math.round(page.width * enlarge),
      height: Math.round(page.height * enlarge),
    };
    try {
      const options = {
        range: constants.Range.currentPage,
        format: constants.RenditionFormat.png,
        requestedSize,
      };
      const [rendition] = await app.document.createRenditions(options);
      if (!rendition) throw new Error('The host made no rendition of the page.');
      return rendition.blob;
    } catch (error) {
      throw new ProblemError('pixelsRefused', error instanceof Error ? error.message : undefined);
    }
  }
}

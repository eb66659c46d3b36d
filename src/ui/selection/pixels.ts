/**
 * The target's pixels. The one place that asks what the build may do: the original bitmap where
 * the document sandbox can read it, otherwise a rendition of the page cut to the image.
 */
import type { TargetImage } from '../../protocol/sandbox-api.js';
import type { AddOnSdk } from '../host/sdk.js';
import type { SandboxClient } from '../host/sandbox-client.js';
import { ProblemError, problemOf } from '../problem.js';
import { originalFrame, renditionFrame } from './frame.js';
import { checkImageSize, decodeBitmap, drawRaster, type Raster } from './raster.js';

export interface PixelSource {
  /** Throws: ProblemError when the image cannot be read or filled. */
  read(target: TargetImage): Promise<Raster>;
}

/** Chooses the source by what the sandbox says of itself. */
export function pixelSource(
  sandbox: SandboxClient,
  sdk: Pick<AddOnSdk, 'app' | 'constants'>,
  hasOriginalPixels: boolean,
): PixelSource {
  return hasOriginalPixels ? new OriginalPixels(sandbox) : new RenditionPixels(sdk);
}

/** Reads the image's own file; keeps the last one, since shapes move more often than images. */
class OriginalPixels implements PixelSource {
  private _last: { readonly key: string; readonly raster: Raster } | null = null;

  constructor(private readonly _sandbox: SandboxClient) {}

  async read(target: TargetImage): Promise<Raster> {
    const key = JSON.stringify([target.id, target.mediaSize, target.mediaToPage, target.crop]);
    if (this._last?.key === key) return this._last.raster;
    const bitmap = await decodeBitmap(await this._file(target.id));
    checkImageSize(bitmap);
    const raster = drawRaster(bitmap, originalFrame(target, bitmap));
    bitmap.close();
    this._last = { key, raster };
    return raster;
  }

  private async _file(targetId: string): Promise<Blob> {
    try {
      return await this._sandbox.readOriginalPixels(targetId);
    } catch (error) {
      const { code, detail } = problemOf(error, 'imageUnreadable');
      throw new ProblemError(code, detail);
    }
  }
}

/** Longest side of a rendition that is asked for; what comes is measured. */
const renditionSide = 4096;

class RenditionPixels implements PixelSource {
  constructor(private readonly _sdk: Pick<AddOnSdk, 'app' | 'constants'>) {}

  async read(target: TargetImage): Promise<Raster> {
    const bitmap = await decodeBitmap(await this._rendition(target));
    const raster = drawRaster(bitmap, renditionFrame(target, bitmap));
    bitmap.close();
    return raster;
  }

  private async _rendition({ page }: TargetImage): Promise<Blob> {
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

/** Original pixels of an image: an experimental call, in the dev build only. */
import type { SandboxApi } from '../protocol/sandbox-api.js';
import { findImage, imageRectangle } from './tree.js';

/** Set by the build; the public build drops the calls behind it. */
declare const __HAS_EXPERIMENTAL_APIS__: boolean;

export const hasOriginalPixels = __HAS_EXPERIMENTAL_APIS__;

/** Rejects when the image is gone, or in the public build. */
export const readOriginalPixels: SandboxApi['readOriginalPixels'] = __HAS_EXPERIMENTAL_APIS__
  ? async (targetId) => {
      const image = findImage(targetId);
      const media = image && imageRectangle(image);
      if (!media) throw new Error('The image is no longer on the page.');
      const bitmap = await media.fetchBitmapImage();
      return bitmap.data();
    }
  : () => Promise.reject(new Error('This build reads pixels from a rendition of the page.'));

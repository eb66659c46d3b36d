/**
 * Where a picture is opaque, coarse enough for a layer's add-on data: one bit a cell, set where every
 * pixel of the cell is. Pure.
 */
import type { Size } from '../../image/geometry.js';
import type { RgbaImage } from '../../image/raster.js';

/** Along the longer side; all of them take 700 characters at most. */
const mostCells = 64;
/** Of 255: what an encoder may have rounded is opaque still. */
const opaqueFrom = 250;

const written = /^(\d{1,2})x(\d{1,2}):([A-Za-z0-9+/]*={0,2})$/;

function isOpaque({ width, data }: RgbaImage, columns: Span, rows: Span): boolean {
  for (let y = rows.from; y < rows.to; y++) {
    for (let x = columns.from; x < columns.to; x++) {
      if (data[4 * (y * width + x) + 3] < opaqueFrom) return false;
    }
  }
  return true;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Every pixel a cell touches. */
function span(index: number, cells: number, length: number): Span {
  return {
    from: Math.floor((index * length) / cells),
    to: Math.ceil(((index + 1) * length) / cells),
  };
}

/** Writes where an image is opaque. */
export function opaqueCells(image: RgbaImage): string {
  const scale = Math.min(1, mostCells / Math.max(image.width, image.height));
  const columns = Math.max(1, Math.round(image.width * scale));
  const rows = Math.max(1, Math.round(image.height * scale));
  const bytes = new Uint8Array(Math.ceil((columns * rows) / 8));
  for (let cell = 0; cell < columns * rows; cell++) {
    const across = span(cell % columns, columns, image.width);
    const down = span(Math.floor(cell / columns), rows, image.height);
    if (isOpaque(image, across, down)) bytes[cell >> 3] |= 128 >> (cell & 7);
  }
  return `${columns}x${rows}:${btoa(String.fromCharCode(...bytes))}`;
}

/** Reads what was written: white where it is opaque. Returns: null for anything else. */
export function readCells(text: string): (Size & { data: Uint8ClampedArray<ArrayBuffer> }) | null {
  const [, columns, rows, bits] = written.exec(text) ?? [];
  const [width, height] = [Number(columns), Number(rows)];
  const isSize = [width, height].every((side) => side >= 1 && side <= mostCells);
  if (!isSize || bits.length % 4 !== 0) return null;
  const bytes = Uint8Array.from(atob(bits), (character) => character.charCodeAt(0));
  if (bytes.length !== Math.ceil((width * height) / 8)) return null;
  const data = new Uint8ClampedArray(4 * width * height);
  for (let cell = 0; cell < width * height; cell++) {
    if (bytes[cell >> 3] & (128 >> (cell & 7))) data.fill(255, 4 * cell, 4 * cell + 4);
  }
  return { width, height, data };
}

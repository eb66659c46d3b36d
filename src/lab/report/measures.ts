/** The measures a report has tables of, and which way they are better. */
import type { MadeRecord } from '../evaluation/units.js';

export interface MeasureWords {
  readonly title: string;
  readonly explained: string;
  /** `none`: it describes only. */
  readonly best: 'highest' | 'lowest' | 'nearOne' | 'none';
  readonly digits: number;
}

/** In the report's order. */
export const measureNames = [
  'lpips',
  'features',
  'psnr',
  'ssim',
  'seam',
  'sharp',
  'diversity',
  'nfe',
] as const;
export type MeasureName = (typeof measureNames)[number];

export const measureWords: Readonly<Record<MeasureName, MeasureWords>> = {
  lpips: {
    title: 'LPIPS',
    explained: 'learned distance of the whole picture to the original',
    best: 'lowest',
    digits: 3,
  },
  features: {
    title: 'Feature distance',
    explained:
      'distance to the original over the hole, in features of EfficientNet-Lite0; not LPIPS',
    best: 'lowest',
    digits: 3,
  },
  psnr: {
    title: 'PSNR',
    explained: 'decibels against the original, whole picture; 100 = the same',
    best: 'highest',
    digits: 2,
  },
  ssim: {
    title: 'SSIM',
    explained: 'structural similarity to the original, whole picture',
    best: 'highest',
    digits: 3,
  },
  seam: {
    title: 'Seam',
    explained: 'step across the edge of the hole over the steps beside it; 1 is not seen',
    best: 'nearOne',
    digits: 2,
  },
  sharp: {
    title: 'Sharpness',
    explained: 'fine detail in the hole over that around it; 1 is as sharp as the photo',
    best: 'nearOne',
    digits: 2,
  },
  diversity: {
    title: 'Diversity',
    explained: 'mean feature distance between two fills of the same hole, over the hole',
    best: 'none',
    digits: 3,
  },
  nfe: { title: 'Calls', explained: 'network calls for one fill', best: 'none', digits: 0 },
};

/** What one record says of a measure; null where it says nothing. Diversity is of several. */
export function measured(record: MadeRecord, name: MeasureName): number | null {
  if (name === 'diversity') return null;
  return name === 'nfe' ? record.nfe : record.measures[name];
}

/** How far from ideal a value is: lower is better. Twice as sharp counts as half as sharp. */
export function badness(value: number, { best }: MeasureWords): number {
  if (best === 'highest') return -value;
  return best === 'nearOne' ? Math.abs(Math.log(value)) : value;
}

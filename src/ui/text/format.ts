/** Numbers, sizes and times in the panel's language. */
import { msg, str, getLocale } from '../host/localisation.js';

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(getLocale(), { maximumFractionDigits: digits }).format(value);
}

export function size({ width, height }: { width: number; height: number }): string {
  return msg(str`${number(width)} × ${number(height)} px`);
}

/** A share of 0..1 as the language writes it. */
export function percent(share: number): string {
  return new Intl.NumberFormat(getLocale(), { style: 'percent' }).format(share);
}

/** Tenths under ten, whole ones above: 0.8, 3.2, 41, 612. */
export function milliseconds(ms: number): string {
  return msg(str`${number(ms, ms < 10 ? 1 : 0)} ms`);
}

/** Rounded as one would say it: seconds under a minute, then minutes, then hours. */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return msg(str`${number(seconds)} s`);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 3) return msg(str`${number(minutes)} min ${number(seconds % 60)} s`);
  if (seconds < 3570) return msg(str`${number(Math.round(seconds / 60))} min`);
  return msg(str`${number(Math.floor(minutes / 60))} h ${number(minutes % 60)} min`);
}

/** Megabytes, and from a thousand of them on gigabytes. */
export function fileSize(bytes: number): string {
  return bytes < 1e9 ? megabytes(bytes) : msg(str`${number(bytes / 1e9, 1)} GB`);
}

export function megabytes(bytes: number): string {
  return msg(str`${number(bytes / 1e6, bytes < 1e7 ? 1 : 0)} MB`);
}

/** Parts of a line, without those that are empty: "64 × 64 px, 6 classes". */
export function listed(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(msg(', '));
}

/** What a fill layer remembers about itself, in its add-on data. */
import type { Node } from 'express-document-sdk';
import type { FillRecord } from '../protocol/sandbox-api.js';

const recordKey = 'repaintFill';
/** Marks a kept fill: part of the picture, no longer one of the tries. */
const keptKey = 'repaintFillKept';
const starKey = 'repaintFillStar';
/** The host's limit for all of an add-on's data on one node, less what the other keys take. */
const maxBytes = 3 * 1024 - 256;

/** An upper bound: every character of JSON takes at most three bytes of UTF-8 a code unit. */
function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Stores a record; what would not fit is left out rather than the fill. */
export function writeRecord(node: Node, record: FillRecord): void {
  const plain = { ...record, opaque: undefined };
  const texts = [record, plain, { ...plain, settings: '' }].map((it) => JSON.stringify(it));
  const fits = (text: string) => byteLength(recordKey) + byteLength(text) <= maxBytes;
  node.addOnData.setItem(recordKey, texts.find(fits) ?? texts[2]);
}

const texts = ['targetId', 'jobId', 'modelId', 'modelSha256', 'settings'] as const;
/** Whole numbers up to a largest one; `madeAt` ends where JavaScript's dates do. */
const counts = { seed: 2 ** 32 - 1, number: 1e9, madeAt: 8.64e15, like: 1e9 } as const;
/** Of fills that vary no other, as they were recorded before there were such. */
const fromNoise = { like: 0, strength: 1 };

/** Returns the record a text holds; undefined for anything else: documents come from anywhere. */
export function parseRecord(text: string): FillRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields: Record<string, unknown> = { ...fromNoise, ...value };
  const isWithin = (value: unknown, most: number) =>
    typeof value === 'number' && value >= 0 && value <= most;
  const isRecord =
    texts.every((name) => typeof fields[name] === 'string') &&
    Object.entries(counts).every(
      ([name, most]) => isWithin(fields[name], most) && Number.isInteger(fields[name]),
    ) &&
    isWithin(fields['strength'], 1);
  if (!isRecord) return undefined;
  const optional = typeof fields['opaque'] === 'string' ? ['opaque'] : [];
  const names = [...texts, ...Object.keys(counts), 'strength', ...optional];
  return Object.fromEntries(names.map((name) => [name, fields[name]])) as unknown as FillRecord;
}

/** Reads a layer's record; undefined for a node that is none of our fills. */
export function readRecord(node: Node): FillRecord | undefined {
  const text = node.addOnData.getItem(recordKey);
  return text === undefined ? undefined : parseRecord(text);
}

export function keepRecord(node: Node): void {
  node.addOnData.setItem(keptKey, 'yes');
}

export function isKept(node: Node): boolean {
  return node.addOnData.getItem(keptKey) !== undefined;
}

export function star(node: Node, isStarred: boolean): void {
  if (isStarred) node.addOnData.setItem(starKey, 'yes');
  else if (hasStar(node)) node.addOnData.removeItem(starKey);
}

export function hasStar(node: Node): boolean {
  return node.addOnData.getItem(starKey) !== undefined;
}

/** True for every layer this add-on has made. */
export function isFillLayer(node: Node): boolean {
  return readRecord(node) !== undefined;
}

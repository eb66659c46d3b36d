/** What a fill layer remembers about itself, in its add-on data. */
import type { Node } from 'express-document-sdk';
import type { FillRecord } from '../protocol/sandbox-api.js';

const recordKey = 'repaintFill';
/** Marks a kept fill: no longer in the gallery, still no picture to fill over by itself. */
const keptKey = 'repaintFillKept';
/** The host's limit for all of an add-on's data on one node. */
const maxBytes = 3 * 1024;

/** An upper bound: every character of JSON takes at most three bytes of UTF-8 a code unit. */
function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Stores a record; settings that would not fit are left out rather than the fill. */
export function writeRecord(node: Node, record: FillRecord): void {
  const text = JSON.stringify(record);
  const fits = byteLength(recordKey) + byteLength(text) <= maxBytes;
  node.addOnData.setItem(recordKey, fits ? text : JSON.stringify({ ...record, settings: '' }));
}

/** Reads a layer's record; undefined for any other node, and for one that cannot be read. */
export function readRecord(node: Node): FillRecord | undefined {
  const text = node.addOnData.getItem(recordKey);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as FillRecord;
  } catch {
    return undefined;
  }
}

export function keepRecord(node: Node): void {
  node.addOnData.removeItem(recordKey);
  node.addOnData.setItem(keptKey, 'yes');
}

/** True for every layer this add-on has made. */
export function isFillLayer(node: Node): boolean {
  return [recordKey, keptKey].some((key) => node.addOnData.getItem(key) !== undefined);
}

/** Where a fill comes from, said in its PNG: IPTC's digital source type, as XMP. Pure. */

import type { PriorName } from '../../protocol/fill.js';

/** What made the pixels: a trained model, one that began from the photo's own pixels, or these alone. */
export type DigitalSource =
  | 'trainedAlgorithmicMedia'
  | 'compositeWithTrainedAlgorithmicMedia'
  | 'algorithmicallyEnhanced';

const sources: Record<PriorName, DigitalSource> = {
  model: 'trainedAlgorithmicMedia',
  both: 'compositeWithTrainedAlgorithmicMedia',
  photo: 'algorithmicallyEnhanced',
};

/** Returns IPTC's term for what a fill was made from. */
export function digitalSource(prior: PriorName): DigitalSource {
  return sources[prior];
}

export interface Provenance {
  readonly source: DigitalSource;
  /** "RePaint Fill 0.1.0". */
  readonly creatorTool: string;
  /** The model, with its checksum; null where none was used. */
  readonly model: string | null;
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Signature and IHDR, which comes first in every PNG: length, type, 13 bytes, checksum. */
const afterHeader = signature.length + 25;

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

function escaped(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => names[character]);
}

/** Source: IPTC Photo Metadata Standard 2025.1 (the AI fields), XMP specification part 1. */
export function xmpPacket({ source, creatorTool, model }: Provenance): string {
  const used = model === null ? '' : ` Iptc4xmpExt:AISystemUsed="${escaped(model)}"`;
  return (
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>' +
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"' +
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"' +
    ` xmp:CreatorTool="${escaped(creatorTool)}"` +
    ` Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/${source}"` +
    `${used}/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
  );
}

/** An uncompressed international text chunk, as XMP asks. */
function textChunk(keyword: string, text: string): Uint8Array {
  const encoder = new TextEncoder();
  const data = [...encoder.encode(keyword), 0, 0, 0, 0, 0, ...encoder.encode(text)];
  const typed = Uint8Array.from([...encoder.encode('iTXt'), ...data]);
  const chunk = new Uint8Array(typed.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  chunk.set(typed, 4);
  view.setUint32(4 + typed.length, crc32(typed));
  return chunk;
}

/** Adds the packet right after the header. Throws: TypeError when it is no PNG. */
export function withProvenance(
  png: Uint8Array<ArrayBuffer>,
  provenance: Provenance,
): Uint8Array<ArrayBuffer> {
  if (!signature.every((byte, i) => png[i] === byte)) {
    throw new TypeError(`expected a PNG, got ${png.length} bytes that begin otherwise`);
  }
  const chunk = textChunk('XML:com.adobe.xmp', xmpPacket(provenance));
  const out = new Uint8Array(png.length + chunk.length);
  out.set(png.subarray(0, afterHeader));
  out.set(chunk, afterHeader);
  out.set(png.subarray(afterHeader), afterHeader + chunk.length);
  return out;
}

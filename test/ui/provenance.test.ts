/** The digital source type in a fill's PNG, read back by another library. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { PriorName } from '../../src/protocol/fill.js';
import {
  digitalSource,
  withProvenance,
  xmpPacket,
  type Provenance,
} from '../../src/ui/gallery/provenance.js';

const provenance: Provenance = {
  source: 'trainedAlgorithmicMedia',
  creatorTool: 'RePaint Fill 1.2.3',
  model: 'garden-64 (sha256 "a" & <b>)',
};

describe('a PNG with its provenance', () => {
  test('carries the packet where sharp finds it, and the same pixels', async () => {
    const pixels = {
      create: { width: 9, height: 7, channels: 4, background: '#2468acde' },
    } as const;
    const png = new Uint8Array(await sharp(pixels).png().toBuffer());
    const signed = withProvenance(png, provenance);
    const image = sharp(signed, { failOn: 'warning' });
    const { xmp } = await image.metadata();
    expect(xmp?.toString('utf8')).toBe(xmpPacket(provenance));
    const before = await sharp(png).raw().toBuffer();
    expect((await image.raw().toBuffer()).equals(before)).toBe(true);
  });

  test('says IPTC’s term and escapes what it is told', () => {
    const packet = xmpPacket(provenance);
    expect(packet).toContain(
      'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"',
    );
    expect(packet).toContain('AISystemUsed="garden-64 (sha256 &quot;a&quot; &amp; &lt;b&gt;)"');
  });

  test('is a trained model’s only where one was used', () => {
    expect(['photo', 'model', 'both'].map((prior) => digitalSource(prior as PriorName))).toEqual([
      'algorithmicallyEnhanced',
      'trainedAlgorithmicMedia',
      'compositeWithTrainedAlgorithmicMedia',
    ]);
  });

  test('is refused for anything else', () => {
    expect(() => withProvenance(new Uint8Array(40), provenance)).toThrow('expected a PNG');
  });
});

/** Files of photos and masks as the browser decodes them. */
import { describe, expect, test } from 'vitest';
import { maskStamp } from '../../src/ui/marking/mask-file.js';
import { decodeBitmap } from '../../src/ui/selection/raster.js';

const size = { width: 80, height: 60 };

async function drawn(colour: string, ground: string | null, type = 'image/png'): Promise<Blob> {
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext('2d')!;
  if (ground) {
    context.fillStyle = ground;
    context.fillRect(0, 0, size.width, size.height);
  }
  context.fillStyle = colour;
  context.fillRect(20, 10, 30, 20);
  return canvas.convertToBlob({ type, quality: 0.7 });
}

/** Only the header is right. */
function hugePng(): Blob {
  const header = '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x2e\xe0\0\0\x23\x28\x08\x02\0\0\0\0\0\0\0';
  const text = `${header}\0\0\0\0IEND\xae\x42\x60\x82`;
  return new Blob([Uint8Array.from(text, (letter) => letter.charCodeAt(0))]);
}

describe('a photo', () => {
  test('of 12,000 x 9,000 pixels is refused by its header', async () => {
    const refused = decodeBitmap(hugePng());
    await expect(refused).rejects.toMatchObject({
      code: 'imageTooLarge',
      detail: '12000 x 9000 px',
    });
  });

  test('of a kind that the browser does not know is named', async () => {
    const file = await (await fetch('/test/fixtures/photos/photo.heic')).blob();
    const refused = decodeBitmap(file);
    await expect(refused).rejects.toMatchObject({ code: 'imageKindUnreadable', detail: 'HEIC' });
  });

  test.each(['image/png', 'image/jpeg', 'image/webp'])(
    'of %s that is cut off is named',
    async (type) => {
      const whole = await drawn('#f00', '#08f', type);
      (await decodeBitmap(whole)).close();
      const refused = decodeBitmap(whole.slice(0, whole.size - 24));
      await expect(refused).rejects.toMatchObject({ code: 'imageCutOff' });
    },
  );
});

test.each([
  ['white on black', '#fff', '#000', 'image/png'],
  ['red on nothing', '#f00', null, 'image/png'],
  ['half transparent blue', 'rgb(0 0 255 / 50%)', null, 'image/png'],
  ['green on white', '#0f0', '#fff', 'image/png'],
  ['white on black as JPEG', '#fff', '#000', 'image/jpeg'],
])('a mask that is %s marks what was painted, in full', async (_, colour, ground, type) => {
  const { coverage } = await maskStamp(await drawn(colour, ground, type), size);
  coverage.data.forEach((value, i) => {
    const [x, y] = [i % size.width, Math.floor(i / size.width)];
    const isIn = x >= 20 && x < 50 && y >= 10 && y < 30;
    expect(value).toBe(isIn ? 255 : 0);
  });
});

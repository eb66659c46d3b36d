/** What every file store must do. Oracle: plain byte arrays. */
import type { Remote } from 'comlink';
import { expect, test } from 'vitest';
import type { StoreProbe } from './store-probe.js';

const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) % 251);

export function testStore(probe: () => StoreProbe | Remote<StoreProbe>): void {
  test('what is appended in pieces is read as one', async () => {
    const pieces = [bytes.slice(0, 10), bytes.slice(10, 4000), bytes.slice(4000)];
    expect(await probe().append('a', 'one', pieces)).toBe(5000);
    expect(await probe().content('a', 'one')).toEqual(bytes);
    expect(await probe().append('a', 'one', [bytes.slice(0, 3)])).toBe(5003);
    expect(await probe().range('a', 'one', 4990, 6000)).toEqual(
      Uint8Array.from([...bytes.slice(4990), ...bytes.slice(0, 3)]),
    );
  });

  test('a cut file goes on where it was cut', async () => {
    await probe().append('a', 'cut', [bytes]);
    expect(await probe().truncate('a', 'cut', 100)).toBe(100);
    await probe().append('a', 'cut', [bytes.slice(0, 5)]);
    expect(await probe().content('a', 'cut')).toEqual(
      Uint8Array.from([...bytes.slice(0, 100), ...bytes.slice(0, 5)]),
    );
  });

  test('files lie in folders, under any name', async () => {
    const names = ['unet/model.bin', 'blob:http://x/y?z', '50%', '模型.onnx', '..'];
    for (const name of names) await probe().append('b', name, [bytes.slice(0, name.length)]);
    const files = await probe().files('b');
    expect(Object.fromEntries(files.map(({ name, sizeBytes }) => [name, sizeBytes]))).toEqual(
      Object.fromEntries(names.map((name) => [name, name.length])),
    );
    expect(await probe().content('b', '50%')).toEqual(bytes.slice(0, 3));
    expect(await probe().folders()).toContain('b');
  });

  test('what is removed is gone, and what is not there is no error', async () => {
    await probe().append('c', 'x', [bytes]);
    await probe().append('c', 'y', [bytes]);
    await probe().remove('c', 'x');
    expect((await probe().files('c')).map(({ name }) => name)).toEqual(['y']);
    await probe().remove('c');
    await probe().remove('c');
    await probe().remove('c', 'x');
    expect(await probe().files('c')).toEqual([]);
    expect(await probe().content('c', 'y')).toBeNull();
    expect(await probe().folders()).not.toContain('c');
  });
}

/** The decision only: backends that answer and take as long as they are told. */
import { expect, test } from 'vitest';
import { choosePrecision } from '../../src/engine/choose-precision.js';
import type { GpuBackend } from '../../src/engine/gpu/gpu-backend.js';
import type { Precision } from '../../src/protocol/compute-device.js';

const shape = [1, 3, 8, 8] as const;
const expected = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i));

function backend(precision: Precision, answer: Float32Array, ms: number) {
  const told = { precision, isReleased: false };
  const release = async () => void (told.isReleased = true);
  return Object.assign(told, { probe: async () => answer, warmUp: async () => ms, release });
}

/** An answer off by that share of its size. */
const off = (share: number) => expected.map((value) => value * (1 + share));

test.each([
  ['faster and near enough is taken', null, off(0.01), 5, 'float16'],
  ['slower is not taken', null, off(0.01), 15, 'float32'],
  ['slower, but asked for, is taken', 'float16', off(0.01), 15, 'float16'],
  ['wrong is not taken even when asked for', 'float16', off(0.1), 5, 'float32'],
  ['not a number is not taken', null, expected.map(() => NaN), 5, 'float32'],
  ['float32 asked for is float32', 'float32', off(0), 5, 'float32'],
] as const)('float16 that is %s', async (_, wanted, answer, ms, taken) => {
  const full = backend('float32', expected, 10);
  const half = backend('float16', answer, ms);
  const opened: unknown[] = [];
  const openHalf = async () => {
    opened.push(half);
    return half as unknown as GpuBackend;
  };
  const chosen = await choosePrecision(wanted, full as unknown as GpuBackend, openHalf, shape);
  expect(chosen.precision).toBe(taken);
  expect([full.isReleased, half.isReleased]).toEqual(
    taken === 'float16' ? [true, false] : [false, opened.length > 0],
  );
});

test('a device without float16 keeps float32, whatever is asked for', async () => {
  const full = backend('float32', expected, 10) as unknown as GpuBackend;
  expect(await choosePrecision('float16', full, async () => null, shape)).toBe(full);
});

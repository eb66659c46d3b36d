import { describe, expect, it } from 'vitest';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToFloat16,
  halfToNumber,
  numberToHalf,
} from '../../src/checkpoint/format/float16.js';

describe('half precision', () => {
  it('survives the way to float32 and back, for every one of the 65,536 bit patterns', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const back = float32ToFloat16(float16ToFloat32(all));
    const isNaNPattern = (bits: number) => (bits & 0x7fff) > 0x7c00;
    const changed = all.filter((bits) => !isNaNPattern(bits) && back[bits] !== bits);
    expect([...changed]).toEqual([]);
    expect([...all].filter(isNaNPattern).every((bits) => isNaNPattern(back[bits]))).toBe(true);
  });

  it('rounds to the nearest half and ties to even', () => {
    // 1 + 2^-11 lies midway between 1 and 1 + 2^-10: the even one is 1.
    expect(numberToHalf(1 + 2 ** -11)).toBe(0x3c00);
    expect(numberToHalf(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(numberToHalf(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01);
    expect(numberToHalf(2 ** -25)).toBe(0);
    expect(numberToHalf(2 ** -25 + 2 ** -40)).toBe(1);
  });

  it('becomes infinite from halfway past its greatest number', () => {
    expect(halfToNumber(numberToHalf(65519))).toBe(65504);
    expect(halfToNumber(numberToHalf(-65520))).toBe(-Infinity);
  });

  it('reads bfloat16 as the upper half of a float32', () => {
    expect([...bfloat16ToFloat32(Uint16Array.of(0x3f80, 0xc049, 0x7f80))]).toEqual([
      1,
      -3.140625,
      Infinity,
    ]);
  });
});

/** Little-endian bytes of any element type to float32, the type the graphs compute in. */
import type { DType } from '../checkpoint.js';
import { bfloat16ToFloat32, float16ToFloat32 } from './float16.js';

/** Copies when the view is not aligned to its element size: typed arrays demand alignment. */
function aligned(bytes: Uint8Array, bytesPerItem: number): Uint8Array {
  return bytes.byteOffset % bytesPerItem === 0 ? bytes : bytes.slice();
}

/**
 * Converts raw little-endian elements to float32.
 * Integers beyond 2^24 and float64 are rounded to the nearest float32.
 */
export function decodeToFloat32(raw: Uint8Array, dtype: DType): Float32Array {
  const bytes = aligned(raw, 8);
  const { buffer, byteOffset, byteLength } = bytes;
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case 'F16':
      return float16ToFloat32(new Uint16Array(buffer, byteOffset, byteLength / 2));
    case 'BF16':
      return bfloat16ToFloat32(new Uint16Array(buffer, byteOffset, byteLength / 2));
    case 'F64':
      return Float32Array.from(new Float64Array(buffer, byteOffset, byteLength / 8));
    case 'I64':
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, byteLength / 8), Number);
    case 'I32':
      return Float32Array.from(new Int32Array(buffer, byteOffset, byteLength / 4));
    case 'I16':
      return Float32Array.from(new Int16Array(buffer, byteOffset, byteLength / 2));
    case 'I8':
      return Float32Array.from(new Int8Array(buffer, byteOffset, byteLength));
    case 'U8':
    case 'BOOL':
      return Float32Array.from(bytes);
  }
  return dtype satisfies never;
}

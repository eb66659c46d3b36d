/** Weights made from other weights: stacked, permuted, folded. Values are still read late. */
import type { Tensor } from '../checkpoint.js';

/** Stacks tensors along their first axis. */
export function stacked(name: string, parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  const rows = parts.reduce((sum, part) => sum + part.shape[0], 0);
  const values = async () => {
    const blocks = await Promise.all(parts.map((part) => part.values()));
    const out = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
    let offset = 0;
    for (const block of blocks) {
      out.set(block, offset);
      offset += block.length;
    }
    return out;
  };
  return { name, dtype: first.dtype, shape: [rows, ...first.shape.slice(1)], values };
}

/** Takes rows [start, end) of the first axis. */
export function rowsSliced(tensor: Tensor, start: number, end: number): Tensor {
  const [rows, ...rest] = tensor.shape as readonly [number, ...number[]];
  const values = async () => {
    const source = await tensor.values();
    const rowLength = source.length / rows;
    return source.slice(start * rowLength, end * rowLength);
  };
  return {
    ...tensor,
    name: `${tensor.name}[${start}:${end}]`,
    shape: [end - start, ...rest],
    values,
  };
}

/** Takes columns [start, end) of a matrix. */
export function columnsSliced(tensor: Tensor, start: number, end: number): Tensor {
  const [rows, columns] = tensor.shape as readonly [number, number];
  const width = end - start;
  const values = async () => {
    const source = await tensor.values();
    const out = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const from = row * columns;
      out.set(source.subarray(from + start, from + end), row * width);
    }
    return out;
  };
  return { ...tensor, name: `${tensor.name}[:,${start}:${end}]`, shape: [rows, width], values };
}

/** Reorders the rows (first axis): row i of the result is row `order[i]` of the tensor. */
export function rowsReordered(tensor: Tensor, order: readonly number[]): Tensor {
  const values = async () => {
    const source = await tensor.values();
    const rowLength = source.length / order.length;
    const out = new Float32Array(source.length);
    order.forEach((row, i) =>
      out.set(source.subarray(row * rowLength, (row + 1) * rowLength), i * rowLength),
    );
    return out;
  };
  return { ...tensor, values };
}

/**
 * Folds a pixel unshuffle into the convolution after it: a 3x3 kernel over C*f*f channels becomes
 * a 3f x 3f kernel of stride f over the image's C channels. PyTorch's channel order is
 * c*f*f + dy*f + dx, so weight [o, c*f*f + dy*f + dx, ky, kx] goes to [o, c, ky*f + dy, kx*f + dx].
 */
export function unshuffleFolded(weight: Tensor, factor: number): Tensor {
  const [out, stackedChannels, size] = weight.shape as readonly [number, number, number];
  const channels = stackedChannels / factor ** 2;
  const folded = size * factor;
  const values = async () => {
    const source = await weight.values();
    const target = new Float32Array(source.length);
    let at = 0;
    for (let o = 0; o < out; o++) {
      for (let c = 0; c < channels; c++) {
        for (let y = 0; y < folded; y++) {
          for (let x = 0; x < folded; x++) {
            const plane = (c * factor + (y % factor)) * factor + (x % factor);
            const row = Math.floor(y / factor);
            const column = Math.floor(x / factor);
            const from = ((o * stackedChannels + plane) * size + row) * size + column;
            target[at++] = source[from]!;
          }
        }
      }
    }
    return target;
  };
  return { ...weight, shape: [out, channels, folded, folded], values };
}

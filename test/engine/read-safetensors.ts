/** Reads float32 tensors of a small safetensors file, in Node or the browser. */
export function readFloat32Tensors(file: ArrayBuffer): Map<string, Float32Array> {
  const headerBytes = Number(new DataView(file).getBigUint64(0, true));
  const header = JSON.parse(
    new TextDecoder().decode(new Uint8Array(file, 8, headerBytes)),
  ) as Record<string, { dtype: string; data_offsets: [number, number] }>;
  const tensors = new Map<string, Float32Array>();
  for (const [name, entry] of Object.entries(header)) {
    if (entry.dtype !== 'F32') continue;
    const [start, end] = entry.data_offsets.map((offset) => offset + 8 + headerBytes);
    tensors.set(name, new Float32Array(file.slice(start, end)));
  }
  return tensors;
}

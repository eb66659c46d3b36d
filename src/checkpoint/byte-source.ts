/**
 * Where a checkpoint's bytes come from: a file, a Blob, an OPFS handle, memory.
 * Readers ask for ranges only, so a 2 GB file is never in memory as a whole.
 */

/** Random access to the bytes of one file. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Reads bytes [start, end). The caller owns the returned array. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** Something with a Blob's `size` and `slice`: Blob, File, an OPFS `getFile()` result. */
export interface BlobLike {
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** Reads from bytes already in memory; returns copies, so that no reader can change them. */
export function sourceFromBytes(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.byteLength,
    read: async (start, end) => bytes.slice(start, end),
  };
}

/** Reads ranges of a Blob or File. */
export function sourceFromBlob(blob: BlobLike): ByteSource {
  return {
    sizeBytes: blob.size,
    read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
  };
}

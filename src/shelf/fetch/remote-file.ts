/** One file of a model somewhere on the network. */
export interface RemoteFile {
  readonly name: string;
  /** Addresses of the same bytes, tried in order. */
  readonly urls: readonly string[];
  /** null where nobody said. */
  readonly sizeBytes: number | null;
  readonly sha256: string | null;
}

/** JSON between the realm and the page. Blobs stay on the page; the realm holds numbered handles. */

/** The realm's Blob: the host gives its sandbox little more. */
export class BlobHandle {
  constructor(
    readonly handle: number,
    readonly size: number,
    readonly type: string,
  ) {}
}

interface BlobOnWire {
  readonly $blob: readonly [handle: number, size: number, type: string];
}

function isBlobOnWire(value: unknown): value is BlobOnWire {
  return typeof value === 'object' && value !== null && '$blob' in value;
}

/** Turns a message into text. Blob handles travel by number. */
export function encodeMessage(message: unknown): string {
  return JSON.stringify(message, (_, value: unknown) =>
    value instanceof BlobHandle ? { $blob: [value.handle, value.size, value.type] } : value,
  );
}

export function decodeMessage<T>(text: string): T {
  return JSON.parse(text, (_, value: unknown) =>
    isBlobOnWire(value) ? new BlobHandle(...value.$blob) : value,
  ) as T;
}

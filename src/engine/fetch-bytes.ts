/** Downloads with progress and with failures that say which address failed. */
import { RepaintError } from '../protocol/failure.js';

export type FetchProgress = (loadedBytes: number, totalBytes: number) => void;

/** Throws: RepaintError modelFetch when the address does not answer or answers not "ok". */
export async function fetchOk(url: string): Promise<Response> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw new RepaintError('modelFetch', `${url} could not be fetched.`, { cause });
  });
  if (response.ok) return response;
  throw new RepaintError('modelFetch', `${url} answered ${response.status}.`);
}

/**
 * Downloads a file of known size into one buffer.
 * Throws: RepaintError modelFetch, also when the size is not the expected one.
 */
export async function fetchBytes(
  url: string,
  sizeBytes: number,
  onProgress: FetchProgress,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetchOk(url);
  const reader = response.body?.getReader();
  const bytes = new Uint8Array(sizeBytes);
  let loaded = 0;
  onProgress(0, sizeBytes);
  while (reader) {
    const chunk = await readChunk(reader, url);
    if (!chunk) break;
    if (loaded + chunk.length <= sizeBytes) bytes.set(chunk, loaded);
    loaded += chunk.length;
    onProgress(Math.min(loaded, sizeBytes), sizeBytes);
  }
  if (loaded === sizeBytes) return bytes;
  throw new RepaintError('modelFetch', `${url} has ${loaded} bytes; expected ${sizeBytes}.`);
}

async function readChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  url: string,
): Promise<Uint8Array | null> {
  const { done, value } = await reader.read().catch((cause: unknown) => {
    throw new RepaintError('modelFetch', `${url} broke off while loading.`, { cause });
  });
  return done ? null : value;
}

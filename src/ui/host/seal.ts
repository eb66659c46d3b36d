/** Checksums of what is kept in storage: what comes back changed is noticed before it is used. */
import * as z from 'zod/mini';
import { sha256Hex } from '../../protocol/sha256.js';

const sealedSchema = z.object({ seal: z.string(), value: z.unknown() });

const exactText = (value: unknown) => (Object.is(value, -0) ? '-0' : String(value));

/** A value as JSON can tell it: of images and files the hash. */
async function told(value: unknown): Promise<unknown> {
  if (ArrayBuffer.isView(value)) {
    const bytes = await sha256Hex(value as ArrayBufferView<ArrayBuffer>);
    return { kind: value.constructor.name, bytes };
  }
  if (value instanceof Blob) {
    return { kind: value.type, bytes: await sha256Hex(await value.arrayBuffer()) };
  }
  if (value === null || typeof value === 'string') return value;
  // JSON knows neither -0 nor what is no number.
  if (typeof value !== 'object') return { kind: typeof value, text: exactText(value) };
  if (Array.isArray(value)) return Promise.all(value.map(told));
  const parts = Object.entries(value).map(async ([name, part]) => [name, await told(part)]);
  return Promise.all(parts);
}

async function sealOf(key: string, value: unknown): Promise<string> {
  return sha256Hex(new TextEncoder().encode(JSON.stringify([key, await told(value)])));
}

/** Puts a checksum beside plain data, typed arrays and Blobs. `key`: where they are kept. */
export async function sealed(key: string, value: unknown): Promise<z.infer<typeof sealedSchema>> {
  return { seal: await sealOf(key, value), value };
}

/** Returns: what `sealed` was given; undefined when it is not that any more. */
export async function unsealed(key: string, stored: unknown): Promise<unknown> {
  const { success, data } = sealedSchema.safeParse(stored);
  if (!success) return undefined;
  const seal = await sealOf(key, data.value).catch(() => null);
  return seal === data.seal ? data.value : undefined;
}

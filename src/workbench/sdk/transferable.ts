/** What may cross between panel and sandbox: the host passes plain data, Blobs and buffers only. */

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function isBinary(value: object): boolean {
  const name = value.constructor?.name;
  return name === 'Blob' || name === 'File' || name === 'BlobHandle' || name === 'ArrayBuffer';
}

/**
 * Refuses what the host would refuse, at the place where it stands.
 * Throws: TypeError for functions, symbols, class instances, Map, Set, Date, typed arrays, cycles.
 */
export function checkTransferable(value: unknown, path = 'value', seen: object[] = []): void {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new TypeError(`${path} is a ${typeof value}: the host passes plain data only`);
  if (typeof value !== 'object' || value === null) return;
  if (seen.includes(value))
    throw new TypeError(`${path} refers to itself: the host cannot pass it`);
  if (value instanceof Error || isBinary(value)) return;
  if (!Array.isArray(value) && !isPlainObject(value))
    throw new TypeError(`${path} is a ${value.constructor.name}: the host passes plain data only`);
  for (const [key, entry] of Object.entries(value)) {
    checkTransferable(entry, `${path}.${key}`, [...seen, value]);
  }
}

/** Writes small PyTorch checkpoints byte by byte, also such as torch.save never would. */

type Bytes = readonly number[];

const utf8 = (text: string): Bytes => [...new TextEncoder().encode(text)];
const little = (value: number, bytes: number): Bytes =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);

/** Pickle values as their opcodes. */
export const pickle = {
  text: (value: string): Bytes => [0x58, ...little(utf8(value).length, 4), ...utf8(value)],
  int: (value: number): Bytes => [0x4a, ...little(value, 4)],
  none: [0x4e] as Bytes,
  global: (module: string, name: string): Bytes => [0x63, ...utf8(`${module}\n${name}\n`)],
  tuple: (...items: readonly Bytes[]): Bytes => [0x28, ...items.flat(), 0x74],
  dict: (...items: readonly Bytes[]): Bytes => [0x7d, 0x28, ...items.flat(), 0x75],
  list: (...items: readonly Bytes[]): Bytes => [0x5d, 0x28, ...items.flat(), 0x65],
  call: (callee: Bytes, ...args: readonly Bytes[]): Bytes => [
    ...callee,
    ...pickle.tuple(...args),
    0x52,
  ],
  whole: (value: Bytes): Bytes => [0x80, 2, ...value, 0x2e],
};

export interface TensorSpec {
  readonly key?: string;
  readonly storage?: string;
  readonly elements: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Sixth item of the persistent id, in old streams: (view key, offset, size) or None. */
  readonly view?: Bytes;
}

/** A tensor as `torch.save` pickles it. */
export function tensor(spec: TensorSpec): Bytes {
  const { key = '0', storage = 'FloatStorage', elements, offset = 0, shape, strides } = spec;
  const { int, text, tuple, global, call } = pickle;
  const id = [
    text('storage'),
    global('torch', storage),
    text(key),
    text('cpu'),
    int(elements),
    ...(spec.view ? [spec.view] : []),
  ];
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    [...tuple(...id), 0x51],
    int(offset),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    [0x89],
    call(global('collections', 'OrderedDict')),
  );
}

/** Raw bytes of float32 values. */
export function floats(...values: readonly number[]): Bytes {
  return [...new Uint8Array(Float32Array.from(values).buffer)];
}

export interface ZipOptions {
  /** Sizes, offsets and counts go to ZIP64 records, all their 32-bit fields being ones. */
  readonly isZip64?: boolean;
  readonly method?: number;
}

function localHeader(name: Bytes, size: number, method: number): Bytes {
  const fields = [...little(20, 2), ...little(0, 2), ...little(method, 2), ...little(0, 8)];
  const sizes = [...little(size, 4), ...little(size, 4)];
  const padding = [0x46, 0x42, 4, 0, 0x5a, 0x5a, 0x5a, 0x5a];
  const lengths = [...little(name.length, 2), ...little(padding.length, 2)];
  return [0x50, 0x4b, 3, 4, ...fields, ...sizes, ...lengths, ...name, ...padding];
}

function directoryEntry(
  name: Bytes,
  size: number,
  offset: number,
  { isZip64, method = 0 }: ZipOptions,
) {
  const ones = little(0xffffffff, 4);
  const size32 = isZip64 ? ones : little(size, 4);
  const extra = isZip64
    ? [1, 0, 24, 0, ...little(size, 8), ...little(size, 8), ...little(offset, 8)]
    : [];
  return [
    ...[0x50, 0x4b, 1, 2, ...little(20, 2), ...little(20, 2), ...little(0, 2)],
    ...[...little(method, 2), ...little(0, 8), ...size32, ...size32],
    ...[...little(name.length, 2), ...little(extra.length, 2), ...little(0, 10)],
    ...(isZip64 ? ones : little(offset, 4)),
    ...name,
    ...extra,
  ];
}

/** Writes an archive of stored entries. */
export function zipOf(entries: Readonly<Record<string, Bytes>>, options: ZipOptions = {}) {
  const file: number[] = [];
  const directory: number[] = [];
  for (const [path, data] of Object.entries(entries)) {
    const name = utf8(path);
    directory.push(...directoryEntry(name, data.length, file.length, options));
    file.push(...localHeader(name, data.length, options.method ?? 0), ...data);
  }
  const offset = file.length;
  const count = Object.keys(entries).length;
  file.push(...directory);
  if (options.isZip64) file.push(...zip64End(count, directory.length, offset));
  const wide = (value: number, bytes: number) =>
    little(options.isZip64 ? 256 ** bytes - 1 : value, bytes);
  file.push(...[0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...wide(count, 2), ...wide(count, 2)]);
  file.push(...wide(directory.length, 4), ...wide(offset, 4), 0, 0);
  return Uint8Array.from(file);
}

function zip64End(count: number, size: number, offset: number): Bytes {
  const record = [0x50, 0x4b, 6, 6, ...little(44, 8), ...little(45, 2), ...little(45, 2)];
  const where = [...little(0, 8), ...little(count, 8), ...little(count, 8), ...little(size, 8)];
  const locator = [0x50, 0x4b, 6, 7, 0, 0, 0, 0, ...little(offset + size, 8), 1, 0, 0, 0];
  return [...record, ...where, ...little(offset, 8), ...locator];
}

/** An archive of torch.save: the pickled object and its storages. */
export function torchZip(
  object: Bytes,
  storages: Readonly<Record<string, Bytes>>,
  options: ZipOptions & { readonly byteOrder?: string } = {},
): Uint8Array {
  const entries: Record<string, Bytes> = { 'archive/data.pkl': pickle.whole(object) };
  if (options.byteOrder) entries['archive/byteorder'] = utf8(options.byteOrder);
  for (const [key, bytes] of Object.entries(storages)) entries[`archive/data/${key}`] = bytes;
  return zipOf(entries, options);
}

/** The stream that torch.save wrote before 1.6. */
export function torchStream(object: Bytes, storages: readonly (readonly [string, Bytes])[]) {
  const { whole, int, dict, list, text } = pickle;
  const magic = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  const keys = storages.map(([key]) => text(key));
  return Uint8Array.from([
    ...whole(magic),
    ...whole(int(1001)),
    ...whole(dict()),
    ...whole(object),
    ...whole(list(...keys)),
    ...storages.flatMap(([, bytes]) => [...little(bytes.length / 4, 8), ...bytes]),
  ]);
}

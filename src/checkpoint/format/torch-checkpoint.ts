/**
 * Reader of what `torch.save` writes: the zip archive (since 1.6) and the older stream of pickles.
 * Tensors may be strided views of shared storages; only the bytes a tensor spans are read.
 * Source: torch/serialization.py, `_load` and `_legacy_load`.
 */
import type { ByteSource } from '../byte-source.js';
import {
  bytesPerElement,
  elementCount,
  isKnownDType,
  unreadable,
  type Checkpoint,
  type Tensor,
} from '../checkpoint.js';
import { decodeToFloat32 } from './decode.js';
import { failPickle, PickleCutShort, unpickle, type PickleValue } from './pickle.js';
import { tensorsIn, TorchMeaning, type StorageRef, type TensorRef } from './torch-objects.js';
import { readZip, type ZipEntry } from './zip.js';

/** The names and shapes of 100,000 tensors take about 20 MB. */
const maxPickleBytes = 64 * 2 ** 20;
const maxStorages = 100_000;

/** Where the data of each storage lies, by key. */
type Storages = ReadonlyMap<string, ZipEntry>;

/** Strides of a tensor without gaps, last extent fastest. */
function rowMajorStrides(shape: readonly number[]): number[] {
  return shape.map((_, i) => elementCount(shape.slice(i + 1)));
}

function isRowMajor({ shape, strides }: TensorRef): boolean {
  const expected = rowMajorStrides(shape);
  return shape.every((extent, i) => extent === 1 || strides[i] === expected[i]);
}

/** Number of elements from the first to the last one that the view touches. */
function spanOf({ shape, strides }: TensorRef): number {
  if (shape.includes(0)) return 0;
  return 1 + shape.reduce((sum, extent, i) => sum + (extent - 1) * strides[i], 0);
}

/** Collects the elements of a view, row-major. */
function gathered(span: Float32Array, { shape, strides }: TensorRef): Float32Array {
  const out = new Float32Array(elementCount(shape));
  const steps = rowMajorStrides(shape);
  for (let i = 0; i < out.length; i++) {
    let from = 0;
    let rest = i;
    for (let axis = 0; axis < shape.length; axis++) {
      from += Math.floor(rest / steps[axis]) * strides[axis];
      rest %= steps[axis];
    }
    out[i] = span[from]!;
  }
  return out;
}

/** Checks that a view stays inside its storage, and its storage inside the file. */
function tensorOf(name: string, ref: TensorRef, storages: Storages, source: ByteSource): Tensor {
  const { storage, shape } = ref;
  const { dtype } = storage;
  if (!isKnownDType(dtype)) return unreadable(name, shape, dtype.replace('torch.', ''));
  const label = name.slice(0, 100);
  const place = storages.get(storage.key);
  const itemBytes = bytesPerElement[dtype];
  const stored = storage.firstElement + storage.elements;
  if (!place || stored * itemBytes > place.sizeBytes) failPickle(`the data of ${label} is missing`);
  const span = spanOf(ref);
  if (ref.offset + span > storage.elements) failPickle(`${label} reaches past its data`);
  if (elementCount(shape) > span) failPickle(`${label} overlaps itself`);
  const values = async () => {
    const first = (storage.firstElement + ref.offset) * itemBytes;
    const start = (await place.dataStart()) + first;
    const bytes = await source.read(start, start + span * itemBytes);
    const decoded = decodeToFloat32(bytes, dtype);
    return isRowMajor(ref) ? decoded : gathered(decoded, ref);
  };
  return { name, dtype, shape, values };
}

function checkpointOf(value: PickleValue, storages: Storages, source: ByteSource): Checkpoint {
  const refs = tensorsIn(value);
  if (refs.size === 0) failPickle('it holds no state dict');
  return new Map([...refs].map(([name, ref]) => [name, tensorOf(name, ref, storages, source)]));
}

/**
 * Reads the archive `torch.save` writes today.
 * Throws: CheckpointError with one sentence on anything malformed or not allowed.
 */
export async function readTorchZip(source: ByteSource): Promise<Checkpoint> {
  const entries = await readZip(source);
  const suffix = '/data.pkl';
  const pickles = [...entries.keys()].filter((name) => name.endsWith(suffix));
  if (pickles.length !== 1) failPickle('it is a zip archive, but not one of torch.save');
  const prefix = pickles[0].slice(0, -suffix.length);
  const byteOrder = entries.get(`${prefix}/byteorder`);
  if (byteOrder?.sizeBytes === 3) failPickle('it was saved on a big-endian machine');
  const pickle = entries.get(pickles[0])!;
  if (pickle.sizeBytes > maxPickleBytes) failPickle('its table of contents is absurdly large');
  const start = await pickle.dataStart();
  const bytes = await source.read(start, start + pickle.sizeBytes);
  const { value } = unpickle(bytes, 0, new TorchMeaning());
  const folder = `${prefix}/data/`;
  const storages = [...entries]
    .filter(([name]) => name.startsWith(folder))
    .map(([name, entry]) => [name.slice(folder.length), entry] as const);
  return checkpointOf(value, new Map(storages), source);
}

const legacyMagic = 0x1950a86a20f9469cfc6cn;
const legacyProtocol = 1001;

interface LegacyContents {
  readonly value: PickleValue;
  readonly keys: readonly string[];
  readonly storages: ReadonlyMap<string, StorageRef>;
  readonly end: number;
}

/** Reads the five pickles at the start: magic, protocol, system info, the object, storage keys. */
function legacyContents(bytes: Uint8Array): LegacyContents {
  const torchMeaning = new TorchMeaning();
  const magic = unpickle(bytes, 0, torchMeaning);
  if (magic.value !== legacyMagic) failPickle('it is a pickle, but not one of torch.save');
  const protocol = unpickle(bytes, magic.end, torchMeaning);
  if (protocol.value !== legacyProtocol) failPickle('its protocol is not known');
  const system = unpickle(bytes, protocol.end, torchMeaning);
  if (system.value instanceof Map && system.value.get('little_endian') === false) {
    failPickle('it was saved on a big-endian machine');
  }
  const object = unpickle(bytes, system.end, torchMeaning);
  const keys = unpickle(bytes, object.end, torchMeaning);
  const isKeys = Array.isArray(keys.value) && keys.value.every((key) => typeof key === 'string');
  if (!isKeys) failPickle('its list of storages is malformed');
  const { storages } = torchMeaning;
  return { value: object.value, keys: keys.value, storages, end: keys.end };
}

/** Nobody says how long the pickles are: reads more and more of the file until they end. */
async function readLegacyContents(source: ByteSource): Promise<LegacyContents> {
  for (let length = 2 ** 20; ; length *= 4) {
    const isAll = length >= Math.min(source.sizeBytes, maxPickleBytes);
    const bytes = await source.read(0, Math.min(length, source.sizeBytes, maxPickleBytes));
    try {
      return legacyContents(bytes);
    } catch (error) {
      if (isAll || !(error instanceof PickleCutShort)) throw error;
    }
  }
}

/** Throws: CheckpointError for a type whose data cannot be passed over. */
function itemBytes({ dtype }: StorageRef): number {
  if (isKnownDType(dtype)) return bytesPerElement[dtype];
  return failPickle(`its values are of type ${dtype}, which is not known here; save it as float32`);
}

/** Each storage is an element count and the elements, in the order of the keys. */
async function legacyStorages(source: ByteSource, contents: LegacyContents): Promise<Storages> {
  const storages = new Map<string, ZipEntry>();
  if (contents.keys.length > maxStorages) failPickle('its list of storages is absurdly long');
  let at = contents.end;
  for (const key of contents.keys) {
    if (at + 8 > source.sizeBytes) failPickle('it is cut short');
    const prefix = await source.read(at, at + 8);
    const count = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
    const ref = contents.storages.get(key);
    if (!ref) failPickle('its list of storages is malformed');
    const sizeBytes = Number(count) * itemBytes(ref);
    if (!(at + 8 + sizeBytes <= source.sizeBytes)) failPickle('it is cut short');
    const start = at + 8;
    storages.set(key, { sizeBytes, dataStart: async () => start });
    at += 8 + sizeBytes;
  }
  return storages;
}

/**
 * Reads the stream of pickles that `torch.save` wrote before PyTorch 1.6.
 * Throws: CheckpointError with one sentence on anything malformed or not allowed.
 */
export async function readTorchLegacy(source: ByteSource): Promise<Checkpoint> {
  const contents = await readLegacyContents(source);
  return checkpointOf(contents.value, await legacyStorages(source, contents), source);
}

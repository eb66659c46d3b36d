/** The only objects a PyTorch state dict is made of, and how a pickle may name them. */
import type { DType } from '../checkpoint.js';
import { failPickle, PickleGlobal } from './pickle.js';
import type { PickleMeaning, PickleValue } from './pickle.js';

const storageTypes: ReadonlyMap<string, DType> = new Map([
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.DoubleStorage', 'F64'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
]);

/** Elements of one type that lie somewhere in the file; tensors are views of it. */
export class StorageRef {
  constructor(
    readonly key: string,
    readonly dtype: DType,
    readonly elements: number,
    /** Elements from the start of the stored data (old views of other storages only). */
    readonly firstElement: number,
  ) {}
}

/** A strided view of a storage. Strides and offset count elements. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

const maxRank = 8;

function isCount(value: PickleValue): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: PickleValue): value is number[] {
  return Array.isArray(value) && value.length <= maxRank && value.every(isCount);
}

function rebuildTensor([storage, offset, shape, strides]: readonly PickleValue[]): TensorRef {
  if (
    !(storage instanceof StorageRef) ||
    !isCount(offset) ||
    !isCounts(shape) ||
    !isCounts(strides) ||
    shape.length !== strides.length
  ) {
    failPickle('one of its tensors is malformed');
  }
  return new TensorRef(storage, offset, shape, strides);
}

function rebuildParameter([tensor]: readonly PickleValue[]): TensorRef {
  return tensor instanceof TensorRef ? tensor : failPickle('one of its parameters is malformed');
}

/** torch.save fills dicts item by item; a call with items could repeat a long list for free. */
function orderedDict(args: readonly PickleValue[]): Map<PickleValue, PickleValue> {
  return args.length === 0 ? new Map() : failPickle('one of its dicts is malformed');
}

type Call = (args: readonly PickleValue[]) => PickleValue;

/** What each allowed global does when called. */
const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['collections.OrderedDict', orderedDict],
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_parameter', rebuildParameter],
  ['torch.Size', ([extents]) => (isCounts(extents) ? extents : failPickle('a size is malformed'))],
]);

/** ('storage', class, key, device, element count[, null | (view key, offset, size)]). */
function storage(id: PickleValue): StorageRef {
  if (!Array.isArray(id) || id[0] !== 'storage') failPickle('one of its storages is malformed');
  const [, type, key, , elements, view] = id as PickleValue[];
  const dtype = type instanceof PickleGlobal ? storageTypes.get(type.name) : undefined;
  if (!dtype || typeof key !== 'string' || !isCount(elements)) {
    failPickle('one of its storages is malformed');
  }
  if (view === null || view === undefined) return new StorageRef(key, dtype, elements, 0);
  if (!Array.isArray(view) || !isCount(view[1])) failPickle('one of its storages is malformed');
  return new StorageRef(key, dtype, elements, view[1]);
}

/** The allow-list: containers, tensors, parameters and storages. Nothing else is ever built. */
export const torchMeaning: PickleMeaning = {
  global(name) {
    if (calls.has(name) || storageTypes.has(name)) return new PickleGlobal(name);
    return failPickle(
      `it asks to load ${name.slice(0, 80)}, which weights do not need and which is not loaded ` +
        'for safety; save only the state dict',
    );
  },
  call(callee, args) {
    const call = callee instanceof PickleGlobal ? calls.get(callee.name) : undefined;
    return call ? call(args) : failPickle('its pickle is malformed');
  },
  persistent: storage,
};

/** Names under which trainers keep the weights inside a larger checkpoint. */
const wrapperKeys = ['state_dict', 'model_state_dict', 'model', 'ema', 'module'];
const maxDepth = 4;

/**
 * Finds the state dict in what a checkpoint holds, by name, without a `module.` prefix.
 * Returns undefined when there is none.
 */
export function findStateDict(
  value: PickleValue,
  depth = 0,
  seen = new Set<PickleValue>(),
): ReadonlyMap<string, TensorRef> | undefined {
  if (depth > maxDepth || seen.has(value)) return undefined;
  seen.add(value);
  if (Array.isArray(value)) return firstOf(value.slice(0, 16), depth, seen);
  if (!(value instanceof Map)) return undefined;
  const entries = [...(value as Map<PickleValue, PickleValue>)].filter(
    (entry): entry is [string, TensorRef] =>
      typeof entry[0] === 'string' && entry[1] instanceof TensorRef,
  );
  if (entries.length > 0) return withoutPrefix(entries);
  return firstOf(
    wrapperKeys.map((key) => value.get(key) as PickleValue),
    depth,
    seen,
  );
}

function firstOf(candidates: readonly PickleValue[], depth: number, seen: Set<PickleValue>) {
  for (const candidate of candidates) {
    const found = findStateDict(candidate, depth + 1, seen);
    if (found) return found;
  }
  return undefined;
}

function withoutPrefix(entries: readonly [string, TensorRef][]): ReadonlyMap<string, TensorRef> {
  const prefix = 'module.';
  const isPrefixed = entries.every(([name]) => name.startsWith(prefix));
  return new Map(
    entries.map(([name, tensor]) => [isPrefixed ? name.slice(prefix.length) : name, tensor]),
  );
}

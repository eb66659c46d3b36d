/** What a PyTorch pickle is made of: tensors, which are read, and anything else, which lies inert. */
import type { DType } from '../checkpoint.js';
import {
  failPickle,
  PickleGlobal,
  PickleObject,
  type PickleMeaning,
  type PickleValue,
} from './pickle.js';

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
    /** As in safetensors, or PyTorch's own name of a type that is not known here. */
    readonly dtype: DType | `torch.${string}`,
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

/** Element types without a storage class of their own: the storage holds bytes, the call says which. */
function rebuildTyped(args: readonly PickleValue[]): PickleValue {
  const { storage, offset, shape, strides } = rebuildTensor(args);
  const type = args[6] instanceof PickleGlobal ? args[6].name : 'torch.dtype';
  const { key, elements, firstElement } = storage;
  const typed = new StorageRef(key, type as `torch.${string}`, elements, firstElement);
  return new TensorRef(typed, offset, shape, strides);
}

/** (function, class, its arguments, attributes): a tensor of a class of one's own. */
function rebuildSubclass([rebuild, , args]: readonly PickleValue[]): PickleValue {
  const call = rebuild instanceof PickleGlobal ? tensorCalls.get(rebuild.name) : undefined;
  return call && Array.isArray(args) ? call(args) : failPickle('one of its tensors is malformed');
}

type Call = (args: readonly PickleValue[]) => PickleValue;

const tensorCalls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_tensor_v3', rebuildTyped],
]);

/** What each global that matters does when called. */
const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ...tensorCalls,
  ['collections.OrderedDict', orderedDict],
  ['torch._utils._rebuild_parameter', rebuildParameter],
  ['torch._utils._rebuild_parameter_with_state', rebuildParameter],
  ['torch.nn.parameter.Parameter', rebuildParameter],
  ['torch._tensor._rebuild_from_type_v2', rebuildSubclass],
  ['torch.Size', ([extents]) => (isCounts(extents) ? extents : failPickle('a size is malformed'))],
]);

/** Nothing is ever run; a file that asks for one of these was made to do harm, and is named so. */
const harmful =
  /^(os|posix|nt|subprocess|sys|shutil|socket|runpy|pty|importlib|ctypes|webbrowser)\.|^(builtins|__builtin__)\.(eval|exec|execfile|compile|open|__import__)$/;

/** ('storage', class, key, device, element count[, null | (view key, offset, size)]). */
function storage(id: PickleValue): StorageRef {
  if (!Array.isArray(id) || id[0] !== 'storage') failPickle('one of its storages is malformed');
  const [, type, key, , elements, view] = id as PickleValue[];
  if (!(type instanceof PickleGlobal) || typeof key !== 'string' || !isCount(elements)) {
    failPickle('one of its storages is malformed');
  }
  const dtype = storageTypes.get(type.name) ?? (type.name as `torch.${string}`);
  if (view === null || view === undefined) return new StorageRef(key, dtype, elements, 0);
  if (!Array.isArray(view) || !isCount(view[1])) failPickle('one of its storages is malformed');
  return new StorageRef(key, dtype, elements, view[1]);
}

/**
 * Tensors are built, and nothing else: devices, optimisers, arguments and whatever a trainer puts
 * beside its weights become names with data. Returns the storages it has met, by key.
 */
export class TorchMeaning implements PickleMeaning {
  readonly storages = new Map<string, StorageRef>();

  global(name: string): PickleValue {
    if (!harmful.test(name)) return new PickleGlobal(name);
    return failPickle(
      `it asks to load ${name.slice(0, 80)}, which weights do not need and which is not loaded ` +
        'for safety; save only the state dict',
    );
  }

  call(callee: PickleValue, args: readonly PickleValue[]): PickleValue {
    if (!(callee instanceof PickleGlobal)) return new PickleObject('');
    const call = calls.get(callee.name);
    return call ? call(args) : new PickleObject(callee.name);
  }

  persistent(id: PickleValue): PickleValue {
    // ('module', class, file, source) of whole models: the class is not loaded.
    if (Array.isArray(id) && id[0] === 'module' && id[1] instanceof PickleGlobal) return id[1];
    const found = storage(id);
    if (!this.storages.has(found.key)) this.storages.set(found.key, found);
    return found;
  }
}

const maxDepth = 64;
const maxNameLength = 500;

/**
 * Lists every tensor of what a checkpoint holds by its path: keys and indices joined by dots. What
 * is met twice is listed once.
 * Throws: CheckpointError for absurdly long names.
 */
export function tensorsIn(root: PickleValue): ReadonlyMap<string, TensorRef> {
  const found = new Map<string, TensorRef>();
  const seen = new Set<PickleValue>();
  const visit = (value: PickleValue, path: string, depth: number): void => {
    if (value instanceof TensorRef) {
      if (path.length > maxNameLength) failPickle('one of its names is absurdly long');
      if (!found.has(path)) found.set(path, value);
      return;
    }
    if (depth > maxDepth || seen.has(value)) return;
    const below = (key: string) => (path === '' ? key : `${path}.${key}`);
    if (value instanceof PickleObject) {
      seen.add(value);
      for (const part of value.parts) visit(part, path, depth + 1);
    } else if (value instanceof Map || Array.isArray(value)) {
      seen.add(value);
      for (const [key, item] of value.entries()) {
        if (typeof key === 'string' || typeof key === 'number')
          visit(item, below(`${key}`), depth + 1);
      }
    }
  };
  visit(root, '', 0);
  return found;
}

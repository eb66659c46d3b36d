/**
 * Unpickler that builds data and runs nothing: what a global or a call of one means is the caller's.
 * Work and memory are bounded by the counts below, whatever the pickle's length.
 * Source: opcodes of CPython's Lib/pickletools.py, protocols 0 to 5 without extension codes.
 */
import { CheckpointError } from '../checkpoint.js';

/** A name that a pickle imports. Only a name: nothing is looked up anywhere. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** What a pickle may hold: lists, tuples and sets are arrays, dicts are Maps. */
export type PickleValue = unknown;

/** An instance of a class that is not built: its name, and the data it was given. */
export class PickleObject {
  /** Its attributes, items of a dict or list it extends; in order. */
  readonly parts: PickleValue[] = [];

  constructor(readonly name: string) {}
}

/** Far above what 100,000 tensors and their optimiser take; about 100 MB in all. */
const maxOperations = 4_000_000;
const maxObjects = 600_000;

/** Gives meaning to the few things a pickle may ask for. */
export interface PickleMeaning {
  /** Throws: CheckpointError when the global is not allowed. */
  global(name: string): PickleValue;
  /** Calls what `global` returned. Throws: CheckpointError when it cannot be called so. */
  call(callee: PickleValue, args: readonly PickleValue[]): PickleValue;
  /** Resolves a persistent id. */
  persistent(id: PickleValue): PickleValue;
}

/** The bytes end before the pickle does: more of the file may help. */
export class PickleCutShort extends CheckpointError {}

export function failPickle(detail: string): never {
  throw new CheckpointError(`This PyTorch checkpoint cannot be read: ${detail}.`);
}

const mark = Symbol('mark');

/** The machine's state and the moves its opcodes are made of. */
class Machine {
  readonly stack: PickleValue[] = [];
  readonly memo = new Map<number, PickleValue>();
  private readonly _view: DataView;
  private _objects = 0;

  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    readonly meaning: PickleMeaning,
  ) {
    this._view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves past `length` bytes and returns where they start. */
  private _take(length: number): number {
    const start = this.at;
    if (length > this.bytes.byteLength - start) {
      throw new PickleCutShort('This PyTorch checkpoint is cut short; download it again.');
    }
    this.at += length;
    return start;
  }

  uint8 = () => this._view.getUint8(this._take(1));
  uint16 = () => this._view.getUint16(this._take(2), true);
  int32 = () => this._view.getInt32(this._take(4), true);
  uint32 = () => this._view.getUint32(this._take(4), true);
  float64 = () => this._view.getFloat64(this._take(8), false);
  uint64 = () => Number(this._view.getBigUint64(this._take(8), true));

  raw(length: number): Uint8Array {
    const start = this._take(length);
    return this.bytes.subarray(start, start + length);
  }

  text = (length: number) => new TextDecoder().decode(this.raw(length));

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    const text = this.text((end < 0 ? this.bytes.byteLength + 1 : end) - this.at);
    this.at++;
    return text;
  }

  /** Little-endian two's complement; a number where it is exact. */
  long(length: number): number | bigint {
    const bytes = this.raw(length);
    if (length > 16) return 0; // No count is that long; states of random generators are.
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    value = BigInt.asIntN(8 * length, value);
    const asNumber = Number(value);
    return Number.isSafeInteger(asNumber) ? asNumber : value;
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  /** Pushes what takes memory of its own. */
  make(value: PickleValue): void {
    if (++this._objects > maxObjects) {
      failPickle(`it holds more than ${maxObjects} objects; save only the state dict`);
    }
    this.stack.push(value);
  }

  pop(): PickleValue {
    if (this.stack.length === 0 || this.top() === mark) failPickle('its pickle is malformed');
    return this.stack.pop();
  }

  top(): PickleValue {
    return this.stack[this.stack.length - 1];
  }

  /** Takes what lies above the last mark, and the mark. */
  popToMark(): PickleValue[] {
    const at = this.stack.lastIndexOf(mark);
    if (at < 0) failPickle('its pickle is malformed');
    const values = this.stack.splice(at + 1);
    this.stack.pop();
    return values;
  }

  popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  /** Adds keys and values to the dict that lies on top once they are taken off. */
  setItems(items: readonly PickleValue[], target = this.top()): void {
    if (items.length % 2) failPickle('its pickle is malformed');
    const map = target instanceof PickleObject ? new Map<PickleValue, PickleValue>() : target;
    if (!(map instanceof Map)) failPickle('its pickle is malformed');
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
    if (target instanceof PickleObject) target.parts.push(map);
  }

  /** Adds items to the list that lies on top once they are taken off. */
  append(items: readonly PickleValue[]): void {
    const top = this.top();
    const target = top instanceof PickleObject ? top.parts : top;
    if (!Array.isArray(target)) failPickle('its pickle is malformed');
    for (const item of items) target.push(item);
  }

  /** Sets attributes, such as OrderedDict._metadata, which nobody needs, or a module's weights. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (target instanceof PickleObject) target.parts.push(state);
  }

  recall(index: number): void {
    if (!this.memo.has(index)) failPickle('its pickle is malformed');
    this.push(this.memo.get(index));
  }

  memoize(index: number): void {
    if (this.stack.length === 0 || this.top() === mark) failPickle('its pickle is malformed');
    this.memo.set(index, this.top());
  }

  reduce(): void {
    const [callee, args] = this.popMany(2);
    if (!Array.isArray(args)) failPickle('its pickle is malformed');
    this.make(this.meaning.call(callee, args));
  }

  global(module: PickleValue, name: PickleValue): void {
    if (typeof module !== 'string' || typeof name !== 'string')
      failPickle('its pickle is malformed');
    this.make(this.meaning.global(`${module}.${name}`));
  }

  /** INST and OBJ of protocol 0 and 1: a class and its arguments above the mark. */
  instance([callee, ...args]: readonly PickleValue[]): void {
    this.make(this.meaning.call(callee, args));
  }

  dict(items: readonly PickleValue[]): Map<PickleValue, PickleValue> {
    const map = new Map<PickleValue, PickleValue>();
    this.setItems(items, map);
    return map;
  }
}

const code = (character: string) => character.charCodeAt(0);
type Move = (m: Machine) => void;

/** One move per opcode. STOP is handled by the loop. */
const opcodes = new Map<number, Move>([
  [0x80, (m) => void m.uint8()], // PROTO
  [0x95, (m) => void m.raw(8)], // FRAME
  [code('('), (m) => m.push(mark)],
  [code('0'), (m) => void m.stack.pop()],
  [code('1'), (m) => void m.popToMark()],
  [code('2'), (m) => m.push(m.top())],
  [code('N'), (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  [code('I'), (m) => m.push(Number(m.line()))],
  [code('J'), (m) => m.push(m.int32())],
  [code('K'), (m) => m.push(m.uint8())],
  [code('M'), (m) => m.push(m.uint16())],
  [code('L'), (m) => m.push(Number(m.line().replace('L', '')))],
  [0x8a, (m) => m.push(m.long(m.uint8()))], // LONG1
  [0x8b, (m) => m.push(m.long(m.uint32()))], // LONG4
  [code('F'), (m) => m.push(Number(m.line()))],
  [code('G'), (m) => m.push(m.float64())],
  [code('S'), (m) => m.push(m.line().slice(1, -1))],
  [code('V'), (m) => m.push(m.line())],
  [code('X'), (m) => m.push(m.text(m.uint32()))],
  [0x8c, (m) => m.push(m.text(m.uint8()))], // SHORT_BINUNICODE
  [0x8d, (m) => m.push(m.text(m.uint64()))], // BINUNICODE8
  [code('T'), (m) => m.push(m.text(m.uint32()))],
  [code('U'), (m) => m.push(m.text(m.uint8()))],
  [code('B'), (m) => m.make(m.raw(m.uint32()))],
  [code('C'), (m) => m.make(m.raw(m.uint8()))],
  [0x8e, (m) => m.make(m.raw(m.uint64()))], // BINBYTES8
  [0x96, (m) => m.make(m.raw(m.uint64()))], // BYTEARRAY8
  [code(')'), (m) => m.make([])],
  [code('t'), (m) => m.make(m.popToMark())],
  [0x85, (m) => m.make(m.popMany(1))],
  [0x86, (m) => m.make(m.popMany(2))],
  [0x87, (m) => m.make(m.popMany(3))],
  [code(']'), (m) => m.make([])],
  [code('l'), (m) => m.make(m.popToMark())],
  [code('a'), (m) => m.append([m.pop()])],
  [code('e'), (m) => m.append(m.popToMark())],
  [0x8f, (m) => m.make([])], // EMPTY_SET
  [0x90, (m) => m.append(m.popToMark())], // ADDITEMS
  [0x91, (m) => m.make(m.popToMark())], // FROZENSET
  [code('}'), (m) => m.make(new Map())],
  [code('d'), (m) => m.make(m.dict(m.popToMark()))],
  [code('s'), (m) => m.setItems(m.popMany(2))],
  [code('u'), (m) => m.setItems(m.popToMark())],
  [code('c'), (m) => m.global(m.line(), m.line())],
  [0x93, (m) => m.global(...(m.popMany(2) as [PickleValue, PickleValue]))], // STACK_GLOBAL
  [code('R'), (m) => m.reduce()],
  [0x81, (m) => m.reduce()], // NEWOBJ
  [0x92, (m) => (m.pop(), m.reduce())], // NEWOBJ_EX, without its keywords
  [code('o'), (m) => m.instance(m.popToMark())],
  [code('b'), (m) => m.build()],
  [code('Q'), (m) => m.make(m.meaning.persistent(m.pop()))],
  [code('p'), (m) => m.memoize(Number(m.line()))],
  [code('q'), (m) => m.memoize(m.uint8())],
  [code('r'), (m) => m.memoize(m.uint32())],
  [0x94, (m) => m.memoize(m.memo.size)],
  [code('g'), (m) => m.recall(Number(m.line()))],
  [code('h'), (m) => m.recall(m.uint8())],
  [code('j'), (m) => m.recall(m.uint32())],
]);

/**
 * Reads one pickle that starts at `start`; `end` is where the next bytes begin.
 * Throws: PickleCutShort when the bytes end first, CheckpointError on anything not allowed.
 */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  meaning: PickleMeaning,
): { readonly value: PickleValue; readonly end: number } {
  const machine = new Machine(bytes, start, meaning);
  for (let operations = 0; ; operations++) {
    if (operations > maxOperations) {
      failPickle(`it holds more than ${maxOperations} things; save only the state dict`);
    }
    const opcode = machine.uint8();
    if (opcode === code('.')) return { value: machine.pop(), end: machine.at };
    const move = opcodes.get(opcode);
    if (!move) failPickle(`its pickle uses the operation 0x${opcode.toString(16)}, not known here`);
    move(machine);
  }
}

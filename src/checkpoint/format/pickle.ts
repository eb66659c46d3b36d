/**
 * Unpickler that builds data and runs nothing: every global must be on the caller's list, and what
 * a call of one means is the caller's too. Work and memory grow with the pickle's length only.
 * Source: opcodes of CPython's Lib/pickletools.py, protocols 0 to 4 as far as `torch.save` and
 * plain containers use them.
 */
import { CheckpointError } from '../checkpoint.js';

/** A name that a pickle imports. Only a name: nothing is looked up anywhere. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** What a pickle may hold: lists and tuples are arrays, dicts are Maps. */
export type PickleValue = unknown;

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
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    readonly meaning: PickleMeaning,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves past `length` bytes and returns where they start. */
  #take(length: number): number {
    const start = this.at;
    if (length > this.bytes.byteLength - start) {
      throw new PickleCutShort('This PyTorch checkpoint is cut short; download it again.');
    }
    this.at += length;
    return start;
  }

  uint8 = () => this.#view.getUint8(this.#take(1));
  uint16 = () => this.#view.getUint16(this.#take(2), true);
  int32 = () => this.#view.getInt32(this.#take(4), true);
  uint32 = () => this.#view.getUint32(this.#take(4), true);
  float64 = () => this.#view.getFloat64(this.#take(8), false);
  uint64 = () => Number(this.#view.getBigUint64(this.#take(8), true));

  raw(length: number): Uint8Array {
    const start = this.#take(length);
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
    if (length > 16) failPickle('it holds an integer of absurd length');
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    value = BigInt.asIntN(8 * length, value);
    const asNumber = Number(value);
    return Number.isSafeInteger(asNumber) ? asNumber : value;
  }

  push(value: PickleValue): void {
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
    if (!(target instanceof Map) || items.length % 2) failPickle('its pickle is malformed');
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  }

  /** Adds items to the list that lies on top once they are taken off. */
  append(items: readonly PickleValue[]): void {
    const target = this.top();
    if (!Array.isArray(target)) failPickle('its pickle is malformed');
    for (const item of items) target.push(item);
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
    this.push(this.meaning.call(callee, args));
  }

  stackGlobal(): void {
    const [module, name] = this.popMany(2);
    this.push(this.meaning.global(`${String(module)}.${String(name)}`));
  }

  dict(items: readonly PickleValue[]): Map<PickleValue, PickleValue> {
    const map = new Map<PickleValue, PickleValue>();
    this.setItems(items, map);
    return map;
  }
}

const code = (character: string) => character.charCodeAt(0);

/** One move per opcode. STOP is handled by the loop. */
const opcodes = new Map<number, (m: Machine) => void>([
  [0x80, (m) => void m.uint8()], // PROTO
  [0x95, (m) => void m.raw(8)], // FRAME
  [code('('), (m) => m.push(mark)],
  [code('0'), (m) => void m.stack.pop()],
  [code('1'), (m) => void m.popToMark()],
  [code('2'), (m) => m.push(m.top())],
  [code('N'), (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  [code('J'), (m) => m.push(m.int32())],
  [code('K'), (m) => m.push(m.uint8())],
  [code('M'), (m) => m.push(m.uint16())],
  [0x8a, (m) => m.push(m.long(m.uint8()))], // LONG1
  [code('G'), (m) => m.push(m.float64())],
  [code('X'), (m) => m.push(m.text(m.uint32()))],
  [0x8c, (m) => m.push(m.text(m.uint8()))], // SHORT_BINUNICODE
  [0x8d, (m) => m.push(m.text(m.uint64()))], // BINUNICODE8
  [code('T'), (m) => m.push(m.text(m.uint32()))],
  [code('U'), (m) => m.push(m.text(m.uint8()))],
  [code('B'), (m) => m.push(m.raw(m.uint32()))],
  [code('C'), (m) => m.push(m.raw(m.uint8()))],
  [code(')'), (m) => m.push([])],
  [code('t'), (m) => m.push(m.popToMark())],
  [0x85, (m) => m.push(m.popMany(1))],
  [0x86, (m) => m.push(m.popMany(2))],
  [0x87, (m) => m.push(m.popMany(3))],
  [code(']'), (m) => m.push([])],
  [code('l'), (m) => m.push(m.popToMark())],
  [code('a'), (m) => m.append([m.pop()])],
  [code('e'), (m) => m.append(m.popToMark())],
  [code('}'), (m) => m.push(new Map())],
  [code('d'), (m) => m.push(m.dict(m.popToMark()))],
  [code('s'), (m) => m.setItems(m.popMany(2))],
  [code('u'), (m) => m.setItems(m.popToMark())],
  [code('c'), (m) => m.push(m.meaning.global(`${m.line()}.${m.line()}`))],
  [0x93, (m) => m.stackGlobal()],
  [code('R'), (m) => m.reduce()],
  [0x81, (m) => m.reduce()], // NEWOBJ
  [code('b'), (m) => void m.pop()], // BUILD: an attribute such as OrderedDict._metadata
  [code('Q'), (m) => m.push(m.meaning.persistent(m.pop()))],
  [code('q'), (m) => m.memoize(m.uint8())],
  [code('r'), (m) => m.memoize(m.uint32())],
  [0x94, (m) => m.memoize(m.memo.size)],
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
  for (;;) {
    const opcode = machine.uint8();
    if (opcode === code('.')) return { value: machine.pop(), end: machine.at };
    const move = opcodes.get(opcode);
    if (!move) failPickle(`its pickle uses the operation 0x${opcode.toString(16)}, not known here`);
    move(machine);
  }
}

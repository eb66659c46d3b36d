/** Damage to what is stored: one bit of a value, wherever in it that lies. */

import type { Random } from '../../src/lab/masks/random.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** Counts down over the bytes of a value until the one is met that is damaged. */
class Damage {
  constructor(
    private _left: number,
    private readonly _bit: number,
  ) {}

  get left(): number {
    return this._left;
  }

  async of(value: unknown): Promise<unknown> {
    if (typeof value === 'string') return this._text(value);
    if (typeof value === 'number') {
      return new Float64Array(this._bytes(Float64Array.of(value).buffer).buffer)[0];
    }
    if (ArrayBuffer.isView(value)) {
      const copy = structuredClone(value);
      new Uint8Array(copy.buffer).set(this._bytes(copy.buffer as ArrayBuffer));
      return copy;
    }
    if (value instanceof Blob) {
      // Not its type: a Blob makes capitals small again.
      return new Blob([this._bytes(await value.arrayBuffer())], { type: value.type });
    }
    if (typeof value !== 'object' || value === null) return this._isHere(1) ? 'damage' : value;
    if (Array.isArray(value)) return this._each(value);
    const names = Object.keys(value);
    const damagedNames = names.map((name) => this._text(name));
    const parts = await this._each(Object.values(value));
    return Object.fromEntries(damagedNames.map((name, i) => [name, parts[i]]));
  }

  private async _each(values: readonly unknown[]): Promise<unknown[]> {
    const parts: unknown[] = [];
    for (const value of values) parts.push(await this.of(value));
    return parts;
  }

  /** True when the damaged byte is among the next `count`; its offset is then `_left + count`. */
  private _isHere(count: number): boolean {
    const isHere = this._left >= 0 && this._left < count;
    this._left -= count;
    return isHere;
  }

  private _text(text: string): string {
    if (!this._isHere(text.length)) return text;
    const at = this._left + text.length;
    const code = text.charCodeAt(at) ^ (1 << this._bit);
    return text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
  }

  private _bytes(buffer: ArrayBuffer): Bytes {
    const bytes = new Uint8Array(buffer.slice(0));
    if (this._isHere(bytes.length)) bytes[this._left + bytes.length] ^= 1 << this._bit;
    return bytes;
  }
}

/** Bytes of a value as `damaged` counts them. */
export async function sizeOf(value: unknown): Promise<number> {
  const far = 2 ** 40;
  const counter = new Damage(far, 0);
  await counter.of(value);
  return far - counter.left;
}

/** A copy with one bit of one byte changed: of a text, a number, a name, a picture or a file. */
export async function damaged(value: unknown, random: Random): Promise<unknown> {
  return new Damage(random.below(await sizeOf(value)), random.below(8)).of(value);
}

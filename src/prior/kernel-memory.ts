/** The compiled loops of the photo prior, each user with a linear memory of its own. */
import { kernelsWasm } from './kernels-wasm.js';

/** What `kernels/kernels.ts` exports; pointers and counts as plain numbers. */
interface KernelExports {
  match(...args: number[]): void;
  vote(...args: number[]): void;
  attend(...args: number[]): void;
}

/** Below it lie the module's own constants. */
const heapStart = 65536;
const pageBytes = 65536;
const maxPages = 65536;

let compiled: WebAssembly.Module | null = null;

function compileKernels(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(
    Uint8Array.from(atob(kernelsWasm), (char) => char.charCodeAt(0)),
  );
  return compiled;
}

/** Gives out arrays that the loops can see. All are made first, then used: a view never moves. */
export class KernelMemory {
  readonly kernels: KernelExports;
  private readonly _memory: WebAssembly.Memory;
  private _end = heapStart;

  /** `bytes`: an upper bound of what is asked for. Throws: RangeError when there is no such room. */
  constructor(bytes: number) {
    const pages = Math.ceil((heapStart + bytes) / pageBytes) + 1;
    this._memory = new WebAssembly.Memory({ initial: pages, maximum: maxPages });
    const instance = new WebAssembly.Instance(compileKernels(), { env: { memory: this._memory } });
    this.kernels = instance.exports as unknown as KernelExports;
  }

  /** Zeros. */
  float32(length: number): Float32Array {
    return new Float32Array(this._memory.buffer, this._take(4 * length), length);
  }

  int32(length: number): Int32Array {
    return new Int32Array(this._memory.buffer, this._take(4 * length), length);
  }

  uint8(length: number): Uint8Array {
    return new Uint8Array(this._memory.buffer, this._take(length), length);
  }

  private _take(bytes: number): number {
    const at = this._end;
    this._end = (at + bytes + 15) & ~15;
    return at;
  }
}

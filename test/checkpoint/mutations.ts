/** Damaged copies of real files, the same ones on every run. */
import { expect } from 'vitest';

/** Mutations of each file. Set FUZZ for a longer search. */
export const mutationCount = Number(process.env.FUZZ ?? 700);

type Ranges = readonly (readonly [start: number, end: number])[];

/** mulberry32. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) % below;
  };
}

const extremes = [0, 1, 0x7f, 0x80, 0xff];

/**
 * Damages a copy: changed bytes, extreme bytes in a row (lengths and offsets), a cut, a removed
 * piece, or a piece repeated. `hot` ranges, where the structure lies, are hit more often.
 */
function mutated(file: Uint8Array, seed: number, hot: Ranges): Uint8Array {
  const below = random(seed);
  const place = () => {
    const [start, end] = below(8) > 0 ? hot[below(hot.length)] : [0, file.length];
    return start + below(Math.max(1, end - start));
  };
  const kind = below(6);
  if (kind === 0) return file.slice(0, place());
  const at = place();
  const length = 1 + below(64);
  if (kind === 1) return joined(file.subarray(0, at), file.subarray(at + length));
  if (kind === 2) return joined(file.subarray(0, at + length), file.subarray(at));
  const copy = file.slice();
  const count = 1 + below(4);
  for (let i = 0; i < count; i++) {
    const start = place();
    if (kind === 3) copy.fill(extremes[below(extremes.length)], start, start + 1 + below(9));
    else copy[start] = below(256);
  }
  return copy;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** Milliseconds the processor has worked for this process: a busy machine does not count. */
function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** No damaged copy of a file of megabytes is worth more memory than this. */
const allowedBytes = 1e9;

interface Limits {
  readonly sentence: RegExp;
  /** Of the processor, for each copy. */
  readonly allowedMs: number;
  readonly copies?: number;
  /** A quarter of the copies without it. */
  readonly leastRefused?: number;
}

/**
 * Expects damaged copies to be read or refused. `outcome`: reads one and returns the refusal's
 * sentence, or null; any other error fails. A hang would take for ever, so `allowedMs` is generous.
 */
export async function expectSentences(
  file: Uint8Array,
  hot: Ranges,
  outcome: (bytes: Uint8Array) => Promise<string | null>,
  { sentence, allowedMs, copies = mutationCount, leastRefused = copies / 4 }: Limits,
): Promise<void> {
  let refused = 0;
  const before = process.memoryUsage.rss();
  for (let seed = 0; seed < copies; seed++) {
    const start = workedMs();
    const said = await outcome(mutated(file, seed, hot));
    expect(workedMs() - start).toBeLessThan(allowedMs);
    expect(process.memoryUsage.rss() - before).toBeLessThan(allowedBytes);
    if (said === null) continue;
    refused++;
    expect(said).toMatch(sentence);
  }
  // Damage to structure is noticed; damage to names and weights cannot be.
  expect(refused).toBeGreaterThanOrEqual(leastRefused);
}

/** Rows of the benchmark and the ways to measure them. Runs in Node and in the bench page. */
import { median } from '../../engine/warm-up.js';

/** One measured number. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'x' | 'count' | 'bytes' | 'MB';
}

/** Measures one call. Returns: milliseconds. */
export async function timed(call: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

/**
 * Measures several things in turn, round after round, so that a noisy machine slows all of them
 * alike. Returns: the median milliseconds of each.
 */
export async function interleaved<Name extends string>(
  calls: Readonly<Record<Name, () => Promise<unknown>>>,
  rounds: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(calls) as Name[];
  const times = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) times.get(name)!.push(await timed(calls[name]));
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name)!)])) as Record<
    Name,
    number
  >;
}

/** Lays rows out for a terminal. */
export function formatTable(rows: readonly BenchRow[]): string {
  const width = Math.max(...rows.map((row) => row.name.length));
  return rows
    .map(({ name, value, unit }) => {
      const digits = Number.isInteger(value) ? 0 : value < 10 ? 3 : 1;
      return `${name.padEnd(width)}  ${value.toFixed(digits).padStart(10)} ${unit}`;
    })
    .join('\n');
}

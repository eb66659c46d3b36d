/** Sentences that a run's tables bear out. */
import type { RunPlan } from '../evaluation/units.js';
import type { CurvePoint } from './figures.js';
import { measureWords, type MeasureName } from './measures.js';
import { columnsOf, type Tables } from './tables.js';

/** Rows of a measure with the calls they took; empty where methods do not differ in calls. */
export function curvePoints({ rows }: Tables, measure: MeasureName): CurvePoint[] {
  const points = rows
    .filter((row) => row.measure === measure)
    .flatMap((row) => {
      const calls = rows.find(
        (it) => it.measure === 'nfe' && it.mask === row.mask && it.method === row.method,
      );
      return calls ? [{ ...row, calls: calls.mean }] : [];
    });
  const distinct = new Set(points.map(({ calls }) => calls));
  return distinct.size < 3 ? [] : points;
}

/**
 * Which is the smallest number of calls that cannot be told from the first method's: the upper
 * half of the photo-by-photo interval is not above 0. Only where the first takes most calls.
 */
export function fewestCalls(plan: RunPlan, tables: Tables, measure: MeasureName): string[] {
  const points = curvePoints(tables, measure);
  return columnsOf(plan).flatMap((mask) => {
    const own = points.filter((point) => point.mask === mask);
    const first = own.find(({ method }) => method === plan.methods[0].name);
    if (!first || own.some(({ calls }) => calls > first.calls)) return [];
    const isWithin = ({ method }: CurvePoint) =>
      tables.differences.some(
        (it) => it.measure === measure && it.mask === mask && it.method === method && it.low <= 0,
      );
    const least = own
      .filter((point) => point === first || isWithin(point))
      .reduce((fewest, point) => (point.calls < fewest.calls ? point : fewest), first);
    const { title } = measureWords[measure];
    return [
      `${mask}: ${Math.round(least.calls)} calls (${least.method}) are the fewest that ${title} cannot tell from ${Math.round(first.calls)} (n ${least.n}).`,
    ];
  });
}

/** Records of a run as tables: means over photos, differences between methods, counts. */
import type { RunPlan, UnitRecord } from '../evaluation/units.js';
import { badness, measured, measureNames, measureWords, type MeasureName } from './measures.js';
import { estimate, meanOf, type Estimate } from './statistics.js';

/** Over all masks, as a mask's name. */
export const allMasks = 'all';

/** One cell: a method with a mask by a measure. */
export interface TableRow extends Estimate {
  readonly measure: MeasureName;
  readonly mask: string;
  readonly method: string;
}

/** By how much a method is worse (> 0) or better than the first, on the photos that both made. */
export interface Difference extends TableRow {
  readonly against: string;
}

/** How many units of a method became pictures. */
export interface Count {
  readonly method: string;
  readonly mask: string;
  readonly made: number;
  readonly failed: number;
  /** Photos that cannot be read, for whatever method. */
  readonly unreadable: number;
  /** Not done: the run was stopped, or the method could not be opened. */
  readonly missing: number;
}

export interface Tables {
  readonly rows: readonly TableRow[];
  readonly differences: readonly Difference[];
  readonly counts: readonly Count[];
}

/** Mean distance between two fills of one hole. */
export interface Diversity {
  readonly method: string;
  readonly mask: string;
  readonly photo: string;
  readonly value: number;
}

/** Values of a run by measure, mask, method and photo; several seeds are averaged. */
class Values {
  private readonly _values = new Map<string, number[]>();

  constructor(
    private readonly _plan: RunPlan,
    records: readonly UnitRecord[],
    diversities: readonly Diversity[],
  ) {
    for (const record of records) {
      if (record.status !== 'made') continue;
      for (const measure of measureNames) this._add(measure, record, measured(record, measure));
    }
    for (const entry of diversities) this._add('diversity', entry, entry.value);
  }

  private _add(
    measure: MeasureName,
    { mask, method, photo }: Omit<Diversity, 'value'>,
    value: number | null,
  ): void {
    if (value === null) return;
    const key = JSON.stringify([measure, mask, method, photo]);
    const known = this._values.get(key);
    if (known) known.push(value);
    else this._values.set(key, [value]);
  }

  /** A photo counts with every mask or not at all: else means of other masks would be compared. */
  byPhoto(measure: MeasureName, mask: string, method: string): ReadonlyMap<string, number> {
    const masks = mask === allMasks ? this._plan.masks.map(({ name }) => name) : [mask];
    const found = new Map<string, number>();
    for (const photo of this._plan.photos) {
      const means = masks.flatMap((name) => {
        const values = this._values.get(JSON.stringify([measure, name, method, photo]));
        return values ? [meanOf(values)] : [];
      });
      if (means.length === masks.length) found.set(photo, meanOf(means));
    }
    return found;
  }
}

type Cell = Pick<TableRow, 'measure' | 'mask' | 'method'>;

function rowOf(values: Values, { measure, mask, method }: Cell): TableRow[] {
  const each = [...values.byPhoto(measure, mask, method).values()];
  const found = estimate(each, `${measure} ${mask} ${method}`);
  return found ? [{ measure, mask, method, ...found }] : [];
}

function differenceOf(values: Values, cell: Cell, against: string): Difference[] {
  const { measure, mask, method } = cell;
  const words = measureWords[measure];
  const first = values.byPhoto(measure, mask, against);
  const pairs = [...values.byPhoto(measure, mask, method)].flatMap(([photo, value]) => {
    const other = first.get(photo);
    return other === undefined ? [] : [badness(value, words) - badness(other, words)];
  });
  const found = estimate(pairs, `${measure} ${mask} ${method} - ${against}`);
  return found ? [{ measure, mask, method, against, ...found }] : [];
}

function countOf(
  plan: RunPlan,
  records: readonly UnitRecord[],
  { method, mask }: Pick<Cell, 'method' | 'mask'>,
): Count {
  const own = records.filter((record) => record.method === method && record.mask === mask);
  const count = (status: UnitRecord['status']) =>
    own.filter((record) => record.status === status).length;
  return {
    method,
    mask,
    made: count('made'),
    failed: count('failed'),
    unreadable: count('unreadable'),
    missing: plan.photos.length * plan.seeds.length - own.length,
  };
}

/** The masks that tables have columns for. */
export function columnsOf({ masks }: RunPlan): string[] {
  const names = masks.map(({ name }) => name);
  return names.length > 1 ? [...names, allMasks] : names;
}

/** Makes the tables. `records` in the plan's order. */
export function makeTables(
  plan: RunPlan,
  records: readonly UnitRecord[],
  diversities: readonly Diversity[],
): Tables {
  const values = new Values(plan, records, diversities);
  const methods = plan.methods.map(({ name }) => name);
  const cells = measureNames.flatMap((measure) =>
    columnsOf(plan).flatMap((mask) => methods.map((method) => ({ measure, mask, method }))),
  );
  const compared = cells.filter(
    ({ measure, method }) => measureWords[measure].best !== 'none' && method !== methods[0],
  );
  return {
    rows: cells.flatMap((cell) => rowOf(values, cell)),
    differences: compared.flatMap((cell) => differenceOf(values, cell, methods[0])),
    counts: methods.flatMap((method) =>
      plan.masks.map(({ name }) => countOf(plan, records, { method, mask: name })),
    ),
  };
}

/** Reads what shards of a run have written, in the plan's order, wherever each lay. */
import {
  featureDistance,
  featuresOf,
  type FeatureNetwork,
  type Features,
} from '../measure/features.js';
import { RepaintError } from '../../protocol/failure.js';
import { holeOf } from '../evaluation/holes.js';
import { readPicture } from '../evaluation/photos.js';
import { asJson, RunStore } from '../evaluation/store.js';
import { planUnits, type RunPlan, type Unit, type UnitRecord } from '../evaluation/units.js';
import type { Diversity } from './tables.js';
import { meanOf } from './statistics.js';

/** A run's records and where their pictures are. */
export interface ReadRun {
  readonly plan: RunPlan;
  readonly records: readonly UnitRecord[];
  readonly picture: (unit: Unit) => string;
}

/** Throws: RepaintError badRequest when a folder holds no run, or the folders hold different ones. */
export async function readRun(folders: readonly string[]): Promise<ReadRun> {
  const stores = folders.map((folder) => new RunStore(folder));
  const plans = await Promise.all(stores.map((store) => store.plan()));
  const other = plans.findIndex((plan) => asJson(plan) !== asJson(plans[0]));
  if (other >= 0)
    throw new RepaintError(
      'badRequest',
      `${folders[0]} and ${folders[other]} hold different runs; report each by itself.`,
    );
  const records: UnitRecord[] = [];
  const owners = new Map<string, RunStore>();
  const key = (unit: Unit) => JSON.stringify([unit.method, unit.mask, unit.photo, unit.seed]);
  for (const unit of planUnits(plans[0])) {
    for (const store of stores) {
      const record = await store.record(unit);
      if (!record) continue;
      records.push(record);
      owners.set(key(unit), store);
      break;
    }
  }
  return { plan: plans[0], records, picture: (unit) => owners.get(key(unit))!.picture(unit) };
}

/**
 * Returns the mean feature distance of each two fills of one hole.
 * Throws: UnreadableError when a picture is gone.
 */
export async function diversities(
  { plan, records, picture }: ReadRun,
  network: FeatureNetwork,
): Promise<Diversity[]> {
  const found: Diversity[] = [];
  if (plan.seeds.length < 2) return found;
  const groups = new Map<string, UnitRecord[]>();
  for (const record of records) {
    if (record.status !== 'made') continue;
    const key = JSON.stringify([record.method, record.mask, record.photo]);
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    const hole = await holeOf(plan, group[0]);
    const features: Features[] = [];
    for (const record of group)
      features.push(await featuresOf(network, await readPicture(picture(record))));
    const pairs = features.flatMap((a, i) =>
      features.slice(i + 1).map((b) => featureDistance(a, b, hole)),
    );
    const { method, mask, photo } = group[0];
    found.push({ method, mask, photo, value: meanOf(pairs) });
  }
  return found;
}

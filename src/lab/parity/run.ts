/** Finds every case under a folder and checks it. */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RepaintError } from '../../protocol/failure.js';
import { admClassifierFamily } from './adm-classifier.js';
import { admUNetFamily } from './adm-unet.js';
import { subfolders } from './case-files.js';
import { ddpmSchedulerFamily } from './ddpm-scheduler.js';
import { diffusionFamily } from './diffusion.js';
import {
  runCase,
  type ParityEnvironment,
  type ParityFamily,
  type ParityRow,
  type SkippedRow,
} from './family.js';
import { hfUNet2DFamily } from './hf-unet2d.js';
import { repaintTraceFamily } from './repaint-trace.js';
import { scheduleFamily } from './schedule.js';

/** In the order of their dependence: tables first, whole runs last. */
export const parityFamilies: readonly ParityFamily[] = [
  diffusionFamily,
  scheduleFamily,
  ddpmSchedulerFamily,
  hfUNet2DFamily,
  admUNetFamily,
  admClassifierFamily,
  repaintTraceFamily,
];

/** Folders that hold families rather than cases. */
const groups = new Set(
  parityFamilies
    .map(({ name }) => name.split('/'))
    .flatMap((path) => (path.length > 1 ? path[0] : [])),
);

/** Lists the family folders below the root: "schedule", "hf/ddpm-scheduler". */
async function familyFolders(root: string): Promise<string[]> {
  const names = await subfolders(root);
  const nested = names.map(async (name) =>
    groups.has(name)
      ? (await subfolders(join(root, name))).map((inner) => `${name}/${inner}`)
      : [name],
  );
  return (await Promise.all(nested)).flat();
}

async function* runFamily(
  name: string,
  environment: ParityEnvironment,
): AsyncGenerator<ParityRow | SkippedRow> {
  const family = parityFamilies.find((candidate) => candidate.name === name);
  const folder = join(environment.root, name);
  if (!family) {
    for (const inner of await subfolders(folder)) {
      yield { family: name, case: inner, skipped: `family "${name}" is not supported yet` };
    }
    return;
  }
  for (const parityCase of await family.cases(folder)) {
    yield* await runCase(family.name, parityCase, environment);
  }
}

/**
 * Checks every case under the root, family by family; `only` names the families to check.
 * Throws: RepaintError badRequest when the root is no folder or holds no family.
 */
export async function* runParity(
  environment: ParityEnvironment,
  only: readonly string[] = [],
): AsyncGenerator<ParityRow | SkippedRow> {
  const { root } = environment;
  const info = await stat(root).catch(() => null);
  if (!info?.isDirectory()) {
    throw new RepaintError('badRequest', `${root} is not a folder with fixtures.`);
  }
  const folders = await familyFolders(root);
  const order = new Map(parityFamilies.map(({ name }, i) => [name, i]));
  folders.sort(
    (a, b) => (order.get(a) ?? Infinity) - (order.get(b) ?? Infinity) || (a < b ? -1 : 1),
  );
  if (folders.length === 0) {
    throw new RepaintError(
      'badRequest',
      `${basename(root)} holds no family folder (${[...order.keys()].join(', ')}).`,
    );
  }
  for (const name of folders) {
    if (only.length === 0 || only.includes(name)) yield* runFamily(name, environment);
  }
}

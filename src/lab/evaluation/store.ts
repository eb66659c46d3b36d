/** Files that are written once: whole, or not at all, whenever the process is killed. */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RepaintError } from '../../protocol/failure.js';
import { systemReason } from '../../shelf/store/disk-files.js';
import { unitPath, type RunPlan, type Unit, type UnitRecord } from './units.js';

/** Says what to do about a file that could not be written. */
function writeFailure(file: string, cause: unknown): RepaintError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new RepaintError(
      'storageFull',
      `No space is left for ${file}; free some and run the same command again: it goes on from here.`,
      { cause },
    );
  const reason = systemReason(cause) ?? String(cause);
  return new RepaintError('badRequest', `Cannot write ${file}: ${reason}.`, { cause });
}

/** Writes a file whole. Throws: RepaintError storageFull when the disk is, badRequest otherwise. */
export async function writeWhole(file: string, data: Uint8Array | string): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(part, data);
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    throw writeFailure(file, cause);
  }
}

export const asJson = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** Null where there is no such file. Throws: RepaintError when it is not JSON. */
async function readJson<T>(file: string): Promise<T | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new RepaintError('badRequest', `Cannot read ${file}: ${(cause as Error).message}.`);
  }
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new RepaintError('badRequest', `${file} is damaged; remove it and run again.`, { cause });
  }
}

/** A run's folder. */
export class RunStore {
  constructor(readonly folder: string) {}

  /**
   * Keeps the plan, the first shard's for all.
   * Throws: RepaintError badRequest when the folder holds a run that was planned otherwise.
   */
  async begin(plan: RunPlan): Promise<void> {
    const file = path.join(this.folder, 'run.json');
    const own = `${file}.${process.pid}`;
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(own, asJson(plan));
      await link(own, file);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw writeFailure(file, cause);
    } finally {
      await rm(own, { force: true });
    }
    if ((await readFile(file, 'utf8')) === asJson(plan)) return;
    throw new RepaintError(
      'badRequest',
      `${this.folder} holds a run with other photos, masks, methods, size or seeds; give another --out.`,
    );
  }

  /** Throws: RepaintError badRequest when the folder holds no run. */
  async plan(): Promise<RunPlan> {
    const plan = await readJson<RunPlan>(path.join(this.folder, 'run.json'));
    if (plan) return plan;
    throw new RepaintError('badRequest', `${this.folder} holds no run; make one with lab run.`);
  }

  picture(unit: Unit): string {
    return path.join(this.folder, `${unitPath(unit)}.png`);
  }

  /** Null where the unit has not been done. */
  async record(unit: Unit): Promise<UnitRecord | null> {
    return readJson(path.join(this.folder, `${unitPath(unit)}.json`));
  }

  /** Keeps what became of a unit; its record is written last, so that it vouches for the picture. */
  async keep(record: UnitRecord, png: Uint8Array | null): Promise<void> {
    if (png) await writeWhole(this.picture(record), png);
    await writeWhole(path.join(this.folder, `${unitPath(record)}.json`), asJson(record));
  }
}

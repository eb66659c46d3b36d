/** Files of results: numbered on where names are taken, whole under their name or not there. */
import { constants } from 'node:fs';
import { copyFile, link, lstat, mkdir, open, realpath, rename, rm, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RepaintError } from '../protocol/failure.js';
import { systemReason } from '../shelf/store/disk-files.js';
import { UsageError } from './cli-error.js';

/** One file to be written: `name(3)` might be "fill-3.png". */
export interface ResultFile {
  readonly name: (number: number) => string;
  readonly bytes: Buffer;
}

function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException | null)?.code ?? '';
}

function notWritten(path: string, cause: unknown): RepaintError {
  const reason = systemReason(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  const code = ['ENOSPC', 'EDQUOT'].includes(codeOf(cause)) ? 'storageFull' : 'internal';
  return new RepaintError(
    code,
    `Cannot write ${path}: ${reason}. Make room or give another --out.`,
    {
      cause,
    },
  );
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

export interface ResultRules {
  /** Every name that a number may stand for; all must be free for it to be used. */
  readonly names: readonly ((number: number) => string)[];
  readonly count: number;
  /** The number of the first result of the run that this one goes on with, whose files it replaces. */
  readonly first: number | null;
  /** Replace what earlier runs have left; files that were read are never replaced. */
  readonly isForced: boolean;
  readonly inputs: readonly string[];
}

/** A folder that results go to, found writable. */
export class ResultFolder {
  private constructor(
    private readonly _folder: string,
    private readonly _rules: ResultRules,
    /** Added to the index of a result to get its number. */
    private _offset: number,
  ) {}

  /**
   * Makes the folder, tries it, and chooses numbers from 1 on whose names are free.
   * Throws: RepaintError when nothing can be written there; UsageError when an input would be lost.
   */
  static async open(folder: string, rules: ResultRules): Promise<ResultFolder> {
    const trial = join(folder, `.repaint-fill-${process.pid}`);
    try {
      await mkdir(folder, { recursive: true });
      await (await open(trial, 'wx')).close();
      await unlink(trial);
    } catch (cause) {
      throw notWritten(folder, cause);
    }
    const isForced = rules.isForced || rules.first !== null;
    const results = new ResultFolder(folder, { ...rules, isForced }, rules.first ?? 1);
    if (isForced) await results._spareInputs();
    else await results._numberOn(0);
    return results;
  }

  get firstNumber(): number {
    return this._offset;
  }

  /**
   * Writes the files of one result under the next free number, all of them or none.
   * Returns: their names. Throws: RepaintError when there is no room or no leave to write.
   */
  async write(index: number, files: readonly ResultFile[]): Promise<string[]> {
    const parts = files.map((_, k) => join(this._folder, `.repaint-fill-${process.pid}-${k}.part`));
    try {
      for (const [k, { bytes }] of files.entries()) await writeWhole(parts[k], bytes);
      for (;;) {
        const names = files.map(({ name }) => name(index + this._offset));
        const paths = names.map((name) => join(this._folder, name));
        if (await this._place(parts, paths)) return names;
        // Another run has taken a name meanwhile.
        await this._numberOn(index);
      }
    } catch (cause) {
      throw notWritten(join(this._folder, files[0].name(index + this._offset)), cause);
    } finally {
      await Promise.all(parts.map((part) => rm(part, { force: true })));
    }
  }

  /** Gives the files their names. False when one is taken; then none is given. */
  private async _place(parts: readonly string[], paths: readonly string[]): Promise<boolean> {
    const placed: string[] = [];
    for (const [k, path] of paths.entries()) {
      if (await placeOne(parts[k], path, this._rules.isForced)) placed.push(path);
      else {
        await Promise.all(placed.map((given) => unlink(given)));
        return false;
      }
    }
    return true;
  }

  /** Moves on to numbers whose names are all free, for the results from an index on. */
  private async _numberOn(from: number): Promise<void> {
    const { names, count } = this._rules;
    for (; ; this._offset++) {
      const numbers = Array.from({ length: count - from }, (_, k) => from + k + this._offset);
      const paths = numbers.flatMap((number) =>
        names.map((name) => join(this._folder, name(number))),
      );
      const taken = await Promise.all(paths.map(exists));
      if (!taken.includes(true)) return;
    }
  }

  private async _spareInputs(): Promise<void> {
    const { names, count, inputs } = this._rules;
    const own = await Promise.all(inputs.map((path) => realpath(path).catch(() => resolve(path))));
    for (let number = this._offset; number < this._offset + count; number++) {
      for (const name of names) {
        const path = join(this._folder, name(number));
        const real = await realpath(path).catch(() => null);
        if (real !== null && own.includes(real))
          throw new UsageError(
            `${path} is read by this run and cannot be replaced; give another --out.`,
          );
      }
    }
  }
}

/** Writes a new file to the disk, not only to its cache. */
async function writeWhole(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A forced file replaces what is there, be it a link; another is never put over anything. */
async function placeOne(part: string, path: string, isForced: boolean): Promise<boolean> {
  if (isForced) return rename(part, path).then(() => true);
  try {
    // Unlike a rename, a link never replaces; the other name is removed at the end.
    await link(part, path);
    return true;
  } catch {
    if (await exists(path)) return false;
    // Some file systems know no links.
    await copyFile(part, path, constants.COPYFILE_EXCL);
    return true;
  }
}

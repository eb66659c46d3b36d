/** The point an interrupted `fill` goes on from: a hidden file beside its results. */
import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { CallEvent } from '../fill/run.js';
import type { FillRequest, FillSnapshot } from '../protocol/fill.js';
import { UsageError } from './cli-error.js';

const hashLength = 32;
/** Of what is written: a point of another version is not found. */
const version = 1;

const sha256 = (...parts: readonly (string | NodeJS.ArrayBufferView)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** Where a fill stands, and the number its first result has. */
export interface ResumePoint {
  readonly snapshot: FillSnapshot;
  readonly firstNumber: number;
}

/** One file for each thing asked for: another photo, region, seed or model (by hash) has its own. */
export class SnapshotFile {
  /** Of the results that are being written. */
  firstNumber = 1;
  private readonly _path: string;
  private _nextAt: number;
  private _last: Promise<void> = Promise.resolve();

  /** `everyMs`: between two points that are written; what a kill may cost at most. */
  constructor(
    folder: string,
    request: FillRequest,
    model: string,
    private readonly _everyMs: number,
  ) {
    this._nextAt = performance.now() + _everyMs;
    const { plan, settings, seeds, source, selection, chosen } = request;
    const told = JSON.stringify([version, plan, settings, seeds, model]);
    const pixels = [source.data, selection.data, ...(chosen ? [chosen.data] : [])];
    const name = sha256(told, ...pixels)
      .toString('hex')
      .slice(0, 16);
    this._path = join(folder, `.repaint-fill-${name}.resume`);
  }

  /** null where nothing was interrupted. Throws: UsageError when the file is not whole. */
  async read(): Promise<ResumePoint | null> {
    const bytes = await readFile(this._path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return null;
      throw new UsageError(
        `${this._path} cannot be read (${cause.message}); start without --resume.`,
      );
    });
    if (!bytes) return null;
    const [hash, rest] = [bytes.subarray(0, hashLength), bytes.subarray(hashLength)];
    if (hash.equals(sha256(rest))) return deserialize(rest) as ResumePoint;
    throw new UsageError(
      `${this._path} is damaged, so the fill cannot go on from it; start without --resume.`,
    );
  }

  /** Writes where the fill stands now and then; the fill goes on meanwhile. */
  note(call: CallEvent): void {
    if (performance.now() < this._nextAt) return;
    this._nextAt = Infinity;
    // A disk that is full is no reason not to fill.
    void this.write(call).catch(() => undefined);
  }

  /** Writes where the fill stands, whole or not at all. */
  write(call: CallEvent): Promise<void> {
    const taken = call.snapshot();
    this._last = this._last
      .catch(() => undefined)
      .then(async () => {
        const { firstNumber } = this;
        const bytes = serialize({ snapshot: await taken, firstNumber } satisfies ResumePoint);
        await writeFile(`${this._path}.part`, [sha256(bytes), bytes]);
        await rename(`${this._path}.part`, this._path);
      })
      .catch(async (error: unknown) => {
        // Half of it would only take the room that the results need.
        await rm(`${this._path}.part`, { force: true });
        throw error;
      })
      .finally(() => (this._nextAt = performance.now() + this._everyMs));
    return this._last;
  }

  /** The fill is done. */
  async remove(): Promise<void> {
    await this._last.catch(() => undefined);
    await rm(this._path, { force: true });
    await rm(`${this._path}.part`, { force: true });
  }
}

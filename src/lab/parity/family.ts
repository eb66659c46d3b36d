/**
 * What a family of fixtures is: it finds its cases under a folder and compares numbers.
 * To add one: a file beside this that exports a `ParityFamily`, and a line in `../parity.ts`.
 */
import type { GradientModel, Network } from '../../core/network.js';

/** Where networks run. */
export const parityBackends = ['node', 'wasm', 'webgpu'] as const;
export type ParityBackend = (typeof parityBackends)[number];

/** One comparison. Errors are measured in units of `relativeTo` where given. */
export interface ParityRow {
  readonly family: string;
  readonly case: string;
  readonly quantity: string;
  /** Largest absolute error; null when nothing could be compared. */
  readonly maxAbs: number | null;
  readonly tolerance: number | null;
  readonly ok: boolean;
  /** What each error was divided by, e.g. "max(1, |value|)". */
  readonly relativeTo?: string;
  /** Why it does not hold, where the numbers do not say. */
  readonly message?: string;
}

/** A case, or a part of one, that cannot be checked here. */
export interface SkippedRow {
  readonly family: string;
  readonly case: string;
  readonly skipped: string;
}

/** Thrown where a case cannot be checked here; it is listed as skipped, with the message. */
export class NotSupported extends Error {
  override readonly name = 'NotSupported';
}

/** A network that a case names. */
export interface OpenedModel<Model> {
  readonly model: Model;
  release(): Promise<void>;
}

/**
 * Opens networks of the set by the path of their case below the root, "adm-unet/conv-down".
 * Throws: NotSupported for networks that cannot be built or run here.
 */
export interface ParityNetworks {
  openNetwork(casePath: string, checkpointFile: string): Promise<OpenedModel<Network>>;
  /** A classifier's gradient, before any scale. */
  openGradient(casePath: string, checkpointFile: string): Promise<OpenedModel<GradientModel>>;
}

export interface ParityEnvironment extends ParityNetworks {
  /** The folder given on the command line. */
  readonly root: string;
  readonly backend: ParityBackend;
}

export interface ParityCase {
  readonly name: string;
  /** Throws: NotSupported to be skipped; any other error becomes a failed row with its message. */
  check(report: CaseReport, environment: ParityEnvironment): Promise<void>;
}

export interface ParityFamily {
  /** Also its folder below the root, e.g. "hf/ddpm-scheduler". */
  readonly name: string;
  /** Lists the cases; throws only when the folder itself cannot be read. */
  cases(folder: string): Promise<ParityCase[]>;
}

export type Numbers = ArrayLike<number>;

/** Absolute, relative to max(1, |value|), or relative to |value|. */
export type ErrorScale = 'absolute' | 'max(1, |value|)' | '|value|';

export interface Tolerance {
  readonly tolerance: number;
  readonly scale?: ErrorScale;
}

function scaleOf(value: number, scale: ErrorScale): number {
  if (scale === 'absolute') return 1;
  const size = Math.abs(value);
  return scale === '|value|' ? size || 1 : Math.max(1, size);
}

/** Largest |got - expected| in units of the scale; NaN when any value is not a number. */
export function largestError(got: Numbers, expected: Numbers, scale: ErrorScale): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(got[i], expected[i])) continue;
    const error = Math.abs(got[i] - expected[i]) / scaleOf(expected[i], scale);
    if (!(error <= largest)) largest = error;
    if (Number.isNaN(error)) return NaN;
  }
  return largest;
}

/** Collects the rows of one case; several comparisons of one quantity become one row. */
export class CaseReport {
  private readonly _comparisons = new Map<string, ParityRow>();
  private readonly _skips: SkippedRow[] = [];

  constructor(
    readonly family: string,
    readonly name: string,
  ) {}

  /** Compares numbers; the row holds the worst over all calls for the same quantity. */
  compare(quantity: string, got: Numbers, expected: Numbers, by: Tolerance): void {
    const { tolerance, scale = 'absolute' } = by;
    if (got.length !== expected.length) {
      this.fail(quantity, `expected ${expected.length} values, got ${got.length}`, tolerance);
      return;
    }
    const error = largestError(got, expected, scale);
    const previous = this._comparisons.get(quantity);
    if (previous && (!previous.ok || previous.maxAbs! >= error)) return;
    this._add({
      quantity,
      maxAbs: Number.isFinite(error) ? error : null,
      tolerance,
      ok: error <= tolerance,
      ...(scale === 'absolute' ? {} : { relativeTo: scale }),
      ...(Number.isFinite(error) ? {} : { message: 'a value is not a finite number' }),
    });
  }

  /** Compares integers or other numbers that must be the same. */
  exact(quantity: string, got: Numbers, expected: Numbers): void {
    this.compare(quantity, got, expected, { tolerance: 0 });
  }

  /** Expects `action` to throw. */
  refuses(quantity: string, action: () => unknown): void {
    try {
      action();
    } catch {
      this._add({ quantity, maxAbs: 0, tolerance: 0, ok: true });
      return;
    }
    this.fail(quantity, 'expected an error, got a result', 0);
  }

  fail(quantity: string, message: string, tolerance: number | null = null): void {
    this._add({ quantity, maxAbs: null, tolerance, ok: false, message });
  }

  /** Says that the case, or `part` of it, was not checked. */
  skip(reason: string, part?: string): void {
    const name = part === undefined ? this.name : `${this.name} (${part})`;
    this._skips.push({ family: this.family, case: name, skipped: reason });
  }

  rows(): (ParityRow | SkippedRow)[] {
    return [...this._comparisons.values(), ...this._skips];
  }

  private _add(row: Omit<ParityRow, 'family' | 'case'>): void {
    this._comparisons.set(row.quantity, { family: this.family, case: this.name, ...row });
  }
}

/** Runs a case; whatever it throws becomes one failed row. */
export async function runCase(
  family: string,
  parityCase: ParityCase,
  environment: ParityEnvironment,
): Promise<(ParityRow | SkippedRow)[]> {
  const report = new CaseReport(family, parityCase.name);
  try {
    await parityCase.check(report, environment);
    if (report.rows().length === 0) report.fail('case', 'the case holds nothing to compare');
  } catch (error) {
    if (error instanceof NotSupported) report.skip(error.message);
    else report.fail('case', error instanceof Error ? error.message : String(error));
  }
  return report.rows();
}

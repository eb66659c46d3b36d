import { expect } from 'vitest';
import type { CaseReport } from '../../src/lab/parity/family.js';

/** Expects that something was compared and all of it held; returns the largest error. */
export function expectParity(report: CaseReport): number {
  const rows = report.rows();
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter((row) => 'skipped' in row || !row.ok)).toEqual([]);
  return Math.max(...rows.map((row) => ('maxAbs' in row ? row.maxAbs! : Infinity)));
}

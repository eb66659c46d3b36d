/** Writes a run's report: the same bytes for the same records, however many shards made them. */
import path from 'node:path';
import type { MadeRecord, UnitRecord } from '../evaluation/units.js';
import { asJson, writeWhole } from '../evaluation/store.js';
import type { FeatureNetwork } from '../measure/features.js';
import { csv } from './csv.js';
import { bestAndWorst } from './examples.js';
import { curveFigure, intervalFigure } from './figures.js';
import { curvePoints, fewestCalls } from './findings.js';
import { reportPage } from './html.js';
import type { MeasureName } from './measures.js';
import { diversities, type ReadRun } from './read-run.js';
import { makeTables, type Tables } from './tables.js';

export interface ReportInput {
  readonly run: ReadRun;
  readonly out: string;
  /** Where the photos are, for the pictures in the page. */
  readonly photosFolder: string;
  /** For diversity; null where there is none. */
  readonly features: FeatureNetwork | null;
  /** How many of the best and of the worst of each method are shown. */
  readonly examples: number;
}

/** The measure that methods are ranked by. */
function mainMeasure({ rows }: Tables): MeasureName {
  const order = ['lpips', 'features', 'psnr'] as const;
  return order.find((name) => rows.some(({ measure }) => measure === name)) ?? 'psnr';
}

async function figuresOf(tables: Tables, measure: MeasureName) {
  const rows = tables.rows.filter((row) => row.measure === measure);
  const points = curvePoints(tables, measure);
  const figures = [
    { title: 'Means with 95 % intervals', svg: await intervalFigure(rows, measure) },
  ];
  if (points.length > 0)
    figures.push({ title: 'Quality against calls', svg: await curveFigure(points, measure) });
  return figures;
}

const estimateColumns = ['measure', 'mask', 'method', 'n', 'mean', 'low', 'high'] as const;
const rounded = <T extends { mean: number; low: number; high: number }>(rows: readonly T[]) =>
  rows.map((row) => ({
    ...row,
    mean: Number(row.mean.toFixed(6)),
    low: Number(row.low.toFixed(6)),
    high: Number(row.high.toFixed(6)),
  }));

/** Clock times are of one machine and one day: they stay out of the tables. */
function withoutTime(record: UnitRecord): object {
  return record.status === 'made' ? { ...record, ms: undefined } : record;
}

async function writeTimes(out: string, records: readonly UnitRecord[]): Promise<void> {
  const made = records.filter((record): record is MadeRecord => record.status === 'made');
  const columns = ['method', 'mask', 'photo', 'seed', 'nfe', 'ms'] as const;
  await writeWhole(path.join(out, 'times.csv'), csv(made, columns));
}

/** Returns the tables. Throws: RepaintError when a file cannot be written. */
export async function writeReport(input: ReportInput): Promise<Tables> {
  const { run, out, photosFolder, features, examples } = input;
  const { plan, records } = run;
  const tables = makeTables(plan, records, features ? await diversities(run, features) : []);
  const measure = mainMeasure(tables);
  const hasAny = tables.rows.length > 0;
  const page = {
    plan,
    tables,
    lost: records.filter(({ status }) => status !== 'made'),
    figures: hasAny ? await figuresOf(tables, measure) : [],
    examples: await bestAndWorst(run, photosFolder, measure, examples),
    findings: fewestCalls(plan, tables, measure),
  };
  const rows = rounded(tables.rows);
  const differences = rounded(tables.differences);
  const whole = { plan, rows, differences, counts: tables.counts, units: records.map(withoutTime) };
  await writeWhole(path.join(out, 'report.html'), reportPage(page));
  await writeWhole(path.join(out, 'report.json'), asJson(whole));
  await writeWhole(path.join(out, 'report.csv'), csv(rows, estimateColumns));
  const paired = [...estimateColumns, 'against'] as const;
  await writeWhole(path.join(out, 'differences.csv'), csv(differences, paired));
  const counts = ['method', 'mask', 'made', 'failed', 'unreadable', 'missing'] as const;
  await writeWhole(path.join(out, 'counts.csv'), csv(tables.counts, counts));
  await writeTimes(out, records);
  return tables;
}

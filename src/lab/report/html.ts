/** The report as one page that needs no network: tables as the paper's, figures, pictures. */
import type { RunPlan, UnitRecord } from '../evaluation/units.js';
import type { Example } from './examples.js';
import { badness, measureNames, measureWords, type MeasureName } from './measures.js';
import { allMasks, columnsOf, type Difference, type TableRow, type Tables } from './tables.js';

export interface Page {
  readonly plan: RunPlan;
  readonly tables: Tables;
  readonly lost: readonly UnitRecord[];
  readonly figures: readonly { readonly title: string; readonly svg: string }[];
  readonly examples: readonly Example[];
  /** Sentences about what the run found, such as the smallest number of calls. */
  readonly findings: readonly string[];
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c]);

const style = `:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{max-width:75rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.5rem 0 1.5rem}
th,td{padding:.25rem .8rem;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
thead th{border-bottom:2px solid;border-top:2px solid}tbody tr:last-child td{border-bottom:2px solid}
small{opacity:.7;display:block;font-size:.75em;line-height:1.2}b{font-weight:700}
.wide{overflow-x:auto}figure{display:inline-block;margin:.5rem 1rem .5rem 0}figcaption{font-size:.8em;max-width:36rem}
img{max-width:100%;height:auto;display:block}svg{max-width:100%;height:auto}`;

const number = (value: number, digits: number) =>
  (Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value).toFixed(digits);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]) =>
    row.map((cell) => `<${tag}>${cell}</${tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n');
  return `<div class="wide"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

const maskTitle = (mask: string) => (mask === allMasks ? 'all masks' : escaped(mask));

/** The best of a column, where a measure has one. */
function bestOf(rows: readonly TableRow[], measure: MeasureName): TableRow | null {
  const words = measureWords[measure];
  if (words.best === 'none' || rows.length < 2) return null;
  return rows.reduce((best, row) =>
    badness(row.mean, words) < badness(best.mean, words) ? row : best,
  );
}

function meanCell(row: TableRow | undefined, isBest: boolean, digits: number): string {
  if (!row) return '–';
  const mean = number(row.mean, digits);
  const interval = `<small>${number(row.low, digits)} to ${number(row.high, digits)}, n ${row.n}</small>`;
  return `${isBest ? `<b>${mean}</b>` : mean}${interval}`;
}

function meansTable({ plan, tables }: Page, measure: MeasureName): string {
  const columns = columnsOf(plan);
  const own = tables.rows.filter((row) => row.measure === measure);
  const best = columns.map((mask) =>
    bestOf(
      own.filter((row) => row.mask === mask),
      measure,
    ),
  );
  const rows = plan.methods
    .filter(({ name }) => own.some(({ method }) => method === name))
    .map(({ name }) => [
      escaped(name),
      ...columns.map((mask, k) => {
        const row = own.find((it) => it.method === name && it.mask === mask);
        return meanCell(row, row !== undefined && row === best[k], measureWords[measure].digits);
      }),
    ]);
  return table(['Method', ...columns.map(maskTitle)], rows);
}

/** A difference says something where its interval has no 0. */
function differenceCell(difference: Difference | undefined, digits: number): string {
  if (!difference) return '–';
  const { mean, low, high, n } = difference;
  const text = `${mean > 0 ? '+' : ''}${number(mean, digits)}`;
  const isSure = low > 0 || high < 0;
  return `${isSure ? `<b>${text}</b>` : text}<small>${number(low, digits)} to ${number(high, digits)}, n ${n}</small>`;
}

function differencesTable({ plan, tables }: Page, measure: MeasureName): string {
  const own = tables.differences.filter((row) => row.measure === measure);
  if (own.length === 0) return '';
  const columns = columnsOf(plan);
  const rows = plan.methods.slice(1).map(({ name }) => [
    escaped(name),
    ...columns.map((mask) =>
      differenceCell(
        own.find((it) => it.method === name && it.mask === mask),
        measureWords[measure].digits + 1,
      ),
    ),
  ]);
  const first = escaped(plan.methods[0].name);
  return `<p>Against <b>${first}</b>, photo by photo: above 0 is worse than ${first}, below 0 better; bold where the interval leaves 0 out.</p>
${table(['Method', ...columns.map(maskTitle)], rows)}`;
}

function measureSection(page: Page, measure: MeasureName): string {
  if (!page.tables.rows.some((row) => row.measure === measure)) return '';
  const { title, explained, best } = measureWords[measure];
  const which = {
    highest: '; higher is better',
    lowest: '; lower is better',
    nearOne: '',
    none: '',
  };
  return `<h2>${title}</h2><p>${explained}${which[best]}.</p>
${meansTable(page, measure)}
${differencesTable(page, measure)}`;
}

function countsTable({ tables }: Page): string {
  const columns = ['Method', 'Mask', 'made', 'failed', 'unreadable', 'not done'];
  const rows = tables.counts.map((count) => [
    escaped(count.method),
    escaped(count.mask),
    ...[count.made, count.failed, count.unreadable, count.missing].map(String),
  ]);
  return table(columns, rows);
}

/** Reasons, each once, with how many units it cost. */
function lostList(lost: readonly UnitRecord[]): string {
  const reasons = new Map<string, number>();
  for (const record of lost) {
    if (record.status === 'made') continue;
    const text =
      record.status === 'unreadable'
        ? record.reason
        : `${record.method}, ${record.mask}: ${record.reason}`;
    reasons.set(text, (reasons.get(text) ?? 0) + 1);
  }
  if (reasons.size === 0) return '';
  const items = [...reasons].map(([text, count]) => `<li>${escaped(text)} (${count})</li>`);
  return `<p>Not made, and in no mean:</p><ul>${items.join('\n')}</ul>`;
}

function examplesSection({ examples, plan }: Page): string {
  if (examples.length === 0) return '';
  const sections = plan.methods.map(({ name }) => {
    const own = examples.filter(({ method }) => method === name);
    const figures = own.map(
      ({ kind, caption, source }) =>
        `<figure><img src="${source}" alt="${escaped(caption)}"><figcaption>${kind}: ${escaped(caption)}</figcaption></figure>`,
    );
    return own.length === 0 ? '' : `<h3>${escaped(name)}</h3>\n${figures.join('\n')}`;
  });
  return `<h2>Worst and best</h2><p>Original, hole, fill.</p>\n${sections.join('\n')}`;
}

function setting({ plan }: Page): string {
  const methods = plan.methods.map(
    ({ name, how }) => `<li><b>${escaped(name)}</b>: <code>${escaped(how)}</code></li>`,
  );
  return `<p>${plan.photos.length} photos, ${plan.size} x ${plan.size} pixels, ${plan.masks.length} masks (seed ${plan.maskSeed}), ${plan.seeds.length} fills each (seeds ${plan.seeds[0]} to ${plan.seeds.at(-1)}). Means over photos, with the middle 95 % of 2,000 bootstrap resamples; the best of a column is bold. Features: ${escaped(plan.features ?? 'none')}. LPIPS: ${plan.lpips ? `network ${plan.lpips.slice(0, 12)}` : 'none'}. Seconds depend on the machine: times.csv.</p>
<ul>${methods.join('\n')}</ul>`;
}

/** Returns the page; the same page for the same records. */
export function reportPage(page: Page): string {
  const findings = page.findings.map((text) => `<li>${escaped(text)}</li>`).join('\n');
  const figures = page.figures
    .map(({ title, svg }) => `<figure>${svg}<figcaption>${escaped(title)}</figcaption></figure>`)
    .join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>RePaint Fill: evaluation</title>
<style>${style}</style></head><body>
<h1>RePaint Fill: evaluation</h1>
${setting(page)}
${findings && `<ul>${findings}</ul>`}
${measureNames.map((measure) => measureSection(page, measure)).join('\n')}
<h2>Figures</h2>
${figures}
<h2>Counts</h2>
${countsTable(page)}
${lostList(page.lost)}
${examplesSection(page)}
</body></html>
`;
}

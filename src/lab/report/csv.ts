/** Tables as comma-separated values (RFC 4180). */

/** A field in quotes where it needs them. */
function field(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line a row under the columns' names. */
export function csv<T extends object>(rows: readonly T[], columns: readonly (keyof T & string)[]) {
  const lines = rows.map((row) =>
    columns.map((column) => field(row[column] as string | number | boolean | null)).join(','),
  );
  return [columns.join(','), ...lines, ''].join('\n');
}

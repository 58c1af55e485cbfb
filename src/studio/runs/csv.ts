// Comma-separated values as RFC 4180 has them: CRLF between lines, quotes round what needs them.

export type CsvValue = string | number | boolean | null | undefined;

/** Nothing, and numbers that are not finite, become empty cells. */
export function toCsv(header: string[], rows: CsvValue[][]): string {
  return `${[header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function cell(value: CsvValue): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

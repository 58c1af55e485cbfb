import type { CsvValue } from '../../runs/csv.ts';

/** Whole numbers in full, others with four digits; nothing as a dash. */
export function cellText(value: CsvValue): string {
  if (value === null || value === undefined || value === '') return '—';
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  if (!Number.isFinite(value)) return 'not finite';
  return Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6 ? value.toPrecision(4) : value.toExponential(3);
}

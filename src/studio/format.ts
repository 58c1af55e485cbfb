// Numbers as the studio shows them: with their unit, and with as many digits as are known. Sizes are decimal (1 MB is
// 1,000,000 bytes), as file managers and the Hub count.

/** A space that does not break, between number and unit. */
const NBSP = '\u00a0';
const grouped = new Intl.NumberFormat('en-US');

/** Three significant digits with a unit: `5.12 MB`, `940 B`. */
export function formatBytes(sizeBytes: number): string {
  return scaled(sizeBytes, ['B', 'kB', 'MB', 'GB', 'TB']);
}

/** Whole below 10,000 (`9,216`), then three significant digits: `2.56 M`. For counts of things the caller names. */
export function formatCount(count: number): string {
  if (Math.abs(count) < 10_000) return grouped.format(count);
  return scaled(count, ['', 'k', 'M', 'B', 'T']);
}

/** Every digit, grouped: `2,560,000`. */
export function formatExact(count: number): string {
  return grouped.format(count);
}

/** `84 ms`, `0.8 s`, `42 s`, `3 min 05 s`, `24 min`, `1 h 02 min`. */
export function formatDuration(elapsedMs: number): string {
  const seconds = elapsedMs / 1000;
  if (elapsedMs < 1) return `0${NBSP}s`;
  if (elapsedMs < 100) return `${Math.round(elapsedMs)}${NBSP}ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)}${NBSP}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${NBSP}s`;
  if (whole < 600) return `${Math.floor(whole / 60)}${NBSP}min ${pad(whole % 60)}${NBSP}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}${NBSP}min`;
  return `${Math.floor(minutes / 60)}${NBSP}h ${pad(minutes % 60)}${NBSP}min`;
}

/** Four significant digits, in exponent form below 1e-4 and from 1e9 on: `2.417`, `0.03120`, `78,600`. */
export function formatLoss(loss: number): string {
  if (!Number.isFinite(loss)) return 'not finite';
  if (loss !== 0 && Math.abs(loss) < 1e-4) return loss.toExponential(2);
  if (Math.abs(loss) >= 1e9) return loss.toExponential(2).replace('e+', 'e');
  if (Math.abs(loss) >= 1e4) return grouped.format(Number(loss.toPrecision(4)));
  return loss.toPrecision(4);
}

/** As many digits as an axis needs: `0.5`, `2.75`, `120`. */
export function formatTick(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** As formatTick, with as many decimals as ticks `step` apart need, the same for all: `0.50`, `0.75`, `1.00`. */
export function formatSteppedTick(value: number, step?: number): string {
  const known = step === undefined ? null : /^\d+(?:\.(\d+))?$/.exec(String(Number(step.toPrecision(3))));
  return known && Math.abs(value) < 1e6 ? value.toFixed(known[1]?.length ?? 0) : formatTick(value);
}

/** As formatExact, and nothing between whole numbers: a tick of what is counted. */
export function formatWholeTick(value: number): string {
  return Number.isInteger(value) ? formatExact(value) : '';
}

/** `2e-4`, `1.25e-3`, `0.5`, `0`. */
export function formatLearningRate(rate: number): string {
  if (rate === 0 || rate >= 0.1) return String(Number(rate.toPrecision(3)));
  return rate.toExponential(2).replace(/\.?0+e/, 'e');
}

/** A share from 0 to 1: `0.36 %`, `82.4 %`. Small shares keep two digits. */
export function formatShare(share: number): string {
  // Below what six digits show it is a rounding error.
  const percent = share < 5e-9 ? 0 : share * 100;
  const digits = percent === 0 ? 0 : percent < 1 ? 2 - Math.ceil(Math.log10(percent)) : percent < 10 ? 2 : 1;
  return `${percent.toFixed(Math.min(Math.max(digits, 0), 6))}${NBSP}%`;
}

/** A speed: `3.6`, `231`, `5,312`, `12.3 k`. */
export function formatRate(rate: number): string {
  return rate < 100 ? rate.toFixed(1) : formatCount(Math.round(rate));
}

/** `5,312 tokens/s`; one decimal below 100. */
export function formatTokensPerSecond(rate: number): string {
  const shown = rate < 100 ? rate.toFixed(1) : grouped.format(Math.round(rate));
  return `${shown}${NBSP}tokens/s`;
}

/** `1 row`, `2 rows`, `12.3 k rows`. */
export function formatNoun(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)}${NBSP}${count === 1 ? singular : plural}`;
}

/** A moment as the reader's clock says it: `22 Nov 2026, 08:41`. */
export function formatMoment(epochMs: number): string {
  return new Date(epochMs).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

const LONGEST_NAME = 40;

/** A file's name without its middle where it is long: names are told apart by their ends. */
export function shortFileName(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 17)}…${name.slice(-16)}`;
}

function scaled(value: number, units: readonly string[]): string {
  let scaledValue = value;
  let unit = 0;
  // 999.5 would show as 1000: it belongs to the next unit.
  while (Math.abs(scaledValue) >= 999.5 && unit < units.length - 1) {
    scaledValue /= 1000;
    unit += 1;
  }
  const text = unit === 0 ? grouped.format(Math.round(scaledValue)) : threeDigits(scaledValue);
  return `${text}${NBSP}${units[unit]}`.trimEnd();
}

function threeDigits(value: number): string {
  const magnitude = Math.abs(value);
  return value.toFixed(magnitude < 9.995 ? 2 : magnitude < 99.95 ? 1 : 0);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

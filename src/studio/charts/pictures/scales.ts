// From values to pixels, and where an axis has its marks.

export type ScaleKind = 'linear' | 'log2' | 'log10';

export interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Round steps of 1, 2 or 5 times a power of ten that cover the range (Heckbert, Graphics Gems, 1990). */
export function niceTicks(low: number, high: number, about: number): number[] {
  const range = high > low ? high - low : Math.abs(low) || 1;
  const rough = range / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** `from` and `to` in pixels; `ticks` only where they are not to be found. Values that are not finite do not count. */
export function scaleOf(
  kind: ScaleKind,
  values: readonly number[],
  [from, to]: readonly [number, number],
  { ticks, about = 5, isPadded = false }: { ticks?: readonly number[]; about?: number; isPadded?: boolean } = {},
): Scale {
  const known = values.filter((value) => Number.isFinite(value) && (kind === 'linear' || value > 0));
  const low = known.length === 0 ? 1 : Math.min(...known);
  const high = known.length === 0 ? 2 : Math.max(...known);
  if (kind === 'linear') {
    const marks = ticks ?? niceTicks(low, high, about);
    const [start, end] = ticks ? [low, high === low ? low + 1 : high] : [marks[0] ?? 0, marks.at(-1) ?? 1];
    return { ticks: marks, place: (value) => from + ((value - start) / (end - start)) * (to - from) };
  }
  const log = kind === 'log2' ? Math.log2 : Math.log10;
  const air = isPadded ? Math.max((log(high) - log(low)) * 0.06, 0.1) : 0;
  const [start, end] = [log(low) - air, Math.max(log(high) + air, log(low) + 1e-9 + air)];
  return {
    ticks: ticks ?? decades(low, high, about),
    place: (value) => from + ((log(value) - start) / (end - start)) * (to - from),
  };
}

/** Powers of ten inside the range; with 2s and 5s between where these are few; round numbers where none are inside. */
function decades(low: number, high: number, about: number): number[] {
  const powers: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent++)
    powers.push(exponent);
  const inside = (values: number[]) => values.filter((value) => value >= low * 0.999 && value <= high * 1.001);
  const tens = inside(powers.map((exponent) => 10 ** exponent));
  const every = Math.ceil(tens.length / (about + 2));
  if (tens.length >= 3) return tens.filter((_, i) => i % every === 0);
  const fine = inside(
    powers.flatMap((exponent) => [1, 2, 5].map((factor) => Number((factor * 10 ** exponent).toPrecision(3)))),
  );
  return fine.length >= 2 ? fine : inside(niceTicks(low, high, about)).filter((value) => value > 0);
}

// Round numbers for an axis (Heckbert, Graphics Gems, 1990): steps of 1, 2 or 5 times a power of ten that cover the range.
export function niceTicks(low: number, high: number, about: number): number[] {
  const range = high > low ? high - low : Math.abs(low) || 1;
  const rough = range / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

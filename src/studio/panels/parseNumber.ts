// Reads what a person typed as a number, or says what is expected.

export interface NumberRange {
  min?: number | undefined;
  max?: number | undefined;
  isWhole?: boolean | undefined;
}

export function parseNumber(text: string, { min, max, isWhole }: NumberRange): { value: number } | { error: string } {
  const trimmed = text.trim();
  const value = Number(trimmed);
  const kind = isWhole ? 'a whole number' : 'a number';
  if (trimmed === '' || !Number.isFinite(value) || (isWhole && !Number.isInteger(value))) {
    return { error: `Type ${kind}${rangeText(min, max)}.` };
  }
  if ((min !== undefined && value < min) || (max !== undefined && value > max)) {
    return { error: `Type ${kind}${rangeText(min, max)}.` };
  }
  return { value };
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return `, ${min} or more`;
  return max === undefined ? '' : `, ${max} or less`;
}

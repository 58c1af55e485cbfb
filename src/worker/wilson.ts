/**
 * The Wilson score interval of a share at 95 % (E. B. Wilson 1927): where the true share of right answers may well lie,
 * given `right` of `rows`. Shares from 0 to 1; [0, 1] for no rows.
 */
export function wilsonInterval(right: number, rows: number): { low: number; high: number } {
  if (rows === 0) return { low: 0, high: 1 };
  const z = 1.959963984540054;
  const share = right / rows;
  const scale = 1 + (z * z) / rows;
  const middle = share + (z * z) / (2 * rows);
  const spread = z * Math.sqrt((share * (1 - share)) / rows + (z * z) / (4 * rows * rows));
  return { low: Math.max(0, (middle - spread) / scale), high: Math.min(1, (middle + spread) / scale) };
}

/** The 95 % interval of a share seen in `rows` trials (Wilson 1927): it stays inside 0 and 1, also for 0 and all. */
export function wilson(share: number, rows: number): { low: number; high: number } {
  const z = 1.959964;
  const centre = share + (z * z) / (2 * rows);
  const spread = z * Math.sqrt((share * (1 - share)) / rows + (z * z) / (4 * rows * rows));
  const scale = 1 + (z * z) / rows;
  return { low: Math.max((centre - spread) / scale, 0), high: Math.min((centre + spread) / scale, 1) };
}

/** Decimal, three digits: `1.42 GB`, `376 MB`. */
export function bytesText(bytes: number): string {
  return bytes < 0.9995e9 ? `${Number((bytes / 1e6).toPrecision(3))} MB` : `${Number((bytes / 1e9).toPrecision(3))} GB`;
}

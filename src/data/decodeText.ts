// Bytes → text: UTF-8, or UTF-16 (spreadsheets export it) where a byte-order mark says so, or where every other byte of
// the beginning is zero. Undecodable bytes become U+FFFD, so that the rows around them can still be read.

export interface DecodedText {
  /** Without a byte-order mark. */
  text: string;
  encoding: 'UTF-8' | 'UTF-16';
  /** Some bytes could not be decoded; their places hold U+FFFD. */
  hasBadBytes: boolean;
}

export function decodeText(bytes: Uint8Array): DecodedText {
  const label = utf16Label(bytes);
  const encoding = label ? 'UTF-16' : 'UTF-8';
  try {
    return { text: new TextDecoder(label ?? 'utf-8', { fatal: true }).decode(bytes), encoding, hasBadBytes: false };
  } catch {
    return { text: new TextDecoder(label ?? 'utf-8').decode(bytes), encoding, hasBadBytes: true };
  }
}

/** Which UTF-16 the bytes are in; undefined when they are not. */
export function utf16Label(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const start = bytes.subarray(0, bytesLookedAt);
  if (start.length < 4 || bytes.length % 2 > 0) return undefined;
  if (isLatinWithZeros(start, 0)) return 'utf-16le';
  return isLatinWithZeros(start, 1) ? 'utf-16be' : undefined;
}

const bytesLookedAt = 512;

/** Text of a Latin script in two bytes each: those from `first` on are mostly printable, the others mostly zero. */
function isLatinWithZeros(bytes: Uint8Array, first: 0 | 1): boolean {
  let zeros = 0;
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const low = bytes[i + first]!;
    const high = bytes[i + 1 - first]!;
    if (high !== 0) continue;
    if (low < 0x20 && low !== 0x09 && low !== 0x0a && low !== 0x0d) return false;
    zeros++;
  }
  return zeros >= 0.4 * bytes.length;
}

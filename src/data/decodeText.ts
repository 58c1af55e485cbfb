// Bytes → text: UTF-8, or UTF-16 where a byte-order mark says so (spreadsheets export it). Undecodable bytes become
// U+FFFD, so that the rows around them can still be read.

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

function utf16Label(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

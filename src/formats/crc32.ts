/**
 * CRC-32 (IEEE 802.3, reflected), as zip, PNG and our checkpoints have it. Four bytes a step, by four tables in one: the
 * k-th holds what a byte does to the checksum once k zero bytes have followed it ("slicing", Kounavis and Berry 2005).
 */

const TABLES = new Uint32Array(4 * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  TABLES[byte] = crc;
}
for (let i = 256; i < TABLES.length; i++) {
  const crc = TABLES[i - 256]!;
  TABLES[i] = TABLES[crc & 0xff]! ^ (crc >>> 8);
}

/** The checksum of `bytes`, or of everything that gave `previous` followed by `bytes`. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const table = TABLES;
  const wholeWords = bytes.length & ~3;
  let crc = ~previous;
  for (let i = 0; i < wholeWords; i += 4) {
    crc ^= view.getInt32(i, true);
    crc =
      table[768 + (crc & 0xff)]! ^
      table[512 + ((crc >>> 8) & 0xff)]! ^
      table[256 + ((crc >>> 16) & 0xff)]! ^
      table[crc >>> 24]!;
  }
  for (let i = wholeWords; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

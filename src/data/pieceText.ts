// A vocabulary entry as a person reads it. Byte-level vocabularies spell every byte as one printable character,
// SentencePiece ones spell a space as ▁ and a lone byte as <0xE2>.
import { BYTE_OF_CHARACTER } from '../formats/byteCharacters.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const hex = (byte: number) => `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;

/** `decoder` is tokenizer.json's, which tells how the pieces are spelled. */
export function pieceText(piece: string, decoder: unknown): string {
  if (!JSON.stringify(decoder ?? null).includes('"ByteLevel"')) {
    return piece
      .replace(/^<0x([0-9A-F]{2})>$/, (_, digits) => bytesText([Number.parseInt(digits, 16)]))
      .replaceAll('▁', ' ');
  }
  const bytes = Array.from(piece, (character) => BYTE_OF_CHARACTER.get(character));
  return bytes.every((byte) => byte !== undefined) ? bytesText(bytes) : piece;
}

function bytesText(bytes: number[]): string {
  try {
    return strictUtf8.decode(Uint8Array.from(bytes));
  } catch {
    return bytes.map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : hex(byte))).join('');
  }
}

/**
 * Strict JSON for files from strangers. JSON.parse keeps the last of two equal keys silently; a file that says two
 * things about one name is refused here instead.
 */
import { FormatError } from './formatError.ts';

export type JsonObject = { [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses text that must be one JSON object without duplicate keys, at any depth. Throws a FormatError. */
export function parseJsonObject(text: string, fileName: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FormatError(fileName, `expected JSON, got ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isJsonObject(value)) throw new FormatError(fileName, 'expected a JSON object');
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw new FormatError(fileName, `the name ${JSON.stringify(duplicate)} appears twice`);
  return value;
}

/** The first key that an object of this (valid) JSON text holds twice. One pass, no recursion. */
function findDuplicateKey(text: string): string | undefined {
  const seenByDepth: Set<string>[] = [];
  const colonAfter = /\s*:/y;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '{') seenByDepth.push(new Set());
    else if (character === '}') seenByDepth.pop();
    else if (character === '"') {
      const start = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
      colonAfter.lastIndex = i + 1;
      if (!colonAfter.test(text)) continue;
      const key = String(JSON.parse(text.slice(start, i + 1)));
      const seen = seenByDepth.at(-1);
      if (seen?.has(key)) return key;
      seen?.add(key);
    }
  }
  return undefined;
}

/** Code point order, which is UTF-8 byte order: how Rust and Python sort names. UTF-16 order differs past U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const codePointsA = [...a];
  const codePointsB = [...b];
  for (let i = 0; i < Math.min(codePointsA.length, codePointsB.length); i++) {
    const difference = (codePointsA[i]?.codePointAt(0) ?? 0) - (codePointsB[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return codePointsA.length - codePointsB.length;
}

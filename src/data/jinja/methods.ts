// Methods of Python's strings, lists and dicts that templates call. Those that change their object are not there: templates
// run in a sandbox where they are forbidden.

import { placeholderFormat } from './formatting.ts';
import {
  type Callable,
  charactersOf,
  type Dict,
  isDict,
  isEqual,
  isList,
  isTrue,
  iterate,
  JinjaError,
  type Named,
  numberOf,
  Tuple,
  typeName,
  type Value,
} from './values.ts';

/** undefined where the value has no such method. */
export function methodOf(value: Value, name: string): Callable | undefined {
  if (typeof value === 'string') {
    const method = Object.hasOwn(STRING, name) ? STRING[name] : undefined;
    return method && ((args, named) => method(value, args, named));
  }
  if (isDict(value)) {
    const method = Object.hasOwn(DICT, name) ? DICT[name] : undefined;
    return method && ((args) => method(value, args));
  }
  const items = isList(value) ? value : value instanceof Tuple ? value.items : undefined;
  if (items === undefined) return undefined;
  if (name === 'index')
    return ([item = null]) =>
      found(
        items.findIndex((one) => isEqual(one, item)),
        'item',
      );
  if (name === 'count') return ([item = null]) => items.filter((one) => isEqual(one, item)).length;
  return name === 'copy' && isList(value) ? () => [...value] : undefined;
}

const DICT: Readonly<Record<string, (dict: Dict, args: readonly Value[]) => Value>> = {
  keys: (dict) => [...dict.keys()],
  values: (dict) => [...dict.values()],
  items: (dict) => [...dict].map((entry) => new Tuple(entry)),
  get: (dict, [key = null, otherwise = null]) => dict.get(key) ?? (dict.has(key) ? null : otherwise),
  copy: (dict) => new Map(dict),
};

type StringMethod = (text: string, args: readonly Value[], named: Named) => Value;

function string(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new JinjaError(`expected str, got ${value === undefined ? 'nothing' : typeName(value)}`);
}

function whole(value: Value | undefined, otherwise: number): number {
  return value === undefined || value === null ? otherwise : Math.trunc(numberOf(value) ?? otherwise);
}

function found(at: number, what: string): number {
  if (at >= 0) return at;
  throw new JinjaError(`${what} not found`);
}

/** What Python's str.isspace and str.splitlines take for space and for the end of a line. */
const LINE_ENDS = new Set('\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029');
const SPACES = new Set([
  ...LINE_ENDS,
  ...'\t\u001f \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000',
]);

/** Python's str.strip: any of the characters, white space where none are given. */
export function strip(text: string, characters: Value | undefined, side: 'both' | 'left' | 'right'): string {
  const set = typeof characters === 'string' ? new Set(characters) : SPACES;
  const isGone = (one: string) => set.has(one);
  const all = charactersOf(text);
  let [start, end] = [0, all.length];
  if (side !== 'right') while (start < end && isGone(all[start] ?? '')) start++;
  if (side !== 'left') while (end > start && isGone(all[end - 1] ?? '')) end--;
  return all.slice(start, end).join('');
}

/** Without their ends, or with. */
export function splitLines(text: string, keepsEnds = false): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (!LINE_ENDS.has(text.charAt(i))) continue;
    const end = text.startsWith('\r\n', i) ? i + 2 : i + 1;
    lines.push(text.slice(start, keepsEnds ? end : i));
    start = end;
    i = end - 1;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

function split(text: string, [separator, most]: readonly (Value | undefined)[], isFromRight: boolean): string[] {
  const limit = whole(most, -1);
  if (separator === undefined || separator === null) return splitAtSpaces(text, limit, isFromRight);
  if (separator === '') throw new JinjaError('empty separator');
  const words = text.split(string(separator));
  if (limit < 0 || words.length <= limit + 1) return words;
  const cut = isFromRight ? words.length - limit : limit;
  const joined = (some: string[]) => some.join(string(separator));
  if (isFromRight) return [joined(words.slice(0, cut)), ...words.slice(cut)];
  return [...words.slice(0, cut), joined(words.slice(cut))];
}

function splitAtSpaces(text: string, limit: number, isFromRight: boolean): string[] {
  const isSpace = (one: string) => SPACES.has(one);
  let left = isFromRight ? charactersOf(text).reverse() : charactersOf(text);
  const words: string[] = [];
  const word = (characters: string[]) => (isFromRight ? [...characters].reverse() : characters).join('');
  for (;;) {
    const start = left.findIndex((one) => !isSpace(one));
    if (start < 0) break;
    left = left.slice(start);
    const end = left.findIndex(isSpace);
    if (end < 0 || words.length === limit) {
      words.push(strip(word(left), undefined, isFromRight ? 'left' : 'right'));
      break;
    }
    words.push(word(left.slice(0, end)));
    left = left.slice(end);
  }
  return isFromRight ? words.reverse() : words;
}

/** Where a part stands within [start, end), in characters; -1 where it does not. */
function find(text: string, [part, start, end]: readonly Value[], isFromRight = false): number {
  const characters = charactersOf(text);
  const [from] = bounds(characters.length, start, end);
  const within = slice(text, start, end);
  const unit = isFromRight ? within.lastIndexOf(string(part)) : within.indexOf(string(part));
  return unit < 0 ? -1 : from + charactersOf(within.slice(0, unit)).length;
}

function bounds(length: number, start: Value | undefined, end: Value | undefined): [number, number] {
  const clamped = (at: number) => Math.min(length, Math.max(0, at < 0 ? at + length : at));
  return [clamped(whole(start, 0)), clamped(whole(end, length))];
}

const slice = (text: string, start: Value | undefined, end: Value | undefined) =>
  start === undefined
    ? text
    : charactersOf(text)
        .slice(...bounds(charactersOf(text).length, start, end))
        .join('');
const isAll = (pattern: RegExp) => (text: string) => pattern.test(text);
const hasCase = (text: string, same: string, other: string) => text === same && text !== other;
const padding = (text: string, width: Value | undefined, fill: Value | undefined) =>
  (typeof fill === 'string' ? fill : ' ').repeat(Math.max(0, whole(width, 0) - charactersOf(text).length));
const affixes = (value: Value | undefined) => (value instanceof Tuple ? value.items.map(string) : [string(value)]);

export function replaced(text: string, [old, by, most]: readonly Value[]): string {
  // Python finds the empty text at both ends too.
  const parts = old === '' ? ['', ...charactersOf(text), ''] : text.split(string(old));
  const limit = whole(most, -1);
  if (limit < 0 || parts.length - 1 <= limit) return parts.join(string(by));
  return [parts.slice(0, limit + 1).join(string(by)), ...parts.slice(limit + 1)].join(string(old));
}

export const capitalized = (text: string) => {
  const [first = '', ...rest] = charactersOf(text);
  return first.toUpperCase() + rest.join('').toLowerCase();
};

const STRING: Readonly<Record<string, StringMethod>> = {
  strip: (text, [characters]) => strip(text, characters, 'both'),
  lstrip: (text, [characters]) => strip(text, characters, 'left'),
  rstrip: (text, [characters]) => strip(text, characters, 'right'),
  split: (text, [sep, most], named) => split(text, [sep ?? named.get('sep'), most ?? named.get('maxsplit')], false),
  rsplit: (text, [sep, most], named) => split(text, [sep ?? named.get('sep'), most ?? named.get('maxsplit')], true),
  splitlines: (text, [keeps], named) => splitLines(text, isTrue(keeps ?? named.get('keepends') ?? false)),
  partition: (text, [separator]) => {
    const start = text.indexOf(string(separator));
    return new Tuple(
      start < 0
        ? [text, '', '']
        : [text.slice(0, start), string(separator), text.slice(start + string(separator).length)],
    );
  },
  rpartition: (text, [separator]) => {
    const start = text.lastIndexOf(string(separator));
    return new Tuple(
      start < 0
        ? ['', '', text]
        : [text.slice(0, start), string(separator), text.slice(start + string(separator).length)],
    );
  },
  startswith: (text, [prefix, start, end]) => affixes(prefix).some((one) => slice(text, start, end).startsWith(one)),
  endswith: (text, [suffix, start, end]) => affixes(suffix).some((one) => slice(text, start, end).endsWith(one)),
  removeprefix: (text, [prefix]) => (text.startsWith(string(prefix)) ? text.slice(string(prefix).length) : text),
  removesuffix: (text, [suffix]) =>
    suffix !== '' && text.endsWith(string(suffix)) ? text.slice(0, -string(suffix).length) : text,
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  casefold: (text) => text.toLowerCase().replaceAll('ß', 'ss'),
  capitalize: capitalized,
  title: (text) => text.replace(/[\p{L}\p{M}]+/gu, capitalized),
  swapcase: (text) =>
    charactersOf(text)
      .map((one) => (one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase()))
      .join(''),
  replace: (text, args) => replaced(text, args),
  find: (text, args) => find(text, args),
  rfind: (text, args) => find(text, args, true),
  index: (text, args) => found(find(text, args), 'substring'),
  rindex: (text, args) => found(find(text, args, true), 'substring'),
  count: (text, [part, start, end]) => slice(text, start, end).split(string(part)).length - 1,
  join: (text, [items = '']) => iterate(items).map(string).join(text),
  format: (text, args, named) => placeholderFormat(text, args, named),
  isdigit: isAll(/^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u),
  isdecimal: isAll(/^\p{Nd}+$/u),
  isnumeric: isAll(/^\p{N}+$/u),
  isalpha: isAll(/^\p{L}+$/u),
  isalnum: isAll(/^[\p{L}\p{N}]+$/u),
  isspace: (text) => text !== '' && charactersOf(text).every((one) => SPACES.has(one)),
  isupper: (text) => hasCase(text, text.toUpperCase(), text.toLowerCase()),
  islower: (text) => hasCase(text, text.toLowerCase(), text.toUpperCase()),
  zfill: (text, [width]) => text.replace(/^[+-]?/, (sign) => sign + padding(text, width, '0')),
  ljust: (text, [width, fill]) => text + padding(text, width, fill),
  rjust: (text, [width, fill]) => padding(text, width, fill) + text,
  center: (text, [width, fill]) => centered(text, width, fill),
};

/** Python puts the odd one of the fill on the left where the width is odd. */
export function centered(text: string, width: Value | undefined, fill?: Value): string {
  const all = padding(text, width, fill);
  const left = Math.floor(all.length / 2) + (all.length & whole(width, 0) & 1);
  return all.slice(0, left) + text + all.slice(left);
}

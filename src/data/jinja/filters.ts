// Jinja's filters: what stands after `|`. Source: pallets/jinja 3.1, `src/jinja2/filters.py`; `tojson` is transformers'.
import { fixed, percentFormat } from './formatting.ts';
import { capitalized, centered, replaced, splitLines, strip } from './methods.ts';
import { arithmetic, itemOf, ownAttribute } from './operators.ts';
import { passes } from './tests.ts';
import {
  charactersOf,
  compare,
  Float,
  Group,
  isDict,
  isEqual,
  isTrue,
  iterate,
  JinjaError,
  jsonOf,
  type Named,
  numberOf,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** By place or by name, in the order of the names given. */
type Given = (position: number, name: string) => Value | undefined;
type Filter = (value: Value, given: Given, args: readonly Value[], named: Named) => Value;

/** Throws JinjaError for a filter that is not known. */
export function filtered(name: string, value: Value, args: readonly Value[], named: Named): Value {
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (!filter) throw new JinjaError(`the filter '${name}' is not known here`);
  return filter(value, (position, key) => args[position] ?? named.get(key), args, named);
}

const whole = (value: Value | undefined, otherwise: number): number =>
  value === undefined ? otherwise : Math.trunc(numberOf(value) ?? otherwise);

/** `a.b` or `0.b` of every value. */
function attributeGetter(path: Value | undefined, otherwise?: Value): (value: Value) => Value {
  if (path === undefined || path === null) return (value) => value;
  const keys = textOf(path)
    .split('.')
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  return (value) => {
    const found = keys.reduce<Value>((so, key) => itemOf(so, key), value);
    return found instanceof Undefined && otherwise !== undefined ? otherwise : found;
  };
}

const folded = (isSensitive: boolean) => (value: Value) =>
  typeof value === 'string' && !isSensitive ? value.toLowerCase() : value;

function sorted(values: readonly Value[], keyOf: (value: Value) => Value, isReversed: boolean): Value[] {
  const sign = isReversed ? -1 : 1;
  return [...values].sort((a, b) => sign * compare(keyOf(a), keyOf(b)));
}

/** min and max. */
const extreme =
  (sign: number): Filter =>
  (value, given) => {
    const fold = folded(isTrue(given(0, 'case_sensitive') ?? false));
    const get = attributeGetter(given(1, 'attribute'));
    const [first, ...rest] = iterate(value);
    if (first === undefined) return new Undefined('No aggregated item, sequence was empty.');
    return rest.reduce<Value>((best, one) => (sign * compare(fold(get(one)), fold(get(best))) > 0 ? one : best), first);
  };

/** select, reject, selectattr and rejectattr. */
const chosen =
  (hasAttribute: boolean, isKept: boolean): Filter =>
  (value, _, args) => {
    const get = hasAttribute ? attributeGetter(args[0]) : (one: Value) => one;
    const [test, ...rest] = hasAttribute ? args.slice(1) : args;
    const isSo = (one: Value) => (test === undefined ? isTrue(one) : passes(textOf(test), one, rest));
    return iterate(value).filter((one) => isSo(get(one)) === isKept);
  };

const escaped = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&#39;')
    .replaceAll('"', '&#34;');

const defaulted: Filter = (value, given) => {
  const isMissing = value instanceof Undefined || (isTrue(given(1, 'boolean') ?? false) && !isTrue(value));
  return isMissing ? (given(0, 'default_value') ?? '') : value;
};

const lengthOf: Filter = (value) => {
  if (typeof value === 'string') return charactersOf(value).length;
  if (numberOf(value) !== undefined || value === null)
    throw new JinjaError(`object of type '${typeName(value)}' has no len()`);
  return iterate(value).length;
};

/** Of a text, as Python's float() reads it. */
function parsedNumber(text: string): number | undefined {
  const digits = text
    .trim()
    .toLowerCase()
    .replace(/(?<=\d)_(?=\d)/g, '');
  const infinite = /^([+-]?)inf(?:inity)?$/.exec(digits);
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(digits) ? Number(digits) : undefined;
}

function rounded(value: number, precision: number, method: string): number {
  const scale = 10 ** precision;
  if (method === 'ceil') return Math.ceil(value * scale) / scale;
  if (method === 'floor') return Math.floor(value * scale) / scale;
  return precision < 0 ? Number(fixed(value * scale, 0)) / scale : Number(fixed(value, precision));
}

const FILTERS: Readonly<Record<string, Filter>> = {
  abs: (value) => {
    const size = Math.abs(numberOf(value) ?? Number.NaN);
    return value instanceof Float ? new Float(size) : size;
  },
  attr: (value, given) => {
    const name = textOf(given(0, 'name') ?? '');
    return ownAttribute(value, name) ?? new Undefined(`no attribute '${name}'`);
  },
  batch: (value, given) => {
    const [items, size, fill] = [iterate(value), whole(given(0, 'linecount'), 1), given(1, 'fill_with')];
    const rows: Value[][] = [];
    for (let i = 0; i < items.length; i += size) rows.push(items.slice(i, i + size));
    const last = rows.at(-1);
    if (fill !== undefined) while (last && last.length < size) last.push(fill);
    return rows;
  },
  capitalize: (value) => capitalized(textOf(value)),
  center: (value, given) => centered(textOf(value), given(0, 'width') ?? 80),
  count: lengthOf,
  length: lengthOf,
  d: defaulted,
  default: defaulted,
  dictsort: (value, given) => {
    if (!isDict(value)) throw new JinjaError('dictsort: expected a dict');
    const fold = folded(isTrue(given(0, 'case_sensitive') ?? false));
    const place = given(1, 'by') === 'value' ? 1 : 0;
    const pairs = [...value].map((pair) => new Tuple(pair));
    return sorted(pairs, (pair) => fold(itemOf(pair, place)), isTrue(given(2, 'reverse') ?? false));
  },
  e: (value) => escaped(textOf(value)),
  escape: (value) => escaped(textOf(value)),
  first: (value) => iterate(value)[0] ?? new Undefined('No first item, sequence was empty.'),
  last: (value) => iterate(value).at(-1) ?? new Undefined('No last item, sequence was empty.'),
  float: (value, given) => {
    const number = typeof value === 'string' ? parsedNumber(value) : numberOf(value);
    return number === undefined ? (given(0, 'default') ?? new Float(0)) : new Float(number);
  },
  format: (value, _, args, named) => percentFormat(textOf(value), named.size > 0 ? new Map(named) : new Tuple(args)),
  groupby: (value, given) => {
    const get = attributeGetter(given(0, 'attribute'), given(1, 'default'));
    const fold = folded(isTrue(given(2, 'case_sensitive') ?? false));
    const groups: { key: Value; items: Value[] }[] = [];
    for (const one of sorted(iterate(value), (item) => fold(get(item)), false)) {
      const group = groups.at(-1);
      if (group && isEqual(fold(group.key), fold(get(one)))) group.items.push(one);
      else groups.push({ key: get(one), items: [one] });
    }
    return groups.map(({ key, items }) => new Group(key, items));
  },
  indent: (value, given) => {
    const width = given(0, 'width') ?? 4;
    const by = typeof width === 'string' ? width : ' '.repeat(whole(width, 4));
    const isBlankToo = isTrue(given(2, 'blank') ?? false);
    const [first = '', ...rest] = splitLines(`${textOf(value)}\n`);
    const lines = [first, ...rest.map((line) => (line === '' && !isBlankToo ? line : by + line))];
    return (isTrue(given(1, 'first') ?? false) ? by : '') + lines.join('\n');
  },
  int: (value, given) => {
    const base = whole(given(1, 'base'), 10);
    const inBase = typeof value === 'string' && base !== 10 ? Number.parseInt(value, base) : Number.NaN;
    const number = Number.isNaN(inBase) ? (typeof value === 'string' ? parsedNumber(value) : numberOf(value)) : inBase;
    return number === undefined || !Number.isFinite(number) ? (given(0, 'default') ?? 0) : Math.trunc(number);
  },
  items: (value) => {
    if (value instanceof Undefined) return [];
    if (!isDict(value)) throw new JinjaError('Can only get item pairs from a mapping.');
    return [...value].map((pair) => new Tuple(pair));
  },
  join: (value, given) =>
    iterate(value)
      .map(attributeGetter(given(1, 'attribute')))
      .map(textOf)
      .join(textOf(given(0, 'd') ?? '')),
  list: (value) => [...iterate(value)],
  lower: (value) => textOf(value).toLowerCase(),
  upper: (value) => textOf(value).toUpperCase(),
  map: (value, _, args, named) => {
    const attribute = named.get('attribute');
    if (attribute !== undefined) return iterate(value).map(attributeGetter(attribute, named.get('default')));
    const [name = '', ...rest] = args;
    return iterate(value).map((one) => filtered(textOf(name), one, rest, named));
  },
  max: extreme(1),
  min: extreme(-1),
  pprint: (value) => (typeof value === 'string' ? textOf([value]).slice(1, -1) : textOf(value)),
  reject: chosen(false, false),
  rejectattr: chosen(true, false),
  select: chosen(false, true),
  selectattr: chosen(true, true),
  replace: (value, given) =>
    replaced(textOf(value), [textOf(given(0, 'old') ?? ''), textOf(given(1, 'new') ?? ''), given(2, 'count') ?? null]),
  reverse: (value) =>
    typeof value === 'string' ? charactersOf(value).reverse().join('') : [...iterate(value)].reverse(),
  round: (value, given) => {
    const method = textOf(given(1, 'method') ?? 'common');
    const number = rounded(numberOf(value) ?? Number.NaN, whole(given(0, 'precision'), 0), method);
    return typeof value === 'number' && method === 'common' ? number : new Float(number);
  },
  safe: (value) => textOf(value),
  slice: (value, given) => {
    const [items, count, fill] = [iterate(value), whole(given(0, 'slices'), 1), given(1, 'fill_with')];
    const [size, longer] = [Math.floor(items.length / count), items.length % count];
    return Array.from({ length: count }, (_, i) => {
      const start = i * size + Math.min(i, longer);
      const some = items.slice(start, start + size + (i < longer ? 1 : 0));
      return fill !== undefined && i >= longer && longer > 0 ? [...some, fill] : some;
    });
  },
  sort: (value, given) => {
    const fold = folded(isTrue(given(1, 'case_sensitive') ?? false));
    const get = attributeGetter(given(2, 'attribute'));
    return sorted(iterate(value), (one) => fold(get(one)), isTrue(given(0, 'reverse') ?? false));
  },
  string: textOf,
  sum: (value, given) =>
    iterate(value)
      .map(attributeGetter(given(0, 'attribute')))
      .reduce<Value>((sum, one) => arithmetic('+', sum, one), given(1, 'start') ?? 0),
  title: (value) =>
    textOf(value)
      .split(/([-\s({[<]+)/)
      .map(capitalized)
      .join(''),
  tojson: (value, given) => {
    const [indent, separators] = [given(1, 'indent'), given(2, 'separators')];
    const [comma, colon] = separators === undefined || separators === null ? [] : iterate(separators).map(textOf);
    return jsonOf(value, {
      indent:
        indent === undefined || indent === null
          ? undefined
          : typeof indent === 'string'
            ? indent
            : ' '.repeat(whole(indent, 0)),
      separators: comma === undefined || colon === undefined ? undefined : [comma, colon],
      isSorted: isTrue(given(3, 'sort_keys') ?? false),
      isAscii: isTrue(given(0, 'ensure_ascii') ?? false),
    });
  },
  trim: (value, given) => strip(textOf(value), given(0, 'chars'), 'both'),
  truncate: (value, given) => {
    const text = charactersOf(textOf(value));
    const [length, end] = [whole(given(0, 'length'), 255), textOf(given(2, 'end') ?? '...')];
    if (text.length <= length + whole(given(3, 'leeway'), 5)) return text.join('');
    const cut = text.slice(0, length - charactersOf(end).length).join('');
    const space = cut.lastIndexOf(' ');
    return (isTrue(given(1, 'killwords') ?? false) || space < 0 ? cut : cut.slice(0, space)) + end;
  },
  unique: (value, given) => {
    const fold = folded(isTrue(given(0, 'case_sensitive') ?? false));
    const get = attributeGetter(given(1, 'attribute'));
    const seen: Value[] = [];
    return iterate(value).filter((one) => {
      const key = fold(get(one));
      return !seen.some((other) => isEqual(other, key)) && seen.push(key) > 0;
    });
  },
  wordcount: (value) => textOf(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0,
};

export const isFilter = (name: string): boolean => Object.hasOwn(FILTERS, name);

// Python's values as a Jinja template sees them: what is true, how they are written, compared and put into JSON.

export class JinjaError extends Error {
  override name = 'JinjaError';
}

/** A float: in Python 2.0 is not written as 2 is. */
export class Float {
  constructor(readonly value: number) {}
}

/** What is not there. It prints as nothing; to ask it for anything is an error. */
export class Undefined {
  /** `what`: how the error names it. */
  constructor(readonly what: string) {}
  fail(): never {
    throw new JinjaError(this.what);
  }
}

export class Tuple {
  constructor(readonly items: readonly Value[]) {}
}

/** What groupby gives: a tuple whose items have names. */
export class Group extends Tuple {
  constructor(
    readonly grouper: Value,
    readonly list: readonly Value[],
  ) {
    super([grouper, list]);
  }
}

export type Named = ReadonlyMap<string, Value>;
export type Callable = (args: readonly Value[], named: Named) => Value;

/** A namespace, a loop, a macro: attributes, and for some a call. */
export class PyObject {
  constructor(
    readonly attributes: Map<string, Value>,
    readonly call?: Callable,
    /** Whether {% set x.y %} may change it. */
    readonly isNamespace = false,
  ) {}
}

export type Dict = ReadonlyMap<Value, Value>;
export type Value =
  | string
  | boolean
  | number
  | null
  | Float
  | Undefined
  | Tuple
  | PyObject
  | Callable
  | readonly Value[]
  | Dict;

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
export const isDict = (value: Value): value is Dict => value instanceof Map;

/** int, float or bool as a number. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  return value instanceof Float ? value.value : undefined;
}

/** JSON-like JavaScript as Python's values: whole numbers are ints. */
export function fromJs(value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? value : new Float(value);
  if (Array.isArray(value)) return value.map(fromJs);
  return new Map(Object.entries(value).map(([key, inner]) => [key, fromJs(inner)]));
}

export function isTrue(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (typeof value === 'string' || isList(value)) return value.length > 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (isDict(value)) return value.size > 0;
  return (numberOf(value) ?? 1) !== 0;
}

/** A text by its characters, as Python counts them. */
export const charactersOf = (text: string): string[] => Array.from(text);

/** What a loop goes over; of a dict, its keys. */
export function iterate(value: Value): readonly Value[] {
  if (isList(value)) return value;
  if (value instanceof Tuple) return value.items;
  if (isDict(value)) return [...value.keys()];
  if (typeof value === 'string') return charactersOf(value);
  if (value instanceof Undefined) return [];
  throw new JinjaError(`'${typeName(value)}' object is not iterable`);
}

export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Float) return 'float';
  if (value instanceof Tuple) return 'tuple';
  if (isList(value)) return 'list';
  if (isDict(value)) return 'dict';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' ? 'int' : 'object';
}

/** Python's str(). */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  return value instanceof Undefined ? '' : reprOf(value);
}

/** Python's repr(). */
export function reprOf(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return wholeText(value);
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Undefined) return 'Undefined';
  if (isList(value)) return `[${value.map(reprOf).join(', ')}]`;
  if (value instanceof Tuple) return `(${value.items.map(reprOf).join(', ')}${value.items.length === 1 ? ',' : ''})`;
  if (isDict(value)) return `{${[...value].map(([key, inner]) => `${reprOf(key)}: ${reprOf(inner)}`).join(', ')}}`;
  if (value instanceof PyObject && value.isNamespace) return `<Namespace ${reprOf(value.attributes)}>`;
  return '<function>';
}

function wholeText(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
}

/** Shortest digits, as JavaScript finds them; Python writes an exponent from 1e16 on and below 1e-4. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\', [quote]: `\\${quote}` };
  const inner = Array.from(text, (character) => {
    const known = named[character];
    if (known !== undefined) return known;
    if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character;
    const code = character.codePointAt(0) ?? 0;
    const hex = (digits: number) => code.toString(16).padStart(digits, '0');
    return code < 0x100 ? `\\x${hex(2)}` : code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
  });
  return quote + inner.join('') + quote;
}

export function isEqual(a: Value, b: Value): boolean {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined || y !== undefined) return x === y;
  if (a instanceof Undefined) return b instanceof Undefined;
  if (a instanceof Tuple) return b instanceof Tuple && isEqual(a.items, b.items);
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => isEqual(item, b[i] ?? null));
  if (isDict(a)) {
    return (
      isDict(b) && a.size === b.size && [...a].every(([key, value]) => b.has(key) && isEqual(value, b.get(key) ?? null))
    );
  }
  return a === b;
}

/** Below 0, 0 or above. Throws JinjaError where Python has no order. */
export function compare(a: Value, b: Value): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x - y;
  if (typeof a === 'string' && typeof b === 'string') {
    const [left, right] = [charactersOf(a), charactersOf(b)];
    const at = left.findIndex((character, i) => character !== right[i]);
    if (at < 0 || at >= right.length) return left.length - right.length;
    return (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
  }
  const [left, right] = [itemsOf(a), itemsOf(b)];
  if (left && right && typeName(a) === typeName(b)) {
    const at = left.findIndex((item, i) => i >= right.length || !isEqual(item, right[i] ?? null));
    return at < 0 || at >= right.length ? left.length - right.length : compare(left[at] ?? null, right[at] ?? null);
  }
  for (const value of [a, b]) if (value instanceof Undefined) value.fail();
  throw new JinjaError(`'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

function itemsOf(value: Value): readonly Value[] | undefined {
  if (isList(value)) return value;
  return value instanceof Tuple ? value.items : undefined;
}

export interface JsonOptions {
  readonly indent?: string | undefined;
  readonly separators?: readonly [string, string] | undefined;
  readonly isSorted?: boolean;
  readonly isAscii?: boolean;
}

/** Python's json.dumps. */
export function jsonOf(value: Value, options: JsonOptions = {}, at = ''): string {
  const { indent, isSorted } = options;
  const [comma, colon] = options.separators ?? [indent === undefined ? ', ' : ',', ': '];
  const inner = indent === undefined ? '' : at + indent;
  const block = (open: string, parts: string[], close: string) => {
    if (parts.length === 0) return open + close;
    if (indent === undefined) return open + parts.join(comma) + close;
    return `${open}\n${inner}${parts.join(`${comma}\n${inner}`)}\n${at}${close}`;
  };
  if (typeof value === 'string') return jsonText(value, options.isAscii === true);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return reprOf(value);
  if (value instanceof Float) return floatText(value.value).replace('inf', 'Infinity').replace('nan', 'NaN');
  const items = itemsOf(value);
  if (items)
    return block(
      '[',
      items.map((item) => jsonOf(item, options, inner)),
      ']',
    );
  if (!isDict(value)) throw new JinjaError(`Object of type ${typeName(value)} is not JSON serializable`);
  const entries = isSorted ? [...value].sort(([a], [b]) => compare(a, b)) : [...value];
  const key = (of: Value) => jsonText(typeof of === 'string' ? of : jsonOf(of), options.isAscii === true);
  return block(
    '{',
    entries.map(([name, of]) => key(name) + colon + jsonOf(of, options, inner)),
    '}',
  );
}

function jsonText(text: string, isAscii: boolean): string {
  const written = JSON.stringify(text);
  if (!isAscii) return written;
  return written.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

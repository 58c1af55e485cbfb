// Python's two ways to put values into a text: '%s' % x, and '{}'.format(x).
import {
  compare,
  Float,
  floatText,
  isDict,
  JinjaError,
  type Named,
  numberOf,
  reprOf,
  Tuple,
  textOf,
  type Value,
} from './values.ts';

/** `'…' % values`. */
export function percentFormat(format: string, values: Value): string {
  const args = values instanceof Tuple ? [...values.items] : [values];
  let used = 0;
  const next = (): Value => {
    const value = args[used++];
    if (value === undefined) throw new JinjaError('not enough arguments for format string');
    return value;
  };
  const pattern = /%(?:\((\w+)\))?([-+0 #]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;
  const text = format.replace(pattern, (_, key?: string, flags = '', width?: string, precision?: string, kind = '') => {
    if (kind === '%') return '%';
    const value = key === undefined ? next() : isDict(values) ? (values.get(key) ?? null) : null;
    const spec = { fill: flags.includes('0') && !flags.includes('-') ? '0' : ' ', isLeft: flags.includes('-') };
    const sign = flags.includes('+') ? '+' : '';
    return padded(converted(value, kind, precision, sign), Number(width ?? 0), spec);
  });
  if (used < args.length && !isDict(values))
    throw new JinjaError('not all arguments converted during string formatting');
  return text;
}

function converted(value: Value, kind: string, precision: string | undefined, plus = ''): string {
  if (kind === 's')
    return Array.from(textOf(value))
      .slice(0, precision === undefined ? undefined : Number(precision))
      .join('');
  if (kind === 'r') return reprOf(value);
  const number = numberOf(value);
  if (number === undefined) throw new JinjaError(`%${kind} format: a number is required`);
  const sign = number >= 0 ? plus : '';
  switch (kind) {
    case 'd':
    case 'i':
      return sign + String(Math.trunc(number));
    case 'f':
    case 'F':
      return sign + fixed(number, Number(precision ?? 6));
    case 'e':
      return sign + number.toExponential(Number(precision ?? 6)).replace(/e([+-])(\d)$/, 'e$10$2');
    case 'x':
      return sign + Math.trunc(number).toString(16);
    case 'X':
      return sign + Math.trunc(number).toString(16).toUpperCase();
    case 'o':
      return sign + Math.trunc(number).toString(8);
    default:
      throw new JinjaError(`%${kind} is not supported`);
  }
}

/** With so many digits after the point. Python rounds halves to even, toFixed away from zero. */
export function fixed(value: number, digits: number): string {
  const rounded = value.toFixed(digits);
  const exact = value.toFixed(Math.min(100, digits + 30));
  const end = exact.indexOf('.') + 1 + digits;
  const isHalf = /^50*$/.test(exact.slice(end));
  return isHalf && /[13579]$/.test(rounded) ? exact.slice(0, end).replace(/\.$/, '') : rounded;
}

function padded(text: string, width: number, { fill, isLeft }: { fill: string; isLeft: boolean }): string {
  const missing = fill.repeat(Math.max(0, width - Array.from(text).length));
  if (isLeft) return text + missing;
  const sign = fill === '0' ? (/^[+-]/.exec(text)?.[0] ?? '') : '';
  return sign + missing + text.slice(sign.length);
}

/** `'…'.format(…)`, with names, places, and the usual specifications. */
export function placeholderFormat(format: string, args: readonly Value[], named: Named): string {
  let used = 0;
  return format.replace(
    /\{\{|\}\}|\{(\w*)(?:!([rs]))?(?::([^{}]*))?\}|[{}]/g,
    (whole, key?: string, as?: string, spec = '') => {
      if (whole === '{{' || whole === '}}') return whole.charAt(0);
      if (whole === '{' || whole === '}') throw new JinjaError(`format: ${JSON.stringify(format)} is not supported`);
      const value =
        key === undefined || key === '' ? args[used++] : /^\d+$/.test(key) ? args[Number(key)] : named.get(key);
      if (value === undefined) throw new JinjaError(`format: no value for ${whole}`);
      return specified(as === 'r' ? reprOf(value) : as === 's' ? textOf(value) : value, spec);
    },
  );
}

function specified(value: Value, spec: string): string {
  const parts = /^(?:(.)?([<>^=]))?([+ -])?(0)?(\d+)?(,)?(?:\.(\d+))?([a-z%]?)$/iu.exec(spec);
  if (!parts) throw new JinjaError(`format: the specification ${JSON.stringify(spec)} is not supported`);
  const [, fill, align, sign = '', zero, width, comma, precision, kind = ''] = parts;
  const number = numberOf(value);
  let text: string;
  if (number === undefined || typeof value === 'boolean') text = converted(textOf(value), 's', precision);
  else if (kind === '%') text = `${fixed(number * 100, Number(precision ?? 6))}%`;
  else if (kind !== '') text = converted(value, kind, precision);
  else if (precision !== undefined) text = floatText(Number(number.toPrecision(Number(precision))));
  else text = textOf(value);
  if (comma)
    text = text.replace(
      /^(-?)(\d+)/,
      (_, minus: string, digits: string) => minus + digits.replace(/\B(?=(\d{3})+$)/g, ','),
    );
  if (sign === '+' && number !== undefined && compare(new Float(number), 0) >= 0) text = `+${text}`;
  const missing = Math.max(0, Number(width ?? 0) - Array.from(text).length);
  const by = fill ?? (zero ? '0' : ' ');
  const side = align ?? (zero ? '=' : number === undefined ? '<' : '>');
  if (side === '<') return text + by.repeat(missing);
  if (side === '>') return by.repeat(missing) + text;
  if (side === '^') return by.repeat(Math.floor(missing / 2)) + text + by.repeat(Math.ceil(missing / 2));
  return padded(text, Number(width ?? 0), { fill: by, isLeft: false });
}

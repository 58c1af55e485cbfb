// Python's operators on a template's values, and how attributes and items are found.
import { percentFormat } from './formatting.ts';
import { methodOf } from './methods.ts';
import {
  charactersOf,
  compare,
  Float,
  Group,
  isDict,
  isEqual,
  isList,
  iterate,
  JinjaError,
  numberOf,
  PyObject,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** `+ - * / // % ** ~`. Throws JinjaError for values that Python does not combine so. */
export function arithmetic(operator: string, left: Value, right: Value): Value {
  if (operator === '~') return textOf(left) + textOf(right);
  for (const value of [left, right]) if (value instanceof Undefined) value.fail();
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) {
    const isFloat = left instanceof Float || right instanceof Float || operator === '/' || (operator === '**' && b < 0);
    const result = calculated(operator, a, b);
    return isFloat ? new Float(result) : result;
  }
  if (operator === '%' && typeof left === 'string') return percentFormat(left, right);
  if (operator === '+') {
    if (typeof left === 'string' && typeof right === 'string') return left + right;
    if (isList(left) && isList(right)) return [...left, ...right];
    if (left instanceof Tuple && right instanceof Tuple) return new Tuple([...left.items, ...right.items]);
  }
  if (operator === '*') {
    const [sequence, times] = a === undefined ? [left, b] : [right, a];
    if (times !== undefined) {
      const count = Math.max(0, times);
      if (typeof sequence === 'string') return sequence.repeat(count);
      const items = sequenceOf(sequence);
      const repeated = items && Array.from({ length: count }, () => items).flat();
      if (repeated) return isList(sequence) ? repeated : new Tuple(repeated);
    }
  }
  throw new JinjaError(`unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`);
}

function calculated(operator: string, a: number, b: number): number {
  if (b === 0 && (operator === '/' || operator === '//' || operator === '%')) throw new JinjaError('division by zero');
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '//':
      return Math.floor(a / b);
    case '%':
      return a - b * Math.floor(a / b);
    default:
      return a ** b;
  }
}

/** `== != < <= > >= in` and `not in`. */
export function isSo(operator: string, left: Value, right: Value): boolean {
  switch (operator) {
    case '==':
      return isEqual(left, right);
    case '!=':
      return !isEqual(left, right);
    case 'in':
      return isIn(left, right);
    case 'not in':
      return !isIn(left, right);
  }
  const order = compare(left, right);
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

export function isIn(item: Value, container: Value): boolean {
  if (typeof container === 'string') {
    if (typeof item === 'string') return container.includes(item);
    if (item instanceof Undefined) item.fail();
    throw new JinjaError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
  }
  if (isDict(container)) return container.has(item);
  return iterate(container).some((one) => isEqual(one, item));
}

function missing(object: Value, name: string): Undefined {
  const of = object === null ? 'None' : isDict(object) ? 'dict object' : `${typeName(object)} object`;
  return new Undefined(`'${of}' has no attribute '${name}'`);
}

/** `object.name`: a method before an item of a dict. */
export function attributeOf(object: Value, name: string): Value {
  if (object instanceof Undefined) object.fail();
  const own = ownAttribute(object, name);
  if (own !== undefined) return own;
  return (
    (isDict(object) ? object.get(name) : undefined) ??
    (isDict(object) && object.has(name) ? null : missing(object, name))
  );
}

/** What the `attr` filter finds too. */
export function ownAttribute(object: Value, name: string): Value | undefined {
  if (object instanceof PyObject) return object.attributes.get(name);
  if (object instanceof Group && (name === 'grouper' || name === 'list')) return object[name];
  return methodOf(object, name);
}

/** `object[index]`: an item before an attribute. */
export function itemOf(object: Value, index: Value): Value {
  if (object instanceof Undefined) object.fail();
  if (isDict(object) && object.has(index)) return object.get(index) ?? null;
  const items = typeof object === 'string' ? charactersOf(object) : sequenceOf(object);
  const at = numberOf(index);
  if (items && at !== undefined) {
    return items.at(at) ?? (at < items.length && at >= -items.length ? null : missing(object, String(at)));
  }
  if (typeof index === 'string') return ownAttribute(object, index) ?? missing(object, index);
  return missing(object, textOf(index));
}

function sequenceOf(value: Value): readonly Value[] | undefined {
  if (isList(value)) return value;
  return value instanceof Tuple ? value.items : undefined;
}

/** `object[start:stop:step]`, null where left out. */
export function sliceOf(object: Value, [start, stop, step]: readonly [Value, Value, Value]): Value {
  if (object instanceof Undefined) object.fail();
  const items = typeof object === 'string' ? charactersOf(object) : sequenceOf(object);
  if (!items) throw new JinjaError(`'${typeName(object)}' object is not subscriptable`);
  const by = numberOf(step) ?? 1;
  if (by === 0) throw new JinjaError('slice step cannot be zero');
  const bound = (value: Value, otherwise: number) => {
    const at = numberOf(value);
    if (at === undefined) return otherwise;
    const [least, most] = by > 0 ? [0, items.length] : [-1, items.length - 1];
    return Math.min(Math.max(at < 0 ? at + items.length : at, least), most);
  };
  const [from, to] =
    by > 0 ? [bound(start, 0), bound(stop, items.length)] : [bound(start, items.length - 1), bound(stop, -1)];
  const some: Value[] = [];
  for (let i = from; by > 0 ? i < to : i > to; i += by) some.push(items[i] ?? null);
  if (typeof object === 'string') return some.map(textOf).join('');
  return object instanceof Tuple ? new Tuple(some) : some;
}

// Jinja's tests: what stands after `is`. Source: pallets/jinja 3.1, `src/jinja2/tests.py`.
import { isIn, isSo } from './operators.ts';
import {
  Float,
  isDict,
  isEqual,
  isList,
  JinjaError,
  numberOf,
  PyObject,
  Tuple,
  Undefined,
  type Value,
} from './values.ts';

type Test = (value: Value, other: Value) => boolean;

const remainder = (value: Value, by: Value): number => {
  const [a, b] = [numberOf(value), numberOf(by)];
  if (a === undefined || b === undefined) throw new JinjaError('a remainder is of numbers');
  return a - b * Math.floor(a / b);
};
const so =
  (operator: string): Test =>
  (value, other) =>
    isSo(operator, value, other);
const isSequence: Test = (value) =>
  typeof value === 'string' || isList(value) || value instanceof Tuple || isDict(value) || value instanceof Undefined;
const isLower = (text: Value) => typeof text === 'string' && text === text.toLowerCase() && text !== text.toUpperCase();
const isUpper = (text: Value) => typeof text === 'string' && text === text.toUpperCase() && text !== text.toLowerCase();

const TESTS: Readonly<Record<string, Test>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  string: (value) => typeof value === 'string',
  number: (value) => numberOf(value) !== undefined,
  integer: (value) => typeof value === 'number',
  float: (value) => value instanceof Float,
  boolean: (value) => typeof value === 'boolean',
  true: (value) => value === true,
  false: (value) => value === false,
  mapping: (value) => isDict(value),
  iterable: isSequence,
  sequence: isSequence,
  callable: (value) => typeof value === 'function' || (value instanceof PyObject && value.call !== undefined),
  odd: (value) => remainder(value, 2) === 1,
  even: (value) => remainder(value, 2) === 0,
  divisibleby: (value, by) => remainder(value, by) === 0,
  lower: isLower,
  upper: isUpper,
  in: isIn,
  sameas: (value, other) =>
    numberOf(value) === undefined ? value === other : typeof value === typeof other && isEqual(value, other),
  escaped: () => false,
  eq: so('=='),
  equalto: so('=='),
  '==': so('=='),
  ne: so('!='),
  '!=': so('!='),
  lt: so('<'),
  lessthan: so('<'),
  '<': so('<'),
  le: so('<='),
  '<=': so('<='),
  gt: so('>'),
  greaterthan: so('>'),
  '>': so('>'),
  ge: so('>='),
  '>=': so('>='),
};

/** Throws JinjaError for a test that is not known. */
export function passes(name: string, value: Value, args: readonly Value[]): boolean {
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (!test) throw new JinjaError(`the test '${name}' is not known here`);
  return test(value, args[0] ?? null);
}

export const isTest = (name: string): boolean => Object.hasOwn(TESTS, name);

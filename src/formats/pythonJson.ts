/**
 * JSON text as Python's `json.dumps(value, indent=2, sort_keys=True)` writes it: ASCII only, floats with their `.0`.
 * PEFT and transformers write their configurations so, and ours are to be equal to the byte.
 */
import { compareCodePoints } from './json.ts';

/** A number that Python holds as a float: 0 is written `0.0`. */
export class PythonFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export type PythonValue =
  | null
  | boolean
  | number
  | string
  | PythonFloat
  | readonly PythonValue[]
  | { readonly [key: string]: PythonValue };

export function pythonJson(value: PythonValue, indent = ''): string {
  if (value instanceof PythonFloat) return floatText(value.value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : floatText(value);
  if (typeof value === 'string') return stringText(value);
  if (value === null || typeof value === 'boolean') return String(value);
  const deeper = `${indent}  `;
  if (isList(value))
    return wrap(
      '[]',
      value.map((item) => pythonJson(item, deeper)),
      indent,
    );
  const keys = Object.keys(value).sort(compareCodePoints);
  return wrap(
    '{}',
    keys.map((key) => `${stringText(key)}: ${pythonJson(value[key] ?? null, deeper)}`),
    indent,
  );
}

function isList(value: object): value is readonly PythonValue[] {
  return Array.isArray(value);
}

function wrap(brackets: '[]' | '{}', items: string[], indent: string): string {
  if (items.length === 0) return brackets;
  const lines = items.map((item) => `\n${indent}  ${item}`).join(',');
  return `${brackets[0]}${lines}\n${indent}${brackets[1]}`;
}

function stringText(text: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, escaped);
}

/** Python's repr: the shortest digits that read back, an exponent below 1e-4 and from 1e16. */
function floatText(value: number): string {
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

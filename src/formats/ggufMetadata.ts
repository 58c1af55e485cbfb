/** A GGUF file's metadata with types: each key is asked for as what it should be, and errors name it. */
import { FormatError } from './formatError.ts';
import type { GgufValue } from './ggufCursor.ts';

export class GgufMetadata {
  readonly fileName: string;
  readonly #values: ReadonlyMap<string, GgufValue>;

  constructor(fileName: string, values: ReadonlyMap<string, GgufValue>) {
    this.fileName = fileName;
    this.#values = values;
  }

  fail(problem: string): FormatError {
    return new FormatError(this.fileName, problem);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** The value of a key that must be there, as `read` finds it. */
  need<T>(key: string, read: (key: string) => T | undefined): T {
    const value = read(key);
    if (value !== undefined) return value;
    throw this.fail(`${key} is missing; this file cannot be opened without it: take another file of the same model`);
  }

  readonly text = (key: string): string | undefined => {
    const value = this.#values.get(key);
    if (value === undefined || typeof value === 'string') return value;
    throw this.fail(`${key}: expected text, got ${shown(value)}`);
  };

  /** Files hold f32 where JSON has decimals: 1e-5 is given as 1e-5, not as 9.999999747378752e-6. */
  readonly number = (key: string): number | undefined => {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isFinite(value)) return shortestDecimal(value);
    throw this.fail(`${key}: expected a number, got ${shown(value)}`);
  };

  /** A whole number from 0; where the file has one per layer, they must be equal. */
  readonly size = (key: string): number | undefined => {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    const [first, ...others] = typeof value === 'object' ? value : [value];
    if (typeof first !== 'number' || !Number.isSafeInteger(first) || first < 0) {
      throw this.fail(`${key}: expected a whole number, got ${shown(value)}`);
    }
    if (others.some((other) => other !== first)) {
      throw this.fail(`${key}: layers of different sizes are not supported; take a model whose layers are alike`);
    }
    return first;
  };

  readonly flag = (key: string): boolean | undefined => {
    const value = this.#values.get(key);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.fail(`${key}: expected true or false, got ${shown(value)}`);
  };

  readonly texts = (key: string): readonly string[] | undefined => {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    // An empty list may be of any type.
    if (typeof value === 'object' && value.length === 0) return [];
    if (isTexts(value)) return value;
    throw this.fail(`${key}: expected a list of texts, got ${shown(value)}`);
  };

  readonly numbers = (key: string): ArrayLike<number> | undefined => {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    if (typeof value === 'object' && !isTexts(value)) return value;
    throw this.fail(`${key}: expected a list of numbers, got ${shown(value)}`);
  };
}

/** The number of fewest digits that is the same f32; what is no f32 stays. */
function shortestDecimal(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
}

function isTexts(value: GgufValue): value is readonly string[] {
  return Array.isArray(value);
}

function shown(value: GgufValue): string {
  return typeof value === 'object' ? `a list of ${value.length}` : JSON.stringify(value);
}

// Command-line flags, read strictly: an unknown flag, a missing value or a number that is none is an error that names it.
import { parseArgs } from 'node:util';
import { InputError } from './inputError.ts';

/** `texts` may be given several times; `optional` may stand without a value. */
export type FlagKind = 'text' | 'texts' | 'optional' | 'switch';

export interface Flags {
  /** Words that belong to no flag. */
  readonly words: readonly string[];
  has(name: string): boolean;
  /** Of an `optional` flag without a value: empty. */
  text(name: string): string | undefined;
  texts(name: string): string[];
  /** As `text`; throws InputError when the flag is missing. */
  required(name: string): string;
  number(name: string, range: Range): number | undefined;
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined;
  list(name: string): string[] | undefined;
}

export interface Range {
  readonly least?: number;
  readonly most?: number;
  /** Excluded ends. */
  readonly above?: number;
  readonly below?: number;
  readonly isWhole?: boolean;
}

/** Throws InputError. */
export function parseFlags(args: readonly string[], kinds: Readonly<Record<string, FlagKind>>): Flags {
  const options: Record<string, { type: 'string' | 'boolean'; multiple: true }> = {};
  for (const [name, kind] of Object.entries(kinds)) {
    options[name] = { type: kind === 'switch' ? 'boolean' : 'string', multiple: true };
  }
  const { values, positionals } = parse(args, options, kinds);
  const given = new Map<string, string | boolean>();
  for (const [name, all] of Object.entries(values)) {
    const list = [all ?? []].flat();
    if (list.length > 1 && kinds[name] !== 'texts') {
      throw new InputError(`--${name} is given ${list.length} times`);
    }
    if (list[0] !== undefined) given.set(name, list[0]);
  }
  const text = (name: string) => {
    const value = given.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    words: positionals,
    has: (name) => given.has(name),
    text,
    texts: (name) => [values[name] ?? []].flat().filter((value) => typeof value === 'string'),
    required(name) {
      const value = text(name);
      if (value === undefined || value === '') throw new InputError(`--${name} is missing`);
      return value;
    },
    number(name, range) {
      const value = text(name);
      return value === undefined ? undefined : numberOf(`--${name}`, value, range);
    },
    choice(name, choices) {
      const value = text(name);
      if (value === undefined) return undefined;
      const choice = choices.find((candidate) => candidate === value);
      if (choice === undefined) throw new InputError(`--${name}: expected ${choices.join(', ')}, got ${quoted(value)}`);
      return choice;
    },
    list(name) {
      const items = text(name)
        ?.split(',')
        .map((item) => item.trim());
      if (items?.some((item) => item === ''))
        throw new InputError(`--${name}: expected a list like a,b, got ${quoted(text(name))}`);
      return items;
    },
  };
}

type ParseOptions = Record<string, { type: 'string' | 'boolean'; multiple: true }>;

function parse(args: readonly string[], options: ParseOptions, kinds: Readonly<Record<string, FlagKind>>) {
  try {
    return parseArgs({ args: joinedValues(args, kinds), options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const unknown = /^Unknown option '([^']*)'/.exec(message)?.[1];
    if (unknown === undefined) throw new InputError(message);
    const known = Object.keys(kinds).map((name) => `--${name}`);
    throw new InputError(`${unknown} is no flag of this command; it has ${known.join(', ')}`);
  }
}

/** `--lr -1` as `--lr=-1`, so that the number is judged and not the dash; an optional value that is not there as ''. */
function joinedValues(args: readonly string[], kinds: Readonly<Record<string, FlagKind>>): string[] {
  const joined: string[] = [];
  for (const [i, arg] of args.entries()) {
    const before = joined.at(-1);
    if (arg.startsWith('--') && kinds[arg.slice(2)] === 'optional' && (args[i + 1] ?? '--').startsWith('--')) {
      joined.push(`${arg}=`);
      continue;
    }
    const takesText = before?.startsWith('--') && kinds[before.slice(2)] === 'text';
    if (before !== undefined && takesText && /^-[\d.]/.test(arg)) joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

/** Throws InputError that names `what`. */
export function numberOf(what: string, text: string, range: Range): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
  const { least, most, above, below, isWhole } = range;
  const isInside =
    (least === undefined || value >= least) &&
    (most === undefined || value <= most) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below);
  if (Number.isFinite(value) && isInside && (!isWhole || Number.isSafeInteger(value))) return value;
  throw new InputError(`${what}: expected ${describeRange(range)}, got ${quoted(text)}`);
}

function describeRange({ least, most, above, below, isWhole }: Range): string {
  const bounds = [
    ...(least === undefined ? [] : [`from ${least}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(most === undefined ? [] : [`to ${most}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ];
  return [isWhole ? 'a whole number' : 'a number', ...bounds].join(' ');
}

export function quoted(text: string | undefined): string {
  return JSON.stringify(text ?? '');
}

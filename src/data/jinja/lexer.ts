// A Jinja template's text → tokens, white space and line ends handled as transformers sets Jinja up: trim_blocks and
// lstrip_blocks on, one line end at the template's end left out.
// Source: pallets/jinja 3.1, `src/jinja2/lexer.py`.
import { JinjaError } from './values.ts';

export interface Token {
  readonly type: 'data' | 'open' | 'close' | 'name' | 'text' | 'integer' | 'float' | 'operator' | 'end';
  /** Of `open` and `close`: `{%`, `{{`, `%}` or `}}`. Of `text`: what the literal stands for. */
  readonly value: string;
}

const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{ID_Start}_]\p{ID_Continue}*/uy;
const TEXT = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}<>=.:|,;]/y;
const BLANK = /\s+/y;
const BEGIN = /\{%([-+]?)\s*raw\s*(-%\}\s*|%\})|\{([%{#])([-+]?)/g;
const ENDRAW = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)/g;
const COMMENT_END = /\+#\}|-#\}\s*|#\}\n?/g;
const CLOSE = { '%}': /\+%\}|-%\}\s*|%\}\n?/y, '}}': /-\}\}\s*|\}\}/y };

/** Throws JinjaError. */
export function tokens(template: string): Token[] {
  const source = template.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  const found: Token[] = [];
  let at = 0;
  let startsLine = true;
  const data = (text: string, sign: string, isVariable: boolean) => {
    const value = textBefore(text, sign, isVariable, startsLine);
    if (value !== '') found.push({ type: 'data', value });
  };
  /** Skips to `end`, where what is between says whether a line starts there. */
  const goTo = (end: number) => {
    startsLine = source[end - 1] === '\n';
    at = end;
  };
  const search = (pattern: RegExp, what: string) => {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (!match) throw new JinjaError(`${what} is not closed`);
    return match;
  };
  while (at < source.length) {
    BEGIN.lastIndex = at;
    const begin = BEGIN.exec(source);
    if (!begin) {
      found.push({ type: 'data', value: source.slice(at) });
      break;
    }
    const [whole, rawSign = '', rawEnd, kind, sign = ''] = begin;
    data(source.slice(at, begin.index), rawEnd === undefined ? sign : rawSign, kind === '{');
    goTo(begin.index + whole.length);
    if (rawEnd !== undefined) {
      const end = search(ENDRAW, 'raw');
      data(source.slice(at, end.index), end[1] ?? '', false);
      goTo(end.index + end[0].length);
    } else if (kind === '#') {
      const end = search(COMMENT_END, 'a comment');
      goTo(end.index + end[0].length);
    } else {
      const [open, close] = kind === '{' ? (['{{', '}}'] as const) : (['{%', '%}'] as const);
      found.push({ type: 'open', value: open });
      goTo(pushCode(source, at, close, found));
      found.push({ type: 'close', value: close });
    }
  }
  found.push({ type: 'end', value: '' });
  return found;
}

/** What is left of the text before a tag. */
function textBefore(text: string, sign: string, isVariable: boolean, startsLine: boolean): string {
  if (sign === '-') return text.trimEnd();
  if (sign === '+' || isVariable) return text;
  const line = text.lastIndexOf('\n') + 1;
  return (line > 0 || startsLine) && text.slice(line).trim() === '' ? text.slice(0, line) : text;
}

const PAIRS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Pushes the tokens of a tag; returns where it ends. */
function pushCode(source: string, start: number, close: keyof typeof CLOSE, found: Token[]): number {
  const open: string[] = [];
  let at = start;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const [text] = pattern.exec(source) ?? [];
    if (text !== undefined) at += text.length;
    return text;
  };
  while (at < source.length) {
    if (open.length === 0 && take(CLOSE[close]) !== undefined) return at;
    if (take(BLANK) !== undefined) continue;
    const float = take(FLOAT);
    if (float !== undefined) found.push({ type: 'float', value: float.replaceAll('_', '') });
    else pushOther(take, found, open, source.slice(at, at + 20));
  }
  throw new JinjaError(`${close === '%}' ? '{%' : '{{'} is not closed`);
}

function pushOther(take: (pattern: RegExp) => string | undefined, found: Token[], open: string[], near: string): void {
  const integer = take(INTEGER);
  if (integer !== undefined) return void found.push({ type: 'integer', value: integer.replaceAll('_', '') });
  const name = take(NAME);
  if (name !== undefined) return void found.push({ type: 'name', value: name });
  const text = take(TEXT);
  if (text !== undefined) return void found.push({ type: 'text', value: unescaped(text.slice(1, -1)) });
  const operator = take(OPERATOR);
  if (operator === undefined) throw new JinjaError(`unexpected ${JSON.stringify(near)}`);
  const closing = PAIRS[operator];
  if (closing !== undefined) open.push(closing);
  else if (')]}'.includes(operator) && open.pop() !== operator) throw new JinjaError(`unexpected '${operator}'`);
  found.push({ type: 'operator', value: operator });
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** Python's escapes; a backslash before anything else stays. */
function unescaped(text: string): string {
  const pattern = /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{1,3})|([\s\S]))/gi;
  return text.replace(pattern, (whole, x?: string, u?: string, long?: string, octal?: string, one?: string) => {
    const hex = x ?? u ?? long;
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    return (one === undefined ? undefined : ESCAPES[one]) ?? whole;
  });
}

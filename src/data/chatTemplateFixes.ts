// @huggingface/jinja 0.5 has Python's strip, lstrip and rstrip without their argument, which Qwen3's template (and
// others) give them: `content.lstrip('\n')` must keep a leading space. Such calls are rewritten, in the parsed template,
// into calls of the functions below.
import { parse, tokenize } from '@huggingface/jinja';
import { isObject } from './layouts/jsonRow.ts';

/** Python's str.strip(characters) on either side. */
function stripCharacters(text: unknown, characters: unknown, side: 'strip' | 'lstrip' | 'rstrip'): string {
  if (typeof text !== 'string') throw new Error(`${side} needs a text`);
  const set = new Set(typeof characters === 'string' ? characters : ' \t\n\r\v\f');
  let start = 0;
  let end = text.length;
  if (side !== 'rstrip') while (start < end && set.has(text[start] ?? '')) start++;
  if (side !== 'lstrip') while (end > start && set.has(text[end - 1] ?? '')) end--;
  return text.slice(start, end);
}

/** What the rewritten calls call; to be put among a template's globals. */
export const stripGlobals = {
  rankwise_strip: (text: unknown, characters: unknown) => stripCharacters(text, characters, 'strip'),
  rankwise_lstrip: (text: unknown, characters: unknown) => stripCharacters(text, characters, 'lstrip'),
  rankwise_rstrip: (text: unknown, characters: unknown) => stripCharacters(text, characters, 'rstrip'),
};

/** Changes the parsed template in place: `x.lstrip(y)` → `rankwise_lstrip(x, y)`. */
export function fixStripCalls(node: unknown): void {
  if (Array.isArray(node)) for (const part of node) fixStripCalls(part);
  else if (node instanceof Map) for (const entry of node) fixStripCalls(entry);
  if (!isObject(node)) return;
  for (const part of Object.values(node)) fixStripCalls(part);
  const { type, callee, args } = node;
  if (type !== 'CallExpression' || !isObject(callee) || !Array.isArray(args) || args.length !== 1) return;
  if (callee.type !== 'MemberExpression' || callee.computed || !isObject(callee.property)) return;
  const name = `rankwise_${String(callee.property.value)}`;
  if (!Object.hasOwn(stripGlobals, name)) return;
  node.args = [callee.object, ...args];
  node.callee = parse(tokenize(`{{ ${name} }}`)).body[0];
}

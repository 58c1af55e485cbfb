// Which column of a data file is what, where its columns' names do not tell.
import { z } from 'zod';
import type { ColumnMapping } from '../data/mapping.ts';
import type { FlagKind, Flags } from './flags.ts';
import { InputError } from './inputError.ts';

export const MAPPING_FLAGS = {
  context: 'text',
  target: 'text',
  messages: 'text',
  text: 'text',
} as const satisfies Readonly<Record<string, FlagKind>>;

/** As it is kept with a run. */
export const mappingSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pairs'), context: z.string(), target: z.string() }),
  z.object({ kind: z.literal('chat'), column: z.string() }),
  z.object({ kind: z.literal('text'), column: z.string() }),
]);

/** Undefined where no flag says. Throws InputError where they contradict each other. */
export function mappingOf(flags: Flags): ColumnMapping | undefined {
  const [context, target, messages, text] = ['context', 'target', 'messages', 'text'].map((name) => flags.text(name));
  if ((context === undefined) !== (target === undefined)) {
    throw new InputError('--context and --target go together: one column each');
  }
  const found: ColumnMapping[] = [
    ...(context !== undefined && target !== undefined ? [{ kind: 'pairs' as const, context, target }] : []),
    ...(messages === undefined ? [] : [{ kind: 'chat' as const, column: messages }]),
    ...(text === undefined ? [] : [{ kind: 'text' as const, column: text }]),
  ];
  if (found.length > 1) throw new InputError('--context with --target, --messages and --text: only one of the three');
  return found[0];
}

/** What a tokenizer puts before a text, by its post-processor; `add_bos_token` in tokenizer_config.json decides where given. */
import { z } from 'zod';

const templateSchema = z.looseObject({
  type: z.literal('TemplateProcessing'),
  single: z.array(z.looseObject({ SpecialToken: z.looseObject({ id: z.string() }).optional() })),
  special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int()) })),
});
/** BERT's and RoBERTa's: one token before, one after. */
const pairSchema = z.looseObject({ cls: z.tuple([z.string(), z.int()]) });
const sequenceSchema = z.looseObject({ type: z.literal('Sequence'), processors: z.array(z.unknown()) });

/** The ids, as transformers 5 finds them. */
export function leadingTokens(
  postProcessor: unknown,
  config: { readonly add_bos_token?: boolean | null; readonly add_eos_token?: boolean | null },
  bos: number | undefined,
): number[] {
  if (typeof (config.add_bos_token ?? config.add_eos_token) === 'boolean') {
    return config.add_bos_token && bos !== undefined ? [bos] : [];
  }
  const sequence = sequenceSchema.safeParse(postProcessor);
  const processors = sequence.success ? sequence.data.processors : [postProcessor];
  return processors.flatMap((processor) => {
    const template = templateSchema.safeParse(processor);
    if (!template.success) return pairSchema.safeParse(processor).data?.cls.slice(1).map(Number) ?? [];
    const { single, special_tokens: special } = template.data;
    const textAt = single.findIndex((part) => part.SpecialToken === undefined);
    const before = single.slice(0, Math.max(0, textAt));
    return before.flatMap(({ SpecialToken: token }) => (token ? (special[token.id]?.ids ?? []) : []));
  });
}

/** What of tokenizer_config.json is read in more than one place: tokens by name, and the chat template. */
import { z } from 'zod';

/** A token is its text, or an object with it. */
export const namedTokenSchema = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform(({ content }) => content),
]);

export const chatTemplateSchema = z.union([
  z.string(),
  z.array(z.looseObject({ name: z.string(), template: z.string() })),
  z.record(z.string(), z.string()),
]);

/** The template, or of several the one named default, else the first. */
export function chatTemplateOf(template: z.infer<typeof chatTemplateSchema> | null | undefined): string | undefined {
  if (typeof template === 'string' || !template) return template ?? undefined;
  if (!Array.isArray(template)) return template.default ?? Object.values(template)[0];
  return (template.find(({ name }) => name === 'default') ?? template[0])?.template;
}

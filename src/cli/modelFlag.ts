// --model; where it is left out, the base that the adapter names.
import { existsSync } from 'node:fs';
import { sortModelFiles } from '../formats/modelFolder.ts';
import { readAdapterConfig } from '../formats/peft.ts';
import { adapterSources } from './adapterFolder.ts';
import type { Flags } from './flags.ts';
import { onThisMachine } from './hub/hubCache.ts';
import { InputError } from './inputError.ts';

/** Names from before models had owners, which adapters still give. */
const FORMER_NAMES: Readonly<Record<string, string>> = {
  gpt2: 'openai-community/gpt2',
  'gpt2-medium': 'openai-community/gpt2-medium',
  'gpt2-large': 'openai-community/gpt2-large',
  'gpt2-xl': 'openai-community/gpt2-xl',
  distilgpt2: 'distilbert/distilgpt2',
};

/** A path or a Hub id. Throws InputError where neither flag nor adapter says it. */
export async function modelFlag(flags: Flags): Promise<string> {
  const [adapter] = flags.texts('adapter');
  if (flags.has('model') || adapter === undefined) return flags.required('model');
  const folder = sortModelFiles(await adapterSources(await onThisMachine(adapter)));
  const config = folder.kind === 'adapter' ? await readAdapterConfig(folder.config) : undefined;
  const name = config?.baseModel;
  if (!name) throw new InputError(`--model is missing, and ${adapter} does not name its base`);
  if (existsSync(name)) return name;
  const base = FORMER_NAMES[name] ?? name;
  const model = config.revision ? `${base}@${config.revision}` : base;
  process.stderr.write(`Base: ${model}, as ${adapter} names it\n`);
  return model;
}

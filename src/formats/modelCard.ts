/** The model card (README.md) of a whole model, or of an adapter in another program's form: as adapterCard.ts. */
import { type CardRun, chart, frontMatter, line, locationOf, table, trainedOn } from './cardText.ts';

/** What lies beside the card, by who opens it. */
export type CardForm =
  | { kind: 'transformers' }
  /** `dtype` as transformers.js calls it: fp32, fp16, q4 … */
  | { kind: 'transformers.js'; dtype: string }
  /** ONNX graphs whose adapters are inputs. */
  | { kind: 'onnx-adapters' }
  | { kind: 'gguf' | 'gguf-lora'; file: string };

export interface ModelCardInfo extends CardRun {
  form: CardForm;
  /** In numbers of what kind it is stored, in words. */
  stored: string;
  /** The adapter that was merged or is here: `a LoRA adapter of rank 8`. Absent where there is none that is known of. */
  adapter?: string;
}

/** The text of README.md. */
export function modelCard(info: ModelCardInfo): string {
  const { form } = info;
  const isAdapter = form.kind === 'gguf-lora' || form.kind === 'onnx-adapters';
  const front = frontMatter(info, {
    relation: isAdapter ? 'adapter' : 'finetune',
    library: libraryOf(form),
    task: 'text-generation',
    tags: [...formatTags(form), 'lora', 'rankwise'],
  });
  return `${front}# ${line(info.title)}

${sentence(info, isAdapter)} Stored as ${info.stored}.

${usage(form, info)}${table('Training', info.settings)}${table('Results', info.results)}${chart(info)}`;
}

function sentence(info: ModelCardInfo, isAdapter: boolean): string {
  const base = line(info.baseModel);
  const { adapter } = info;
  if (adapter === undefined)
    return isAdapter ? `For ${base}, ${trainedOn(info)}.` : `${base}, converted with Rankwise.`;
  // A name is written as its owner does, at a sentence's start too.
  const what = isAdapter ? `A${adapter.slice(1)} for ${base}` : `${base} with ${adapter} merged into its weights`;
  return `${what}, ${trainedOn(info)}.`;
}

function libraryOf({ kind }: CardForm): string | undefined {
  return kind === 'transformers' || kind === 'transformers.js' ? kind : undefined;
}

function formatTags({ kind }: CardForm): string[] {
  if (kind === 'gguf' || kind === 'gguf-lora') return ['gguf'];
  return kind === 'onnx-adapters' ? ['onnx'] : [];
}

function usage(form: CardForm, info: ModelCardInfo): string {
  const code = (language: string, text: string) => `## How to use it\n\n\`\`\`${language}\n${text}\n\`\`\`\n\n`;
  const from = locationOf(info);
  switch (form.kind) {
    case 'transformers':
      return code(
        'python',
        `from transformers import AutoModelForCausalLM, AutoTokenizer\n\ntokenizer = AutoTokenizer.from_pretrained(${from})\nmodel = AutoModelForCausalLM.from_pretrained(${from})`,
      );
    case 'transformers.js': {
      const options = `{ dtype: ${JSON.stringify(form.dtype)} }`;
      return code(
        'js',
        `import { pipeline } from '@huggingface/transformers';\n\nconst generate = await pipeline('text-generation', ${from}, ${options});\nconst [answer] = await generate('…', { max_new_tokens: 64, return_full_text: false });`,
      );
    }
    case 'onnx-adapters':
      return '## How to use it\n\nThe graph takes the factors of an adapter as inputs; the JavaScript file beside it shows how.\n\n';
    case 'gguf':
      return code('sh', `llama-cli -m '${form.file.replaceAll("'", '')}' -p '…'`);
    case 'gguf-lora':
      return code('sh', `llama-cli -m BASE.gguf --lora '${form.file.replaceAll("'", '')}' -p '…'`);
    default:
      return form satisfies never;
  }
}

/**
 * The model card (README.md) of an exported adapter: YAML front matter that the Hub reads, then what was trained on
 * what, with which settings and results, and how to load it.
 */
import { type CardRun, chart, frontMatter, grouped, line, locationOf, table, trainedOn } from './cardText.ts';
import type { AdapterConfig } from './peft.ts';

export interface AdapterCardInfo extends CardRun {
  config: AdapterConfig;
  trainedParameters: number;
}

/** The text of README.md. */
export function adapterCard(info: AdapterCardInfo): string {
  const { config } = info;
  const targets = typeof config.targetModules === 'string' ? config.targetModules : config.targetModules.join(', ');
  const kind = config.useRslora ? 'rsLoRA' : 'LoRA';
  const adapter: [string, string][] = [
    ['Method', kind],
    ['Rank', String(config.rank)],
    ['Alpha', String(config.alpha)],
    ['Dropout', String(config.dropout)],
    ['Target modules', targets],
    ['Trained parameters', grouped(info.trainedParameters)],
  ];
  const loaded = JSON.stringify(info.baseModel);
  const front = frontMatter(info, {
    relation: 'adapter',
    library: 'peft',
    task: config.taskType === 'CAUSAL_LM' ? 'text-generation' : undefined,
    tags: ['lora', 'rankwise'],
  });
  return `${front}# ${line(info.title)}

A ${kind} adapter of rank ${config.rank} for ${line(info.baseModel)}, ${trainedOn(info)}.

## How to use it

\`\`\`python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(${loaded})
model = AutoModelForCausalLM.from_pretrained(${loaded})
model = PeftModel.from_pretrained(model, ${locationOf(info)})
\`\`\`

${table('Adapter', adapter)}${table('Training', info.settings)}${table('Results', info.results)}${chart(info)}`;
}

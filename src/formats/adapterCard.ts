/**
 * The model card (README.md) of an exported adapter: YAML front matter that the Hub reads, then what was trained on
 * what, with which settings and results, and how to load it.
 * Front matter fields: Hugging Face Hub, "Model Cards".
 */
import type { AdapterConfig } from './peft.ts';

export interface AdapterCardInfo {
  /** The run's name, used as the title. */
  title: string;
  /** A Hub id such as `HuggingFaceTB/SmolLM2-135M-Instruct`, or the name of a local model. */
  baseModel: string;
  /** Whether `baseModel` is a Hub id, which alone may stand in the front matter. */
  isOnHub: boolean;
  config: AdapterConfig;
  trainedParameters: number;
  /** What was learned from: the file's name and how many context–target pairs. */
  data: { name: string; pairs: number; validationPairs: number };
  /** Rows of two tables, in order: label and value with its unit. */
  settings: readonly (readonly [label: string, value: string])[];
  results: readonly (readonly [label: string, value: string])[];
}

const grouped = (count: number) => count.toLocaleString('en-US');

/** User text made safe for one line of Markdown. */
const line = (text: string) => text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>|#]/g, '\\$&');

function table(heading: string, rows: AdapterCardInfo['settings']): string {
  if (rows.length === 0) return '';
  const body = rows.map(([label, value]) => `| ${line(label)} | ${line(value)} |\n`).join('');
  return `## ${heading}\n\n| | |\n|---|---|\n${body}\n`;
}

function frontMatter({ baseModel, isOnHub, config }: AdapterCardInfo): string {
  const base = JSON.stringify(baseModel);
  const tags = [...(isOnHub ? [JSON.stringify(`base_model:adapter:${baseModel}`)] : []), 'lora', 'rankwise'];
  return [
    '---',
    ...(isOnHub ? [`base_model: ${base}`] : []),
    'library_name: peft',
    ...(config.taskType === 'CAUSAL_LM' ? ['pipeline_tag: text-generation'] : []),
    'tags:',
    ...tags.map((tag) => `- ${tag}`),
    '---',
    '',
    '',
  ].join('\n');
}

/** The text of README.md. */
export function adapterCard(info: AdapterCardInfo): string {
  const { config, data } = info;
  const targets = typeof config.targetModules === 'string' ? config.targetModules : config.targetModules.join(', ');
  const kind = config.useRslora ? 'rsLoRA' : 'LoRA';
  const validation = data.validationPairs > 0 ? `, and ${grouped(data.validationPairs)} held out for validation` : '';
  const adapter: [string, string][] = [
    ['Method', kind],
    ['Rank', String(config.rank)],
    ['Alpha', String(config.alpha)],
    ['Dropout', String(config.dropout)],
    ['Target modules', targets],
    ['Trained parameters', grouped(info.trainedParameters)],
  ];
  const loaded = JSON.stringify(info.baseModel);
  return `${frontMatter(info)}# ${line(info.title)}

A ${kind} adapter of rank ${config.rank} for ${line(info.baseModel)}, trained with Rankwise on \
${grouped(data.pairs)} context–target pairs from ${line(data.name)}${validation}.

## How to use it

\`\`\`python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(${loaded})
model = AutoModelForCausalLM.from_pretrained(${loaded})
model = PeftModel.from_pretrained(model, "path/to/this/folder")
\`\`\`

${table('Adapter', adapter)}${table('Training', info.settings)}${table('Results', info.results)}`;
}

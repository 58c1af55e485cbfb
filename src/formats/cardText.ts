/** What the model cards (README.md) of adapters and of whole models have in common. Text of users is made safe. */

export interface CardRun {
  /** The run's name, used as the title. */
  title: string;
  /** A Hub id such as `HuggingFaceTB/SmolLM2-135M-Instruct`, or the name of a local model. */
  baseModel: string;
  /** Whether `baseModel` is a Hub id, which alone may stand in the front matter. */
  isOnHub: boolean;
  /** What was learned from: the file's name and how many context–target pairs. Absent where that is not known. */
  data?: { name: string; pairs: number; validationPairs: number };
  /** Rows of two tables, in order: label and value with its unit. */
  settings: CardRows;
  results: CardRows;
  /** Name of a picture beside the card that shows the loss by step. */
  lossChart?: string;
  /** Where the files will be loaded from, such as a Hub id; a folder to be named where it is absent. */
  location?: string;
}

export type CardRows = readonly (readonly [label: string, value: string])[];

export const grouped = (count: number) => count.toLocaleString('en-US');

/** User text made safe for one line of Markdown. */
export const line = (text: string) => text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>|#]/g, '\\$&');

export const locationOf = ({ location = 'path/to/this/folder' }: CardRun) => JSON.stringify(location);

/** YAML that the Hub reads. Source: Hugging Face Hub, "Model Cards". */
export function frontMatter(
  { baseModel, isOnHub }: CardRun,
  card: { relation: 'adapter' | 'finetune'; library: string | undefined; task: string | undefined; tags: string[] },
): string {
  const base = JSON.stringify(baseModel);
  const tags = [...(isOnHub ? [JSON.stringify(`base_model:${card.relation}:${baseModel}`)] : []), ...card.tags];
  return [
    '---',
    ...(isOnHub ? [`base_model: ${base}`] : []),
    ...(card.library ? [`library_name: ${card.library}`] : []),
    ...(card.task ? [`pipeline_tag: ${card.task}`] : []),
    'tags:',
    ...tags.map((tag) => `- ${tag}`),
    '---',
    '',
    '',
  ].join('\n');
}

/** Half a sentence. */
export function trainedOn({ data }: CardRun): string {
  if (!data) return 'trained elsewhere';
  const validation = data.validationPairs > 0 ? `, and ${grouped(data.validationPairs)} held out for validation` : '';
  return `trained with Rankwise on ${grouped(data.pairs)} context–target pairs from ${line(data.name)}${validation}`;
}

export function table(heading: string, rows: CardRows): string {
  if (rows.length === 0) return '';
  const body = rows.map(([label, value]) => `| ${line(label)} | ${line(value)} |\n`).join('');
  return `## ${heading}\n\n| | |\n|---|---|\n${body}\n`;
}

export function chart({ lossChart }: Pick<CardRun, 'lossChart'>): string {
  return lossChart === undefined ? '' : `## Loss\n\n![Loss over the steps of training](${lossChart})\n`;
}

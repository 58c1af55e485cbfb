// Chooses how a run may fit into the GPU memory there is: the weight format first, since it decides how good the frozen
// model is, then checkpointing, batch and accumulation, which decide how fast it trains. The rows of an optimizer step stay
// as many as they were, so that the run learns the same. Pure: what a choice takes is asked of `measure`.
import { bytesText } from './bytesText.ts';
import type { TrainingSettings, WeightFormat } from './settings.ts';

export interface FitChoice extends Pick<TrainingSettings, 'batchSize' | 'accumulate' | 'checkpointing'> {
  readonly weights: WeightFormat;
}

/** Bytes of a planned run, or why this GPU cannot hold it however much memory there is. */
export type Measured = { kind: 'planned'; weights: number; total: number } | { kind: 'refused'; reason: string };

export interface FitOptions {
  /** Bytes on the GPU that the run may take in all. */
  readonly budgetBytes: number;
  /** Weight formats that may be chosen, the preferred first, with their bytes on the GPU. */
  readonly formats: readonly { readonly format: WeightFormat; readonly bytes: number }[];
  /** As they are set: their product is kept. */
  readonly batchSize: number;
  readonly accumulate: number;
  /** Choose checkpointing only when it is set; default: whenever it helps. */
  readonly mustCheckpoint?: boolean;
  /** Tokens of the longest row. */
  readonly rowLength: number;
  /** `rowLength`: as if every row were that long; default: the rows as they are. */
  readonly measure: (choice: FitChoice, rowLength?: number) => Promise<Measured>;
}

export type Fit =
  | { kind: 'fits'; choice: FitChoice; bytes: number; reason: string }
  /** Nothing does; `reason` says how much the smallest would take and what would fit. */
  | { kind: 'tooLarge'; reason: string };

/** Fewer tokens than this in a micro-batch leave a GPU idle: then checkpointing with more rows is the faster way. */
const BUSY_TOKENS = 512;
/** More tokens than this in a micro-batch gain nothing. */
const ENOUGH_TOKENS = 8192;
const SHORTEST_ROW = 16;

/** The best choice within the budget, in words that say why. */
export async function chooseFit(options: FitOptions): Promise<Fit> {
  const { budgetBytes, formats } = options;
  const layouts = layoutsOf(options);
  const [first] = formats;
  const smallest = layouts.reduce((least, layout) => (isSmaller(layout, least) ? layout : least));
  if (!first) return { kind: 'tooLarge', reason: 'No weight format of this model can be held by this GPU.' };
  const least = await options.measure({ ...smallest, weights: first.format });
  if (least.kind === 'refused') return nothingFits(options, smallest, least);
  const rest = least.total - least.weights;
  const format = formats.find(({ bytes }) => bytes + rest <= budgetBytes);
  if (!format) return nothingFits(options, smallest, least);
  const skipped: { choice: FitChoice; measured: Measured }[] = [];
  for (const layout of layouts) {
    const choice = { ...layout, weights: format.format };
    const measured = await options.measure(choice);
    if (measured.kind === 'planned' && measured.total <= budgetBytes) {
      const reason = reasonFor(options, choice, measured.total, rest, skipped);
      return { kind: 'fits', choice, bytes: measured.total, reason };
    }
    skipped.push({ choice, measured });
  }
  return nothingFits(options, smallest, least);
}

/**
 * Which formats are worth trying, the best first: one that holds the stored values exactly (`current`, if it does, so that
 * nothing is loaded again for nothing), the smallest that does, then smaller ones, each with the most bits that are left.
 * `stored`: the type that most of the file is in.
 */
export function formatsToTry<F extends string>(
  formats: readonly { readonly format: F; readonly bytes: number }[],
  stored: string,
  current?: F,
): { format: F; bytes: number }[] {
  const largestFirst = [...formats].sort((a, b) => b.bytes - a.bytes);
  const exact = largestFirst.filter(({ format }) => format === 'f32' || format === 'file' || format === stored);
  const chain = [exact.find(({ format }) => format === current), exact.at(-1)].filter((option) => option !== undefined);
  for (const option of largestFirst) {
    const last = chain.at(-1);
    if (!last || option.bytes < last.bytes) chain.push(option);
  }
  return [...new Set(chain)];
}

type Layout = Omit<FitChoice, 'weights'>;

/** Every way to split a step's rows, the fastest first. */
function layoutsOf({ batchSize, accumulate, rowLength, mustCheckpoint }: FitOptions): Layout[] {
  const rows = batchSize * accumulate;
  const most = Math.max(batchSize, Math.floor(ENOUGH_TOKENS / rowLength));
  const sizes = divisorsOf(rows).filter((size) => size <= most);
  const isBusy = (size: number) => size * rowLength >= BUSY_TOKENS || size === sizes[0];
  const of = (checkpointing: boolean, wanted: readonly number[]) =>
    wanted.map((size) => ({ batchSize: size, accumulate: rows / size, checkpointing }));
  const busy = sizes.filter(isBusy);
  const idle = sizes.filter((size) => !isBusy(size));
  const plain = mustCheckpoint ? () => [] : (wanted: readonly number[]) => of(false, wanted);
  return [...plain(busy), ...of(true, busy), ...plain(idle), ...of(true, idle)];
}

/** Largest first. */
function divisorsOf(n: number): number[] {
  const divisors = new Set<number>();
  for (let d = 1; d * d <= n; d++) if (n % d === 0) divisors.add(d).add(n / d);
  return [...divisors].sort((a, b) => b - a);
}

function isSmaller(a: Layout, b: Layout): boolean {
  if (a.batchSize !== b.batchSize) return a.batchSize < b.batchSize;
  return a.checkpointing && !b.checkpointing;
}

/** What was chosen, and what the next better thing would have needed. */
function reasonFor(
  { budgetBytes, formats, batchSize, accumulate }: FitOptions,
  choice: FitChoice,
  bytes: number,
  rest: number,
  skipped: readonly { choice: FitChoice; measured: Measured }[],
): string {
  const rows = batchSize * accumulate;
  const said = `${inWords(choice)} (${rows} ${rows === 1 ? 'row' : 'rows'} a step, as set): ${bytesText(bytes)} of the ${bytesText(budgetBytes)} to use.`;
  const passedOver: string[] = [];
  const better = formats[formats.findIndex(({ format }) => format === choice.weights) - 1];
  if (better) passedOver.push(`${weightsText(better.format)} (at least ${bytesText(better.bytes + rest)})`);
  const [fastest] = skipped;
  if (fastest) {
    const { choice: wanted, measured } = fastest;
    const size = measured.kind === 'planned' ? bytesText(measured.total) : 'more than this GPU holds in one piece';
    passedOver.push(
      `a batch of ${wanted.batchSize} ${wanted.checkpointing ? 'with' : 'without'} checkpointing (${size})`,
    );
  }
  return passedOver.length === 0 ? said : `${said} Too much: ${passedOver.join(', ')}.`;
}

function weightsText(weights: WeightFormat): string {
  return weights === 'file' ? 'weights as the file has them' : `${weights} weights`;
}

function inWords({ weights, batchSize, accumulate, checkpointing }: FitChoice): string {
  const batch = accumulate === 1 ? `batch ${batchSize}` : `batch ${batchSize} × ${accumulate} accumulated`;
  return `${weightsText(weights)}, ${batch}, ${checkpointing ? 'with' : 'without'} checkpointing`;
}

/** The smallest there is, what it would take, and the rows or the model that would fit. */
async function nothingFits(options: FitOptions, smallest: Layout, least: Measured): Promise<Fit> {
  const { budgetBytes, formats, rowLength, measure } = options;
  const [first] = formats;
  const last = formats.at(-1);
  if (!first || !last) return { kind: 'tooLarge', reason: 'No weight format of this model can be held by this GPU.' };
  const need = (measured: Measured) =>
    measured.kind === 'planned' ? measured.total - measured.weights + last.bytes : Number.POSITIVE_INFINITY;
  const choice = { ...smallest, weights: last.format };
  const smallestNeed = need(least);
  const said =
    least.kind === 'planned'
      ? `Nothing fits into ${bytesText(budgetBytes)}. The least, ${inWords(choice)}, needs ${bytesText(smallestNeed)}.`
      : `Nothing fits this GPU: ${least.reason}`;
  for (let length = Math.floor(rowLength / 2); length >= SHORTEST_ROW; length = Math.floor(length / 2)) {
    if (need(await measure(choice, length)) > budgetBytes) continue;
    return { kind: 'tooLarge', reason: `${said} With rows of at most ${length} tokens it would fit.` };
  }
  const share = budgetBytes / smallestNeed;
  const smaller = Number.isFinite(smallestNeed) ? ` about ${percent(share)} of this one’s size` : '';
  return { kind: 'tooLarge', reason: `${said} A smaller model is needed${smaller && `, of${smaller}`}.` };
}

function percent(share: number): string {
  return `${Math.max(1, Math.floor(share * 100))} %`;
}

// The results as tables in Markdown.
import { GRIDS } from './grids.ts';
import type { Similarity } from './similarity.ts';
import type { Spread } from './spread.ts';

interface SeedResult {
  readonly seed: number;
  /** Of the answers, judged by running them; 95 % interval of Wilson. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
  /** Word for word. */
  readonly exact: number;
  readonly loss: number;
}

export interface AdapterResult extends Spread {
  readonly table: number;
  readonly name: string;
  readonly trainableParameters: number;
  readonly seeds: readonly SeedResult[];
}

export interface Results {
  readonly rows: number;
  readonly base: Omit<SeedResult, 'seed'>;
  readonly adapters: readonly AdapterResult[];
  readonly similarities: readonly Similarity[];
}

const percent = (share: number) => (100 * share).toFixed(1);
const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

export function tablesOf({ rows, base, adapters, similarities }: Results): string {
  const size = `Right answers on ${rows} held-out rows, %; base ${percent(base.share)} [${percent(base.low)}–${percent(base.high)}].`;
  const tables = GRIDS.map(({ table }) => tableOf(adapters.filter((one) => one.table === table)));
  return [size, ...tables, similarityTable(similarities)].join('\n\n');
}

function tableOf(adapters: readonly AdapterResult[]): string {
  const seeds = adapters[0]?.seeds.map(({ seed }) => `seed ${seed}`) ?? [];
  const heads = ['adapter', 'parameters', ...seeds, 'mean [95 % of rows]', 'word for word', 'loss'];
  const best = Math.max(...adapters.map(({ mean }) => mean));
  return [
    line(heads),
    line(heads.map(() => '---')),
    ...adapters.map(({ name, trainableParameters, seeds: own, mean, low, high, isWorseThanBest }) => {
      const average = (of: (result: SeedResult) => number) => own.reduce((sum, one) => sum + of(one), 0) / own.length;
      const sign = mean === best ? ' best' : isWorseThanBest ? '' : ' ≈';
      return line([
        name,
        trainableParameters.toLocaleString('en'),
        ...own.map((one) => `${percent(one.share)} [${percent(one.low)}–${percent(one.high)}]`),
        `${percent(mean)} [${percent(low)}–${percent(high)}]${sign}`,
        percent(average(({ exact }) => exact)),
        average(({ loss }) => loss).toFixed(4),
      ]);
    }),
  ].join('\n');
}

function similarityTable(similarities: readonly Similarity[]): string {
  const places = similarities[0]?.phi.map(({ i, j }) => `φ(${i}, ${j})`) ?? [];
  const heads = ['A of', 'and of', 'matrix', ...places];
  return [
    line(heads),
    line(heads.map(() => '---')),
    ...similarities.map(({ first, second, target, phi }) =>
      line([first, second, target, ...phi.map(({ mean, random }) => `${mean.toFixed(2)} (${random.toFixed(2)})`)]),
    ),
  ].join('\n');
}

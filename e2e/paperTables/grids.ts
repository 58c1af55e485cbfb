// What is raced: the LoRA paper's table 5 (which matrices, for a fixed number of parameters) and table 6 (how large a
// rank), on the built-in model and its SQL task, with the default run's settings (public/builtin/data/index.json).

export const MODEL = 'public/builtin/model';
export const TRAINING_ROWS = 'public/builtin/data/sql.jsonl';
export const HELD_OUT_ROWS = 'public/builtin/data/sql.heldout.jsonl';
/** Of them the first so many are asked. */
export const ROWS = 300;
const TEMPLATE = '{context}\\n';
const LENGTH = ['--max-length', '128', '--template', TEMPLATE];

export interface Grid {
  /** The paper's number. */
  readonly table: 5 | 6;
  readonly seeds: readonly number[];
  readonly flags: readonly string[];
  /** Folders of its adapters, in the paper's order. */
  readonly adapters: readonly string[];
}

export const GRIDS: readonly Grid[] = [
  {
    table: 5,
    seeds: [1],
    flags: ['--rank', '8', '--share-rank', '--targets', 'q;k;v;o;q,k;q,v;q,k,v,o'],
    adapters: ['r8-q', 'r8-k', 'r8-v', 'r8-o', 'r4-q.k', 'r4-q.v', 'r2-q.k.v.o'],
  },
  {
    table: 6,
    seeds: [1, 2, 3],
    flags: ['--rank', '1,2,4,8,64', '--targets', 'q;q,v'],
    adapters: ['q', 'q.v'].flatMap((targets) => [1, 2, 4, 8, 64].map((rank) => `r${rank}-${targets}`)),
  },
];

/** Alpha is the same for every rank, as in the paper: the scaling alpha / r falls as the rank grows. */
export function trainFlags({ flags }: Grid, seed: number, out: string): string[] {
  const optimizer = ['--alpha', '16', '--lr', '0.003', '--weight-decay', '0', '--warmup', '10', '--clip', '1'];
  const run = ['--steps', '142', '--batch', '8', '--seed', String(seed), '--metrics', `${out}.metrics.jsonl`];
  return ['--model', MODEL, '--data', TRAINING_ROWS, '--out', out, ...flags, ...optimizer, ...run, ...LENGTH];
}

export function evaluateFlags({ adapters }: Grid, out: string): string[] {
  const paths = adapters.flatMap((name) => ['--adapter', `${out}/${name}`]);
  const files = ['--answers', `${out}.answers.jsonl`, '--json', `${out}.scores.json`];
  return [
    '--model',
    MODEL,
    '--data',
    HELD_OUT_ROWS,
    ...paths,
    ...LENGTH,
    '--limit',
    String(ROWS),
    '--generate',
    ...files,
  ];
}

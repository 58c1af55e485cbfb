// The LoRA paper's tables 5 and 6 on the built-in SQL task, raced and evaluated by the command line:
//
//   npx tsx e2e/paperTables/run.ts FOLDER
//
// Every race and its answers are kept in FOLDER, and what is there is not made again. Writes results.json beside this
// file, and prints the tables.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { wilsonInterval } from '../../src/worker/wilson.ts';
import { evaluateFlags, GRIDS, type Grid, trainFlags } from './grids.ts';
import { type Judged, judgeAnswers } from './judge.ts';
import { type AdapterResult, type Results, tablesOf } from './markdown.ts';
import { type Similarity, similarity } from './similarity.ts';
import { spreads } from './spread.ts';

const raceSchema = z.array(z.object({ adapter: z.string(), trainableParameters: z.int() }));

function rankwise(command: string, flags: readonly string[]): void {
  const { status } = spawnSync('npx', ['tsx', 'src/cli/main.ts', command, ...flags], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`rankwise ${command}: ended with ${status}`);
}

const folderOf = (root: string, table: number, seed: number) => join(root, `table${table}-seed${seed}`);

function race(root: string, grid: Grid, seed: number): void {
  const out = folderOf(root, grid.table, seed);
  if (!existsSync(join(out, 'race.json'))) rankwise('train', trainFlags(grid, seed, out));
  if (!existsSync(`${out}.answers.jsonl`)) rankwise('evaluate', evaluateFlags(grid, out));
}

function summary({ isRight, exact, loss }: Judged) {
  const right = isRight.filter((is) => is).length;
  return { share: right / isRight.length, ...wilsonInterval(right, isRight.length), exact, loss };
}

async function resultsOf(root: string): Promise<Results> {
  const adapters: AdapterResult[] = [];
  let base: Judged | undefined;
  for (const { table, seeds, adapters: names } of GRIDS) {
    const bySeed: { seed: number; judged: Map<string, Judged> }[] = [];
    for (const seed of seeds) {
      bySeed.push({ seed, judged: await judgeAnswers(`${folderOf(root, table, seed)}.answers.jsonl`) });
    }
    base ??= bySeed[0]?.judged.get('base');
    const sizes = raceSchema.parse(
      JSON.parse(readFileSync(join(folderOf(root, table, seeds[0]!), 'race.json'), 'utf8')),
    );
    const overSeeds = spreads(names.map((name) => bySeed.map(({ judged }) => judged.get(name)!.isRight)));
    for (const [i, name] of names.entries()) {
      const { trainableParameters } = sizes.find(({ adapter }) => adapter === name)!;
      const own = bySeed.map(({ seed, judged }) => ({ seed, ...summary(judged.get(name)!) }));
      adapters.push({ table, name, trainableParameters, ...overSeeds[i]!, seeds: own });
    }
  }
  if (!base) throw new Error(`${root}: no answers there`);
  const similarities = await similaritiesOf(root, GRIDS.find(({ table }) => table === 6)?.seeds ?? []);
  return { rows: base.isRight.length, base: summary(base), adapters, similarities };
}

/** r = 8 against 64 of one seed and of two, and 64 of two seeds. */
async function similaritiesOf(root: string, [one, other]: readonly number[]): Promise<Similarity[]> {
  if (one === undefined || other === undefined) return [];
  const compared: Similarity[] = [];
  for (const target of ['q', 'v'] as const) {
    for (const [rank, seed] of [
      [8, one],
      [8, other],
      [64, other],
    ] as const) {
      const path = (r: number, s: number) => join(folderOf(root, 6, s), `r${r}-q.v`);
      const label = (r: number, s: number) => `r = ${r}, seed ${s}`;
      const found = await similarity(path(rank, seed), path(64, one), target);
      compared.push({ ...found, first: label(rank, seed), second: label(64, one) });
    }
  }
  return compared;
}

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error('Usage: npx tsx e2e/paperTables/run.ts FOLDER');
mkdirSync(root, { recursive: true });
for (const grid of GRIDS) for (const seed of grid.seeds) race(root, grid, seed);
const results = await resultsOf(root);
writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
process.stdout.write(`${tablesOf(results)}\n`);

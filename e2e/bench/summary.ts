// The result files side by side, as the README quotes them: ratios only. `npm run bench -- --summary`.
import { readdirSync, readFileSync } from 'node:fs';
import type { BenchResults } from './results.ts';

/** A Markdown table: a row for each bar, a column for each result file. */
export function summaryOf(results: readonly BenchResults[]): string {
  const names = [...new Set(results.flatMap(({ bars }) => bars.map(({ what }) => what)))];
  const cells = (what: string) =>
    results.map(({ bars }) => {
      const bar = bars.find((candidate) => candidate.what === what);
      return bar ? `${shown(bar.value)} (${bar.is === 'least' ? '≥' : '≤'} ${bar.bar})` : '';
    });
  const line = (...columns: string[]) => `| ${columns.join(' | ')} |`;
  return [
    line('', ...results.map(titleOf)),
    line('---', ...results.map(() => '---')),
    ...names.map((what) => line(what, ...cells(what))),
  ].join('\n');
}

/** Every file of the folder, by name. */
export function readResults(folder: string): BenchResults[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name): BenchResults => JSON.parse(readFileSync(`${folder}${name}`, 'utf8')));
}

function titleOf({ adapter, where, measured }: BenchResults): string {
  const name = /llvmpipe/i.test(adapter) ? 'lavapipe' : /swiftshader/i.test(adapter) ? 'SwiftShader' : adapter;
  const [facts] = Object.values(measured);
  return where === 'node' ? `${name}, Node` : `${name}, ${facts?.runtime.split(' ')[0] ?? 'browser'}`;
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 10 ? 3 : 2);
}

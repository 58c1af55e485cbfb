// What a race came to, one adapter a row: race.json beside the adapters' folders, and a table on standard output.
import { writeFiles } from './outputFiles.ts';
import type { Outcome } from './trainHeat.ts';

/** Its name beside the adapters' folders. */
export const RACE_TABLE = 'race.json';

/** Field names are those of the settings and the metrics. */
export async function writeRaceTable(out: string, outcomes: readonly Outcome[]): Promise<void> {
  const rows = outcomes.map(({ entrant, step, hasDiverged, lastLoss, evaluation, ...size }) => ({
    adapter: entrant.name,
    rank: entrant.spec.rank,
    alpha: entrant.spec.alpha,
    targets: entrant.spec.targets,
    learningRate: entrant.learningRate,
    dropout: entrant.spec.dropout,
    trainableParameters: size.trainableParameters,
    fileBytes: size.fileBytes,
    step,
    hasDiverged,
    loss: lastLoss ?? null,
    validation: evaluation ?? null,
  }));
  const text = `${JSON.stringify(rows, null, 2)}\n`;
  await writeFiles(out, [{ name: RACE_TABLE, bytes: new TextEncoder().encode(text) }]);
  process.stdout.write(tableOf(outcomes));
}

function tableOf(outcomes: readonly Outcome[]): string {
  const header = ['adapter', 'parameters', 'file bytes', 'steps', 'last loss', 'validation loss'];
  const lines = outcomes.map(({ entrant, trainableParameters, fileBytes, step, lastLoss, evaluation, hasDiverged }) => [
    entrant.name ?? '',
    String(trainableParameters),
    String(fileBytes),
    String(step),
    hasDiverged ? 'diverged' : (lastLoss?.toFixed(4) ?? '–'),
    evaluation?.loss.toFixed(4) ?? '–',
  ]);
  const widths = header.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]!.length)));
  const pad = (line: readonly string[]) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return `${[header, ...lines].map(pad).join('\n')}\n`;
}

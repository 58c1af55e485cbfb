// A comparison's numbers in one table, a row for each: what a spreadsheet's pivot or a data frame wants.
import { type CsvValue, toCsv } from '../../../runs/csv.ts';
import { allResults } from '../../../runs/resultFields.ts';
import type { ComparedRun } from '../compared.ts';
import { costsOf } from '../costs.ts';

const HEADER = ['run', 'label', 'rank', 'seed', 'quantity', 'step', 'layer', 'matrix', 'index', 'value'];

interface Place {
  step?: number;
  layer?: number;
  matrix?: string;
  index?: number;
}

/** Results, scores with the ends of their intervals, costs, every step's loss, and what was measured of the adapters. */
export function comparisonCsv(compared: readonly ComparedRun[]): string {
  const rows = compared.flatMap((one): CsvValue[][] => {
    const { run, mark } = one;
    const { adapter, training } = run.settings;
    return numbersOf(one).map(([quantity, value, { step, layer, matrix, index } = {}]) => [
      run.name,
      mark.label,
      adapter.rank,
      run.isImported ? null : training.seed,
      quantity,
      step,
      layer,
      matrix,
      index,
      value,
    ]);
  });
  return toCsv(HEADER, rows);
}

type Row = readonly [quantity: string, value: number | null, place?: Place];

function numbersOf({ run, steps, spectra, amplifications }: ComparedRun): Row[] {
  return [
    ...allResults(run).flatMap(({ key, value }): Row[] => (value === null ? [] : [[key, value]])),
    ...(run.scores ?? []).flatMap(({ adapter }) =>
      Object.entries(adapter).flatMap(([name, { value, low, high }]): Row[] => [
        [`score.${name}`, value],
        [`score.${name}.low`, low],
        [`score.${name}.high`, high],
      ]),
    ),
    ...costsOf(run).flatMap(({ key, adapter, full }): Row[] => [
      [key, adapter],
      [`${key}OfFullFineTuning`, full],
    ]),
    ...steps.map(({ step, loss }): Row => ['loss', loss, { step }]),
    ...run.evaluations.map(({ step, loss }): Row => ['heldOutLoss', loss, { step }]),
    ...(spectra ?? []).flatMap(({ layer, target: matrix, effectiveRank, norm, singularValues }): Row[] => [
      ['effectiveRank', effectiveRank, { layer, matrix }],
      ['updateNorm', norm, { layer, matrix }],
      ...singularValues.map((value, i): Row => ['singularValue', value, { layer, matrix, index: i + 1 }]),
    ]),
    ...(amplifications ?? []).flatMap((one): Row[] => {
      const place = { layer: one.layer, matrix: one.target };
      return [
        ['frozenNorm', one.frozenNorm, place],
        ['alongUpdate', one.alongUpdate, place],
        ['alongFrozen', one.alongFrozen, place],
        ['alongRandom', one.alongRandom, place],
        ['amplification', one.factor, place],
      ];
    }),
  ];
}

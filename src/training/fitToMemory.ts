// Fits a run by planning it: every choice that is weighed is laid out as it would run, and nothing is loaded or allocated.
import type { AdapterLayout } from '../adapters/adapterSet.ts';
import type { TokenRow } from '../data/types.ts';
import type { FrozenModel } from '../model/frozenModel.ts';
import { bytesText } from './bytesText.ts';
import type { PlanOptions } from './course.ts';
import { chooseFit, type Fit, type FitChoice, type FitOptions, type Measured } from './fit.ts';
import { fullRows } from './fullRows.ts';
import { planMemory } from './lineUp.ts';
import type { TrainingSettings } from './settings.ts';
import { TooLargeError } from './tooLarge.ts';

export interface FitRunOptions extends Pick<FitOptions, 'budgetBytes' | 'formats' | 'mustCheckpoint'> {
  readonly gpu: PlanOptions['gpu'];
  readonly declare: (weights: FitChoice['weights']) => FrozenModel;
  /** The adapters that train together. */
  readonly layouts: readonly AdapterLayout[];
  readonly training: TrainingSettings;
  /** Where the data is not known yet: rows as long as they may be. */
  readonly data: { rows: readonly TokenRow[]; validationRows: readonly TokenRow[] } | { maxLength: number };
  /** What lies on the GPU beside the run, for answers to prompts. */
  readonly besideBytes: number;
  /** Asks the driver whether it gives the bytes of the choice. */
  readonly hasRoomFor: (bytes: number) => Promise<boolean>;
}

/** What to try after the driver refused some bytes, and how often. */
const LESS = 0.8;
const TRIES = 6;

/** The best choice for this run within the budget. */
export async function fitToMemory(options: FitRunOptions): Promise<Fit> {
  const { data, training, budgetBytes, formats, mustCheckpoint = false } = options;
  const { batchSize, accumulate } = training;
  const rowLength = 'maxLength' in data ? data.maxLength : longestOf([...data.rows, ...data.validationRows]);
  const measure = (choice: FitChoice, length?: number) => measured(options, choice, length);
  const asked = { budgetBytes, formats, batchSize, accumulate, mustCheckpoint, rowLength, measure };
  const remarks: string[] = [];
  let fit = await chooseFit(asked);
  for (let tries = 1; fit.kind === 'fits' && tries < TRIES && !(await options.hasRoomFor(fit.bytes)); tries++) {
    remarks.splice(0, 1, `The GPU had no room for ${bytesText(fit.bytes)}.`);
    fit = await chooseFit({ ...asked, budgetBytes: LESS * fit.bytes });
  }
  if ('maxLength' in data) remarks.push(`No data is read yet: this is for rows of ${rowLength} tokens.`);
  return { ...fit, reason: [fit.reason, ...remarks].join(' ') };
}

async function measured(options: FitRunOptions, choice: FitChoice, rowLength?: number): Promise<Measured> {
  const { gpu, declare, layouts, data, training, besideBytes } = options;
  const { weights: format, ...change } = choice;
  const length = rowLength ?? ('maxLength' in data ? data.maxLength : undefined);
  const model = declare(format);
  const full = fullRows(change.batchSize * change.accumulate, length ?? 0, model.architecture.maxPositions);
  const rows = length !== undefined || 'maxLength' in data ? { rows: full, validationRows: [] } : data;
  const steps = length === undefined ? training.length : ({ kind: 'steps', steps: 1 } as const);
  const settings = { ...training, ...change, length: steps };
  try {
    const { weights, total } = await planMemory({ gpu, model, layouts, settings, ...rows });
    return { kind: 'planned', weights, total: total + besideBytes };
  } catch (error) {
    if (error instanceof TooLargeError) return { kind: 'refused', reason: error.message };
    throw error;
  }
}

function longestOf(rows: readonly TokenRow[]): number {
  return rows.reduce((most, { ids }) => Math.max(most, ids.length), 1);
}

// What decided a run, as a flat list of labelled fields: the Library shows it, Compare sets several side by side and keeps
// apart what differs from what is the same.
import type { RunRecord } from '../../worker/protocol/runs.ts';

export interface RunField {
  key: string;
  /** In plain words, the exact term after it where there is one. */
  label: string;
  text: string;
}

/** One field across several runs; an empty text where a run has no such setting (SGD has no beta). */
export interface FieldRow {
  key: string;
  label: string;
  texts: string[];
}

export function runFields(run: RunRecord): RunField[] {
  return allFields(run).filter(({ text }) => text !== '');
}

/** Fields of several runs, those that differ apart from those that agree; left out where no run has one. */
export function splitFields(runs: RunRecord[]): { differing: FieldRow[]; equal: FieldRow[] } {
  const [first = [], ...others] = runs.map(allFields);
  const rows = first
    .map(({ key, label, text }, i) => ({ key, label, texts: [text, ...others.map((fields) => fields[i]?.text ?? '')] }))
    .filter(({ texts }) => texts.some((text) => text !== ''));
  const isEqual = ({ texts }: FieldRow) => texts.every((text) => text === texts[0]);
  return { differing: rows.filter((row) => !isEqual(row)), equal: rows.filter(isEqual) };
}

/** What is known of an adapter that was trained elsewhere. */
const KNOWN_OF_IMPORTED = ['model', 'weights', 'rank', 'alpha', 'scaling', 'dropout', 'targets', 'layers'];

/** The same keys in the same order for every run; an empty text where a run has no such setting. */
function allFields(run: RunRecord): RunField[] {
  const fields = trainedFields(run);
  if (!run.isImported) return fields;
  return fields.map((known) => (KNOWN_OF_IMPORTED.includes(known.key) ? known : { ...known, text: '' }));
}

function trainedFields(run: RunRecord): RunField[] {
  const { adapter, training } = run.settings;
  const { optimizer, length } = training;
  const adamw = optimizer.kind === 'adamw' ? optimizer : null;
  return [
    field('model', 'Model', run.model.name),
    field('weights', 'Frozen weights', run.model.weights),
    field('data', 'Data', run.data.name),
    field('trainRows', 'Training rows', run.data.trainRows),
    field('validationRows', 'Held-out rows', run.data.validationRows),
    field('template', 'Prompt template', run.data.template.replaceAll('\n', '↵')),
    field('rank', 'Rank (r)', adapter.rank),
    field('alpha', 'Alpha', adapter.alpha),
    field('scaling', 'Scaling', adapter.useRslora ? 'alpha / √r (rsLoRA)' : 'alpha / r'),
    field('dropout', 'Dropout', adapter.dropout),
    field('targets', 'Target modules', adapter.targets.join(', ')),
    field('layers', 'Layers', adapter.layers === undefined ? 'all' : adapter.layers.join('–')),
    field('optimizer', 'Optimizer', optimizer.kind === 'adamw' ? 'AdamW' : 'SGD'),
    field('beta1', 'β₁', adamw?.beta1),
    field('beta2', 'β₂', adamw?.beta2),
    field('eps', 'ε', adamw?.eps),
    field('momentum', 'Momentum', optimizer.kind === 'sgd' ? optimizer.momentum : undefined),
    field('learningRate', 'Learning rate', training.learningRate),
    field('schedule', 'Schedule', training.schedule),
    field('warmupSteps', 'Warm-up (steps)', training.warmupSteps),
    field('weightDecay', 'Weight decay', training.weightDecay),
    field('clip', 'Clip gradient norm', training.clip || 'off'),
    field('batchSize', 'Rows per batch', training.batchSize),
    field('accumulate', 'Batches per step', training.accumulate),
    field('steps', 'Steps', length.kind === 'steps' ? length.steps : undefined),
    field('epochs', 'Epochs', length.kind === 'epochs' ? length.epochs : undefined),
    field('earlierSteps', 'Trained further after step', run.earlierSteps?.join(', ')),
    field('maxLength', 'Longest row (tokens)', training.maxLength),
    field('shuffle', 'Shuffle rows', training.shuffle ? 'yes' : 'no'),
    field('seed', 'Seed', training.seed),
    field('checkpointing', 'Checkpointing', training.checkpointing ? 'on' : 'off'),
    field('evaluateEvery', 'Validate every (steps)', training.evaluateEvery || 'never'),
    field('saveEvery', 'Save every (steps)', training.saveEvery || 'never'),
  ];
}

function field(key: string, label: string, value: string | number | undefined): RunField {
  return { key, label, text: String(value ?? '') };
}

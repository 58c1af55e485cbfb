// A run or a race: what is asked, what it will take, how it goes, and what the Library keeps of it.
import type { Scores } from '../../evaluation/scoreTypes.ts';
import type { RaceChoices } from '../../training/race.ts';
import type { RunSettings, WeightFormat } from '../../training/settings.ts';
import type { FirstRow } from './data.ts';

/** What a run will take, before it starts. */
export interface RunPlan {
  trainableParameters: number;
  modelParameters: number;
  adapterFileBytes: number;
  steps: number;
  stepsPerEpoch: number;
  /** The plan's exact sum, by what it is for. */
  memory: {
    weights: number;
    adapters: number;
    activations: number;
    /** Answering the fixed prompts while it trains. */
    samples: number;
    total: number;
  };
  /** Why this cannot run, in words; null when it can. */
  refusal: string | null;
  /** It is a matter of size: `fitRun` may find settings that can. */
  canFit: boolean;
}

/** What a run or a race will take. The numbers of `RunPlan` are of all adapters together; memory is that of the largest heat. */
export interface RacePlan extends RunPlan {
  /** One for each adapter, in order; one for a run that is no race. `name`: short, of what differs. */
  adapters: { name: string; settings: RunSettings; trainableParameters: number; adapterFileBytes: number }[];
  /** How many adapters train together, one heat after another. */
  heats: number[];
}

/** `reason`: what was chosen and why, or why nothing fits and what would. */
export type FitReply =
  | {
      kind: 'fits';
      weights: WeightFormat;
      training: { batchSize: number; accumulate: number; checkpointing: boolean };
      bytes: number;
      reason: string;
    }
  | { kind: 'tooLarge'; reason: string };

export type { StepMetrics } from '../../training/stepReport.ts';

export interface EvaluationResult {
  step: number;
  rows: number;
  loss: number;
  perplexity: number;
  tokenAccuracy: number;
}

export interface SampleResult {
  step: number;
  prompt: string;
  text: string;
}

/** What an adapter reached on one set of rows (Evaluate); its answers are kept beside the run. */
export interface RunScores {
  /** Equal where two runs answered the same rows: only then may they be compared. */
  dataKey: string;
  dataName: string;
  evaluatedAt: number;
  /** Contexts asked, and the rows behind them (a context may have several right answers). */
  questions: number;
  rows: number;
  adapter: Scores;
  /** The base on the same rows; null where it was not asked. */
  base: Scores | null;
}

export type RunStatus = 'preparing' | 'running' | 'paused' | 'finished' | 'stopped' | 'failed';

/** A run as the Library keeps it. */
export interface RunRecord {
  id: string;
  name: string;
  createdAt: number;
  /**
   * Which race it is of; `adapter`: its short name there, of what differs; `place`: from 0, among `size`; `choices`: the
   * lists that the race is the grid of (absent in races kept by older versions); `heatsAfter`: how many of its heats come
   * after this run's (absent: none).
   */
  race?: {
    id: string;
    name: string;
    adapter: string;
    place: number;
    size: number;
    choices?: RaceChoices;
    heatsAfter?: number;
  };
  status: RunStatus;
  /** Why it failed or stopped, and what to try. */
  message: string | null;
  model: {
    name: string;
    baseModelId: string;
    modelType: string;
    weights: WeightFormat;
    source: 'builtin' | 'files' | 'hub';
  };
  data: {
    name: string;
    trainRows: number;
    validationRows: number;
    template: string;
    taskId: string | null;
    /** Absent where the data is no table. */
    firstRow?: FirstRow;
  };
  settings: RunSettings;
  plan: RunPlan;
  /** Last optimizer step done, and of how many. */
  step: number;
  steps: number;
  elapsedMs: number;
  lastLoss: number | null;
  evaluations: EvaluationResult[];
  samples: SampleResult[];
  /** Answers judged right on held-out rows, where the task can be judged. */
  accuracy: { base: number | null; adapter: number; rows: number } | null;
  /** One for each set of rows, newest first; absent before the first. */
  scores?: RunScores[];
  /** A state to go on from is kept: to resume it, or to train it further once it has finished. */
  isResumable: boolean;
  /** Of that state; of a race, of all adapters that trained together. */
  stateBytes?: number;
  /** The lengths in steps that it finished before it was trained further. */
  earlierSteps?: number[];
  hasAdapter: boolean;
  /** Trained elsewhere and imported: no curve. */
  isImported: boolean;
}

/** A run, or a race of the grid of `choices`. */
export interface RaceRequest {
  settings: RunSettings;
  /** Absent: one adapter, as `settings` has it. */
  choices?: RaceChoices;
  samplePrompts: string[];
  /** What a race may take of the GPU before it is cut into heats; absent: all adapters train together. */
  budgetBytes?: number;
}

// What the page and the worker say to each other. Types only. The page sends commands; the worker answers each with one
// reply or failure that carries the command's id, and tells of progress by events in between. The worker owns the device,
// the model, the data and the run; the page owns nothing but what it shows.
import type { BigPlan } from '../continue/planning/bigPlan.ts';
import type { MachineSetup } from '../continue/planning/machineMemory.ts';
import type { ScoreName, Scores } from '../evaluation/scoreTypes.ts';
import type { Target } from '../model/targets.ts';
import type { RaceChoices } from '../training/race.ts';
import type { RunSettings, WeightFormat } from '../training/settings.ts';

// ---- Device -------------------------------------------------------------------------------------------------------

export type DeviceState =
  | { kind: 'opening' }
  | {
      kind: 'ready';
      name: string;
      isSoftware: boolean;
      maxBufferBytes: number;
      maxBindingBytes: number;
      /** A guess at the memory that a run may take; WebGPU tells no total. */
      likelyBudgetBytes: number;
      /** How long a submit may take where nobody says. */
      defaultSubmitMs: number;
      features: string[];
    }
  /** No WebGPU here; `reason` says why, in words for the page. */
  | { kind: 'missing'; reason: string }
  | { kind: 'lost'; reason: string };

// ---- Model --------------------------------------------------------------------------------------------------------

export type ModelSource =
  | { kind: 'builtin' }
  | { kind: 'files'; files: File[] }
  | { kind: 'hub'; repo: string; revision: string; token?: string; endpoint?: string };

/** One model of the shelf: known small models, one click each. */
export interface ShelfModel {
  repo: string;
  title: string;
  family: string;
  licence: string;
  parameters: number;
  downloadBytes: number;
  /** Whether the Hub asks for a token and an accepted licence first. */
  isGated: boolean;
  isInstruct: boolean;
  /** How much of it is already in this browser's cache. */
  cachedBytes: number;
}

/** What this browser keeps of a repository on the Hub. */
export interface KeptRepo {
  repo: string;
  /** Absent where it is the Hub's own. */
  endpoint?: string;
  sizeBytes: number;
  /** Those at which the model is here whole, and opens without a network. */
  revisions: string[];
}

/** What a model is and will cost, known from its config and headers before any weight is loaded. */
export interface ModelDescription {
  name: string;
  /** Where it came from, for the adapter's config: a Hub id or a folder name. */
  baseModelId: string;
  revision: string | null;
  /** `model_type` of its config: gpt2, llama, qwen2 … */
  modelType: string;
  parameters: number;
  layers: number;
  hiddenSize: number;
  heads: number;
  keyValueHeads: number;
  headDim: number;
  vocabularySize: number;
  /** Longest row in tokens that its positions allow. */
  maxPositions: number;
  storedFormat: string;
  /** What its files are, and how much of the weights is stored as what, the largest share first. */
  fileFormat: 'GGUF' | 'safetensors';
  storedTypes: { type: string; tensors: number; sizeBytes: number }[];
  /**
   * Bytes on the GPU for the frozen weights at each format that this model can have, why not where this adapter cannot take
   * it, and what of the model is kept otherwise.
   */
  weightBytes: { format: WeightFormat; bytes: number; refusal: string | null; note: string | null }[];
  /** The matrices that this family lets an adapter sit on. */
  targets: { target: Target; moduleName: string; inFeatures: number; outFeatures: number }[];
  hasChatTemplate: boolean;
  /** From the Hub, which could not be asked: what this browser kept is used. */
  isKeptCopy: boolean;
}

/** Merged models are written in floats, whatever the base is stored or kept as. */
export type MergedFormat = Extract<WeightFormat, 'f32' | 'f16' | 'bf16'>;

export type LoadPhase = 'download' | 'load';

// ---- Data ---------------------------------------------------------------------------------------------------------

export interface BuiltinTask {
  id: string;
  title: string;
  description: string;
  metric: 'executes' | 'exact';
  /** Settings that this task's default run starts from. */
  settings: RunSettings;
  samplePrompts: string[];
}

export type DataSource = { kind: 'builtin'; taskId: string } | { kind: 'files'; train: File; validation?: File };

/** Which columns are what. Guessed by name, changeable. */
export type ColumnMapping =
  | { kind: 'pairs'; context: string; input?: string; target: string }
  | { kind: 'chat'; column: string }
  | { kind: 'text'; column: string };

/** Whether a table's first row names the columns, or is a row of data. */
export type FirstRow = 'names' | 'data';

export interface DataOptions {
  /** Default: as it looks. */
  firstRow?: FirstRow;
  mapping?: ColumnMapping;
  /** A prompt template with {column} fields; or the model's chat template. Default: chat for chat data and chat models. */
  prompt?: { kind: 'template'; template: string } | { kind: 'chat' };
  maxLength: number;
  /** What a chat template that writes the date is told, as Date.now() counts; kept with a run, whose rows stay the same. */
  renderedAt?: number;
  /** Share of the rows held out for validation, when there is no second file. */
  validationFraction: number;
  seed: number;
}

export interface DataProblem {
  line: number;
  reason: string;
  excerpt: string;
}

export interface DataDescription {
  name: string;
  /** jsonl, csv, parquet, `context||target` lines … */
  layout: string;
  /** Of a table; null of anything else. */
  firstRow: FirstRow | null;
  columns: string[];
  mapping: ColumnMapping;
  prompt: { kind: 'template'; template: string } | { kind: 'chat' };
  rows: number;
  trainRows: number;
  validationRows: number;
  tokens: number;
  targetTokens: number;
  duplicates: number;
  /** Rows whose context was cut to fit. */
  cutRows: number;
  /** Rows left out, the first 200 of them; `problemCount` counts all. */
  problems: DataProblem[];
  problemCount: number;
  /** Rows by token length: `counts[i]` rows have from `edges[i]` to `edges[i + 1] - 1` tokens. */
  histogram: { edges: number[]; counts: number[] };
  /** Why no row can be used under this mapping and prompt, and nothing was kept; null when some can. */
  refusal: string | null;
}

export interface PreviewRow {
  line: number;
  /** The rendered text, in order; `isTarget` carries loss. */
  tokens: { text: string; id: number; isTarget: boolean }[];
}

// ---- Runs ---------------------------------------------------------------------------------------------------------

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

/** One optimizer step. Field names are those of the command line's metrics file. */
export interface StepMetrics {
  step: number;
  loss: number;
  learningRate: number;
  /** Before clipping. */
  gradientNorm: number;
  tokens: number;
  targetTokens: number;
  /** Since the first step of this run began (pauses left out), when this step's result was known. */
  elapsedMs: number;
}

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

// ---- Analysis -----------------------------------------------------------------------------------------------------

/** ΔW = scaling·B·A of one adapted matrix. */
export interface MatrixSpectrum {
  layer: number;
  target: Target;
  rank: number;
  inFeatures: number;
  outFeatures: number;
  /** Falling; as many as the rank, or as the matrix's shorter side. */
  singularValues: number[];
  /** exp of the entropy of the singular values' shares (Roy and Vetterli 2007): 1 to the rank, 0 for a zero update. */
  effectiveRank: number;
  /** Frobenius. */
  norm: number;
}

/** ΔW of one matrix against the frozen weights under it, as the LoRA paper's table 7 has it. Frobenius norms. */
export interface MatrixAmplification {
  layer: number;
  target: Target;
  /** How many top singular directions of each are taken: the adapter's rank. */
  directions: number;
  updateNorm: number;
  frozenNorm: number;
  /** Of W seen along the directions of ΔW, of W itself, and of a random matrix. Null for an update of zero. */
  alongUpdate: number | null;
  alongFrozen: number;
  alongRandom: number;
  /** updateNorm / alongUpdate. */
  factor: number | null;
}

// ---- Taking a run away ----------------------------------------------------------------------------------------------

/** What leaves, in the form that one kind of tool opens. */
export type ExportWhat =
  /** A PEFT folder. */
  | { kind: 'adapter'; runId: string }
  /** A transformers folder of the base with the adapter merged in. */
  | { kind: 'merged'; runId: string; format: MergedFormat }
  /** A GGUF file of the adapter alone, for llama.cpp beside the base. */
  | { kind: 'ggufLora'; runId: string }
  /** A GGUF file of the base with the adapter merged in. */
  | { kind: 'gguf'; runId: string; format: GgufFormat }
  /** A transformers.js folder, the adapter merged in. */
  | { kind: 'onnx'; runId: string; format: OnnxFormat }
  /** A transformers.js folder of the base, this run's adapter and `others` beside it, switched with every call. */
  | { kind: 'onnxAdapters'; runId: string; others: readonly string[]; format: OnnxFormat }
  /** A folder that goes on with the run on PyTorch: its data, settings and state. */
  | { kind: 'continue'; runId: string };

/** Types of the weights in ONNX. */
export type OnnxFormat = 'f32' | 'f16' | 'q4';

/** Types of the matrices in GGUF, by its own names. */
export type GgufFormat = 'F16' | 'Q8_0' | 'Q4_0';

export type ExportKind = ExportWhat['kind'];

export type ExportPlan =
  /**
   * `fileName`: of what is downloaded. `sizeBytes`: of all its files together; null where reading the run's data for it
   * would take long. `notes`: whole sentences on what will be other than asked.
   */
  | { kind: 'ready'; fileName: string; sizeBytes: number | null; notes: readonly string[] }
  /** The files of the base are not at hand; `reason` says why. */
  | { kind: 'needsBase'; reason: string }
  | { kind: 'refused'; reason: string };

/** `file`: what is downloaded goes there as it is made. `folder`: files stand in it, those of a folder in one of its own. */
export type ExportTarget =
  | { kind: 'download' }
  | { kind: 'file'; handle: FileSystemFileHandle }
  | { kind: 'folder'; handle: FileSystemDirectoryHandle };

/** `owner/name` on the Hub; `endpoint`: of another server that speaks its API. The token is kept in memory only. */
export interface PushTarget {
  repo: string;
  revision: string;
  isPrivate: boolean;
  token: string;
  endpoint?: string;
}

export interface PushProgress {
  /** `base`: downloading it; `reading`: making and hashing what is pushed. */
  phase: 'base' | 'reading' | 'uploading' | 'committing';
  file: string;
  doneBytes: number;
  totalBytes: number;
}

/** A repository on the Hub at a branch, tag or commit. The token is kept in memory only. */
export interface HubPlace {
  repo: string;
  revision: string;
  token?: string;
  endpoint?: string;
}

/** An adapter on the Hub, by its adapter_config.json. */
export interface HubAdapter {
  repo: string;
  revision: string;
  rank: number;
  alpha: number;
  sizeBytes: number;
  /** The base as the configuration names it. */
  baseName: string | null;
  /** Where that can be loaded from; null where the name is a path of somebody's disk. */
  base: { kind: 'builtin' } | { kind: 'hub'; repo: string; revision: string } | null;
}

// ---- Playground ---------------------------------------------------------------------------------------------------

export interface SamplingSettings {
  maxNewTokens: number;
  /** 0 is greedy. */
  temperature: number;
  topK: number;
  topP: number;
  repetitionPenalty: number;
  seed: number;
}

/** Who answers: the base, or the base with a run's adapter at a strength (1 is as trained). */
export type Answerer = { kind: 'base' } | { kind: 'adapter'; runId: string; strength: number };

export interface Answer {
  text: string;
  promptTokens: number;
  newTokens: number;
  firstTokenMs: number;
  elapsedMs: number;
  stoppedBy: 'end' | 'length' | 'cancelled';
}

/** Milliseconds per token over repeated answers. */
export interface TokenTime {
  medianMs: number;
  lowestMs: number;
  highestMs: number;
}

/** A held-out example to try, with what it needs to be judged. */
export interface TaskExample {
  prompt: string;
  target: string;
  /** SQL task: the table that the question is about. */
  table: { columns: string[]; rows: (string | number | null)[][] } | null;
}

// ---- Evaluation ---------------------------------------------------------------------------------------------------

/** `heldOut`: the held-out rows of the data that is read (all its rows where none are held out). */
export type EvaluationSource = { kind: 'heldOut' } | { kind: 'file'; file: File };

/** One answer with its own scores; `bleu` is the sentence's. Null where no answer was asked for. */
export interface EvaluatedAnswer {
  text: string | null;
  /** Nats per target token. */
  loss: number;
  exactMatch: boolean | null;
  bleu: number | null;
  rougeL: number | null;
  chrf: number | null;
}

/** One context and what every answerer said to it, in the order of the answerers. */
export interface EvaluatedQuestion {
  line: number;
  prompt: string;
  references: readonly string[];
  answers: EvaluatedAnswer[];
  /** From 0, all say the same, to 100. */
  disagreement: number;
}

/** Answerers by their place in an evaluation: the best at a score, those that the data cannot tell from it, the others. */
export interface ScoreVerdict {
  name: ScoreName;
  best: number;
  withinNoise: readonly number[];
  worse: readonly number[];
}

/** Several answerers on the same questions. */
export interface Evaluation {
  dataKey: string;
  dataName: string;
  rows: number;
  hasAnswers: boolean;
  /** `runId` null is the base. */
  answerers: { runId: string | null; evaluatedAt: number; scores: Scores }[];
  verdicts: ScoreVerdict[];
  questions: EvaluatedQuestion[];
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

// ---- Bigger machines ----------------------------------------------------------------------------------------------

export interface BigModel {
  id: string;
  title: string;
  /** Whether there are weights to fetch. */
  isOnHub: boolean;
  parameters: number;
  targets: Target[];
}

export type Machines = Pick<
  MachineSetup,
  'gpus' | 'gpuBytes' | 'sharding' | 'dtype' | 'checkpointing' | 'microBatch' | 'length'
>;

export interface BigRequest {
  modelId: string;
  settings: RunSettings;
  machines: Machines;
}

export type { BigPlan };

// ---- Commands and their replies -----------------------------------------------------------------------------------

/** Every command: what it carries and what its reply carries. */
export interface Calls {
  openDevice: { request: object; reply: DeviceState };

  /** For the runs that start from now on; null paces by default. */
  setPace: { request: { longestSubmitMs: number | null }; reply: null };

  listShelf: { request: object; reply: ShelfModel[] };
  describeModel: { request: { source: ModelSource }; reply: ModelDescription };
  /** Progress by `modelProgress`; cancelled by `cancel`. */
  loadModel: { request: { source: ModelSource; weights: WeightFormat }; reply: ModelDescription };
  /** Every repository that something is kept of, on the shelf or not. */
  listKept: { request: object; reply: KeptRepo[] };
  deleteCachedModel: { request: { repo: string }; reply: null };

  listTasks: { request: object; reply: BuiltinTask[] };
  /** Needs a loaded model (its tokenizer). Progress by `dataProgress`. */
  readData: { request: { source: DataSource; options: DataOptions }; reply: DataDescription };
  previewRows: { request: { from: number; count: number }; reply: PreviewRow[] };

  /** Needs a loaded model and data. */
  planRun: { request: RaceRequest; reply: RacePlan };
  /**
   * Chooses weight format, checkpointing, batch and accumulation for `budgetBytes` on the GPU. `source`: a model that is
   * not loaded, whose rows are taken to be as long as they may be; null is the loaded one, with the rows that were read.
   */
  fitRun: {
    request: { source: ModelSource | null; settings: RunSettings; samplePrompts: string[]; budgetBytes: number };
    reply: FitReply;
  };
  /** Replies as soon as the run exists; goes on by `runStatus`, `steps`, `evaluated`, `sampled`. */
  startRun: { request: RaceRequest & { name: string; initAdapterRunId?: string }; reply: RunRecord[] };
  /** Takes one adapter out of a race that is under way: it is kept as it is, and the others go on. */
  dropRun: { request: { runId: string }; reply: RunRecord };
  /** Of a race: all of it, whichever of its runs is named. */
  pauseRun: { request: { runId: string }; reply: RunRecord };
  /**
   * Also after a reload: loads model and data again where the worker can (built-in, Hub), else says what is needed. `steps`:
   * the new last step of a run that has finished; its race goes on with it.
   */
  resumeRun: { request: { runId: string; steps?: number }; reply: RunRecord };
  stopRun: { request: { runId: string }; reply: RunRecord };

  listRuns: { request: object; reply: RunRecord[] };
  readMetrics: { request: { runId: string }; reply: StepMetrics[] };
  renameRun: { request: { runId: string; name: string }; reply: RunRecord };
  deleteRun: { request: { runId: string }; reply: null };
  storageUsed: { request: object; reply: { usedBytes: number; quotaBytes: number } };

  /** Streams by `token`; all answerers answer the same prompt, one after another or together. */
  generate: {
    request: {
      requestId: string;
      prompt: string;
      useChatTemplate: boolean;
      answerer: Answerer;
      sampling: SamplingSettings;
    };
    reply: Answer;
  };
  taskExamples: { request: { taskId: string; count: number; seed: number }; reply: TaskExample[] };
  /** Runs a query on a table, for the SQL task. Errors of the query are in the reply. */
  runSql: {
    request: { table: NonNullable<TaskExample['table']>; query: string };
    reply: { columns: string[]; rows: string[][] } | { error: string };
  };
  /** Answers held-out rows of a task with base or adapter and judges them; progress by `judged`. */
  judgeTask: {
    request: { taskId: string; answerer: Answerer; rows: number };
    reply: { right: number; rows: number; low: number; high: number };
  };

  /**
   * Measures the base and these runs' adapters on the same rows, and keeps scores and answers with the runs. Progress by
   * `evaluating`; cancelled, those that are done stay kept. `contexts`: the first so many; null is all.
   */
  evaluateRuns: {
    request: {
      runIds: string[];
      withBase: boolean;
      source: EvaluationSource;
      contexts: number | null;
      generate: boolean;
    };
    reply: Evaluation;
  };
  /** What was kept of an evaluation: the base where it was asked, and those of these runs that were. */
  readEvaluation: { request: { runIds: string[]; dataKey: string }; reply: Evaluation };

  /**
   * Times the same number of tokens from the base, with the adapter beside the frozen weights, and with it merged into
   * them, each several times. The frozen weights are put back to the bit. Cancelled as `generate`.
   */
  timeMerged: {
    request: { runId: string; prompt: string; useChatTemplate: boolean };
    reply: { newTokens: number; base: TokenTime; unmerged: TokenTime; merged: TokenTime };
  };

  /**
   * The loaded model as a transformers.js folder in a zip, for onnxruntime: alone, with the run's adapter merged in, or with
   * it as inputs. Cancelled by `onnx`.
   */
  writeOnnxGraph: {
    request: { graph: 'base' | 'merged' | 'open'; runId: string; format: OnnxFormat };
    reply: Blob;
  };
  /** Logits [positions, vocabulary] of the last tokens of `ids`; fewer positions than wanted where the vocabulary is large. */
  readLogits: {
    request: { answerer: Answerer; ids: number[]; positions: number };
    reply: Float32Array<ArrayBuffer>;
  };

  /** Settings from a file or a link; `choices` where they are of a race. Fails with the field that is wrong. */
  readSettings: {
    request: { text: string };
    reply: { settings: RunSettings; choices: RaceChoices | null; taskId: string | null; firstRow: FirstRow | null };
  };

  /** What was measured before and kept with the run; null where it was not. */
  keptAnalysis: {
    request: { runId: string };
    reply: { spectra: MatrixSpectrum[] | null; amplifications: MatrixAmplification[] | null };
  };
  /** Singular values of every matrix's update. Progress by `analysed`; kept with the run. */
  analyseUpdates: { request: { runId: string }; reply: MatrixSpectrum[] };
  /** Reads the frozen weights from the model's files. Progress by `analysed`; kept with the run. */
  analyseAmplification: { request: { runId: string }; reply: MatrixAmplification[] };
  /**
   * φ for every i and j (row-major [rows, cols], from 1) between two runs' directions in one matrix, and of two random ones.
   * `a`: right singular vectors of A; `left`, `right`: those of ΔW. `dimensions`: of the space they lie in.
   */
  compareSubspaces: {
    request: { runIds: [string, string]; layer: number; target: Target; side: 'a' | 'left' | 'right' };
    reply: { rows: number; cols: number; dimensions: number; phi: number[]; random: number[] };
  };

  /** What an export would be. Reads no more of the base than its headers. */
  planExport: { request: { what: ExportWhat }; reply: ExportPlan };
  /** `file` is the download; null where it went elsewhere. Progress by `exportProgress`. Needs no GPU. */
  exportRun: {
    request: { what: ExportWhat; to: ExportTarget };
    reply: { fileName: string; file: Blob | null };
  };
  /** The files of a run's base, where the worker cannot find them itself. Fails where the adapter does not fit them. */
  bringBase: { request: { runId: string; files: File[] }; reply: null };
  /** Into one commit of a repository on the Hub, with a model card. Progress by `pushProgress`. */
  pushRun: {
    request: { what: ExportWhat; to: PushTarget };
    reply: { url: string; isNew: boolean; pushedFiles: number; pushedBytes: number; keptFiles: number };
  };
  /** Models that plans for bigger machines are made for, small ones first. */
  listBigModels: { request: object; reply: BigModel[] };
  /** By arithmetic alone; nothing is fetched. */
  planBigRun: { request: BigRequest; reply: BigPlan };
  /** A folder that starts this run at step 0 elsewhere, with the data that is read here. */
  exportBigRun: { request: BigRequest; reply: { fileName: string; zip: Blob } };
  /** A PEFT LoRA folder's files, or one zip of them; becomes a run of the Library. */
  importAdapter: { request: { files: File[] }; reply: RunRecord };
  /** Reads its configuration only. */
  lookUpAdapter: { request: { place: HubPlace }; reply: HubAdapter };
  /** As importAdapter, by its Hub id. Progress by `importProgress`. */
  importHubAdapter: { request: { place: HubPlace }; reply: RunRecord };

  /**
   * Stops whatever long work is going on of that kind; the stopped call fails with `isCancelled`. An answer that has
   * begun is not lost: `generate` replies with what came.
   */
  cancel: {
    request: {
      what: 'model' | 'data' | 'generate' | 'judge' | 'evaluate' | 'export' | 'push' | 'import' | 'analysis' | 'onnx';
    };
    reply: null;
  };
}

export type CallKind = keyof Calls;

export type Command = { [K in CallKind]: { kind: K; id: number } & Calls[K]['request'] }[CallKind];

export interface Failure {
  /** What happened, what was kept and what to do, in words for the page. */
  message: string;
  isCancelled: boolean;
  /** It is a matter of GPU memory: `fitRun` may help. */
  canFit: boolean;
}

export type Event =
  | { [K in CallKind]: { kind: 'reply'; to: K; id: number; value: Calls[K]['reply'] } }[CallKind]
  | { kind: 'failed'; id: number; failure: Failure }
  | { kind: 'device'; device: DeviceState }
  | { kind: 'modelProgress'; phase: LoadPhase; file: string; doneBytes: number; totalBytes: number }
  | { kind: 'dataProgress'; doneRows: number; totalRows: number }
  | { kind: 'runStatus'; run: RunRecord }
  /** New steps since the last event, at most some twenty times a second. */
  | { kind: 'steps'; runId: string; steps: StepMetrics[] }
  | { kind: 'evaluated'; runId: string; evaluation: EvaluationResult }
  | { kind: 'sampled'; runId: string; sample: SampleResult }
  | { kind: 'token'; requestId: string; text: string }
  | { kind: 'judged'; taskId: string; done: number; rows: number; right: number }
  /** Matrices measured. */
  | { kind: 'analysed'; runId: string; done: number; total: number }
  /** `share` of the whole evaluation, from 0 to 1; `runId` null is the base. */
  | { kind: 'evaluating'; runId: string | null; phase: 'loss' | 'answers'; done: number; total: number; share: number }
  | { kind: 'pushProgress'; progress: PushProgress }
  | { kind: 'importProgress'; file: string; doneBytes: number; totalBytes: number }
  /** First the base is downloaded, where it is not here, then files are written. */
  | { kind: 'exportProgress'; phase: 'base' | 'write'; doneBytes: number; totalBytes: number };

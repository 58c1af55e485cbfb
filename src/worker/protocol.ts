// What the page and the worker say to each other. Types only. The page sends commands; the worker answers each with one
// reply or failure that carries the command's id, and tells of progress by events in between. The worker owns the device,
// the model, the data and the run; the page owns nothing but what it shows.
import type { Target } from '../model/targets.ts';
import type { RaceChoices } from '../training/race.ts';
import type { RunSettings, WeightFormat } from '../training/settings.ts';
import type { MatrixAmplification, MatrixSpectrum } from './protocol/analysis.ts';
import type { BigModel, BigPlan, BigRequest } from './protocol/bigMachines.ts';
import type { BuiltinTask, DataDescription, DataOptions, DataSource, FirstRow, PreviewRow } from './protocol/data.ts';
import type { DeviceState } from './protocol/device.ts';
import type { Evaluation, EvaluationSource } from './protocol/evaluation.ts';
import type { ExportPlan, ExportTarget, ExportWhat, OnnxFormat } from './protocol/exports.ts';
import type { HubAdapter, HubPlace, PushProgress, PushTarget } from './protocol/hub.ts';
import type { KeptRepo, LoadPhase, ModelDescription, ModelSource, ShelfModel } from './protocol/model.ts';
import type { Answer, Answerer, SamplingSettings, TaskExample, TokenTime } from './protocol/playground.ts';
import type {
  EvaluationResult,
  FitReply,
  RacePlan,
  RaceRequest,
  RunRecord,
  SampleResult,
  StepMetrics,
} from './protocol/runs.ts';

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

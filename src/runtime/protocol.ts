// What the page and the ONNX worker say to each other. Types only. The page sends calls; the worker answers each with one
// reply or failure that carries the call's id, and tells of progress by events in between.
import type { SamplingSettings } from '../model/sampling.ts';

/** onnxruntime's execution providers that a browser has. */
export type Provider = 'webgpu' | 'wasm';

/** A file of an exported folder; `name` is its path with forward slashes. */
export interface FolderFile {
  name: string;
  blob: Blob;
}

export interface WebGpuState {
  /** In words for the page; null when WebGPU can be had. */
  refusal: string | null;
  /** Whether graphs in f16 can run on it. */
  hasF16: boolean;
}

/** One graph of the folder: the same model at some precision. */
export interface GraphChoice {
  /** Its path, as it was found. */
  file: string;
  /** f32, f16, 4-bit … as the file's name says it. */
  precision: string;
  /** With its external data. */
  sizeBytes: number;
  /** It computes in f16, which not every GPU does. */
  needsF16: boolean;
}

export interface FolderDescription {
  name: string;
  modelType: string;
  /** The most exact first. */
  graphs: GraphChoice[];
  /** Adapters for a graph that takes them as inputs. */
  adapters: { file: string; name: string; sizeBytes: number }[];
  hasChatTemplate: boolean;
  /** Longest prompt and answer together; null where config.json does not say. */
  maxPositions: number | null;
}

export interface OpenedAdapter {
  /** `file` of its FolderDescription. */
  file: string;
  name: string;
  /** The highest of its matrices. */
  rank: number;
}

export interface OpenedModel {
  modelId: string;
  provider: Provider;
  precision: string;
  /** Whether its adapters are inputs, given with each call. */
  takesAdapters: boolean;
  adapters: OpenedAdapter[];
  /** Reading the graph and making the session. */
  openMs: number;
}

/** Who answers: a model as it is, or with one of its adapters (`file` of OpenedAdapter). */
export interface Speaker {
  modelId: string;
  adapter: string | null;
}

export interface Prompt {
  text: string;
  useChatTemplate: boolean;
}

export interface RuntimeSampling extends SamplingSettings {
  maxNewTokens: number;
}

export interface RuntimeAnswer {
  text: string;
  /** Prompt and answer; the token that ended it is the last. */
  ids: number[];
  promptTokens: number;
  newTokens: number;
  firstTokenMs: number;
  elapsedMs: number;
  stoppedBy: 'end' | 'length' | 'cancelled';
}

export interface LogitsDifference {
  /** max |a − b| over every logit of every position compared. */
  largest: number;
  /** max |logit| of the expected ones. */
  scale: number;
  positions: number;
  /** Positions whose likeliest token is the same. */
  sameBest: number;
}

export interface Spread {
  median: number;
  lowest: number;
  highest: number;
}

/** One speaker's times over all rounds. */
export interface LaneTimes {
  firstTokenMs: Spread;
  msPerToken: Spread;
  /** msPerToken over that of the first lane in the same round. */
  ratio: Spread;
}

export interface Calls {
  /** Whether onnxruntime can use WebGPU here. Loads nothing. */
  probeWebGpu: { request: object; reply: WebGpuState };
  /** The files of a folder, or one zip of it. Fails with what is missing. */
  describeFolder: { request: { files: FolderFile[] }; reply: FolderDescription };
  /** Brings the runtime, reads the graph and makes a session, with every adapter of the folder. Progress by `opening`. */
  openModel: {
    request: { files: FolderFile[]; graph: string; provider: Provider };
    reply: OpenedModel;
  };
  closeModel: { request: { modelId: string }; reply: null };
  /** Streams by `token`. An answer that has begun is not lost when it is cancelled. */
  generate: {
    request: { requestId: string; speaker: Speaker; prompt: Prompt; sampling: RuntimeSampling };
    reply: RuntimeAnswer;
  };
  /**
   * Takes `ids` through the graph as an answer goes (the first `promptTokens` in pieces, the others one by one), and
   * compares the logits of the last positions with `expected`, [positions, vocabulary], whose last row is that of the
   * last id.
   */
  compareLogits: {
    request: { speaker: Speaker; ids: number[]; promptTokens: number; expected: Float32Array<ArrayBuffer> };
    reply: LogitsDifference;
  };
  /** The lanes take turns, after one round that is not counted. Progress by `timed`. */
  timeLanes: {
    request: { lanes: Speaker[]; prompt: Prompt; newTokens: number; rounds: number };
    reply: { promptTokens: number; lanes: LaneTimes[] };
  };
  /** Whatever is under way; it fails with `isCancelled`, or replies with the answer so far. */
  cancel: { request: object; reply: null };
}

export type CallKind = keyof Calls;
export type Command = { [K in CallKind]: { kind: K; id: number } & Calls[K]['request'] }[CallKind];

export interface Failure {
  /** What happened and what to do, in words for the page. */
  message: string;
  isCancelled: boolean;
}

export type OpeningPhase = 'runtime' | 'graph' | 'session';

export type Event =
  | { [K in CallKind]: { kind: 'reply'; to: K; id: number; value: Calls[K]['reply'] } }[CallKind]
  | { kind: 'failed'; id: number; failure: Failure }
  /** Fetching onnxruntime, reading the graph; making the session has no measure (totalBytes 0). */
  | { kind: 'opening'; phase: OpeningPhase; doneBytes: number; totalBytes: number }
  | { kind: 'token'; requestId: string; text: string }
  | { kind: 'timed'; done: number; total: number };

// Where a base model comes from, and what is known of it.
import type { Target } from '../../model/targets.ts';
import type { WeightFormat } from '../../training/settings.ts';

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

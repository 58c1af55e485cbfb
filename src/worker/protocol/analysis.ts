// What was measured inside an adapter.
import type { Target } from '../../model/targets.ts';

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

// What an evaluation measures. Types only: the worker, the Library and the command line keep the same records.

/**
 * `loss`: nats per target token. `perplexity`: exp(loss). `tokenAccuracy` and `exactMatch`: shares from 0 to 1.
 * `bleu`, `chrf` and `rougeL`: 0 to 100, as sacreBLEU and rouge-score (times 100) give them.
 */
export type ScoreName = 'loss' | 'perplexity' | 'tokenAccuracy' | 'exactMatch' | 'bleu' | 'rougeL' | 'chrf';

/** A score on all rows, and its 95 % interval over bootstrap resamples of the rows. */
export interface Score {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Questions (rows with one context) that it was computed from. */
  readonly n: number;
}

export type Scores = Readonly<Partial<Record<ScoreName, Score>>>;

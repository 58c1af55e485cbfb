// Asking base and adapters.

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

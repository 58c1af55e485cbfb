// Cross-entropy of the rows that carry loss, in plain loops over whole logits, in f64: loss = log Σ exp(W·h) - W[target]·h.

export interface CrossEntropyCase {
  /** Rows come in equal blocks, one block for each loss scale; the first lossRows of a block carry loss. */
  readonly rowsPerGroup: number;
  readonly lossRows: number;
  readonly lossScales: readonly number[];
  readonly hidden: number;
  readonly vocabulary: number;
  /** [groups · rowsPerGroup, hidden] */
  readonly x: ArrayLike<number>;
  /** [vocabulary, hidden] */
  readonly head: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
}

/** Per block the sum of losses and of rows whose best token is the target; dHidden is scaled by the block's loss scale. */
export function crossEntropy(c: CrossEntropyCase) {
  const groups = c.lossScales.length;
  const lossSums = new Float64Array(groups);
  const hits = new Float64Array(groups);
  const dHidden = new Float64Array(groups * c.rowsPerGroup * c.hidden);
  for (let row = 0; row < groups * c.rowsPerGroup; row++) {
    const group = Math.floor(row / c.rowsPerGroup);
    if (row % c.rowsPerGroup >= c.lossRows) continue;
    const target = c.targets[row]!;
    const logits = Array.from({ length: c.vocabulary }, (_, token) => {
      let logit = 0;
      for (let k = 0; k < c.hidden; k++) logit += c.head[token * c.hidden + k]! * c.x[row * c.hidden + k]!;
      return logit;
    });
    const largest = Math.max(...logits);
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    lossSums[group]! += largest + Math.log(sum) - logits[target]!;
    if (logits.indexOf(largest) === target) hits[group]! += 1;
    logits.forEach((logit, token) => {
      const slope = (Math.exp(logit - largest) / sum - (token === target ? 1 : 0)) * c.lossScales[group]!;
      for (let k = 0; k < c.hidden; k++) dHidden[row * c.hidden + k]! += slope * c.head[token * c.hidden + k]!;
    });
  }
  return { lossSums, hits, dHidden };
}

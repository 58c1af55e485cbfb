/**
 * Merges from the scores of SentencePiece's pieces: every way to make a piece of two others is a merge, the best piece
 * first. Source: transformers, `tokenization_utils_base.py` (`generate_merges`), which orders ties alike.
 */

interface Merge {
  left: string;
  right: string;
  score: number;
  leftSize: number;
  rightSize: number;
}

/** `ids`: the tokens that a merge may have or make. */
export function mergesByScore(
  tokens: readonly string[],
  scores: ArrayLike<number>,
  ids: ReadonlyMap<string, number>,
): [string, string][] {
  const merges: Merge[] = [];
  tokens.forEach((token, id) => {
    if (ids.get(token) !== id) return;
    const characters = [...token];
    const made: (Merge & { leftId: number; rightId: number })[] = [];
    let left = '';
    for (let at = 1; at < characters.length; at++) {
      left += characters[at - 1];
      const right = token.slice(left.length);
      const [leftId, rightId] = [ids.get(left), ids.get(right)];
      if (leftId === undefined || rightId === undefined) continue;
      const [leftSize, rightSize] = [at, characters.length - at];
      made.push({ left, right, score: scores[id] ?? 0, leftSize, rightSize, leftId, rightId });
    }
    merges.push(...made.sort((a, b) => a.leftId - b.leftId || a.rightId - b.rightId));
  });
  // Python's reversed sort is stable too: equal keys stay in the order made.
  merges.sort((a, b) => b.score - a.score || b.leftSize - a.leftSize || b.rightSize - a.rightSize);
  return merges.map(({ left, right }) => [left, right]);
}

/**
 * The reverse: scores by which llama.cpp, which merges the neighbours whose piece has the best score, makes the given
 * merges. The piece that the first merge makes is the best. `differing`: merges that are given and do not follow from
 * scores, or follow and are not given.
 */
export function scoresOf(
  tokens: readonly string[],
  isPiece: (id: number) => boolean,
  merges: readonly (readonly [string, string])[],
): { scores: Float32Array; differing: number } {
  const ranks = new Map<string, number>();
  for (const [left, right] of merges) if (!ranks.has(left + right)) ranks.set(left + right, ranks.size);
  const scores = Float32Array.from(tokens, (token, id) => {
    if (!isPiece(id)) return 0;
    return -(ranks.get(token) ?? ranks.size + id) - 1;
  });
  const ids = new Map<string, number>();
  tokens.forEach((token, id) => {
    if (isPiece(id)) ids.set(token, id);
  });
  const keys = (pairs: readonly (readonly [string, string])[]) => new Set(pairs.map((pair) => pair.join(' ')));
  const [given, made] = [keys(merges), keys(mergesByScore(tokens, scores, ids))];
  let differing = 0;
  for (const key of given) if (!made.has(key)) differing++;
  for (const key of made) if (!given.has(key)) differing++;
  let last = 0;
  for (const [left, right] of merges) {
    const rank = ranks.get(left + right) ?? 0;
    if (rank < last) differing++;
    else last = rank;
  }
  return { scores, differing };
}

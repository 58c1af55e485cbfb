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

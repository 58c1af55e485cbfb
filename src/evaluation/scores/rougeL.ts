// ROUGE-L (Lin, 2004) as the package rouge-score computes it without stemming: F1 of the longest common subsequence of
// lower-cased words of a–z and 0–9. Of several references the best counts.

/** From 0 to 1. */
export function rougeL(answer: string, references: readonly string[]): number {
  const words = rougeWords(answer);
  return references.reduce((best, reference) => Math.max(best, lcsF1(words, rougeWords(reference))), 0);
}

function rougeWords(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

function lcsF1(answer: readonly string[], reference: readonly string[]): number {
  const common = longestCommon(answer, reference);
  if (common === 0) return 0;
  const [precision, recall] = [common / answer.length, common / reference.length];
  return (2 * precision * recall) / (precision + recall);
}

/** Length of the longest common subsequence, one line of the table at a time. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  const line = new Uint32Array(b.length + 1);
  for (const word of a) {
    let diagonal = 0;
    for (let j = 1; j <= b.length; j++) {
      const above = line[j]!;
      line[j] = word === b[j - 1] ? diagonal + 1 : Math.max(above, line[j - 1]!);
      diagonal = above;
    }
  }
  return line.at(-1)!;
}

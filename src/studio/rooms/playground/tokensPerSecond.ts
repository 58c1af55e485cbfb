// Speed of generation once it runs: the tokens after the first, over the time after the first.
import type { Answer } from '../../../worker/protocol/playground.ts';

export function tokensPerSecond({
  newTokens,
  firstTokenMs,
  elapsedMs,
}: Pick<Answer, 'newTokens' | 'firstTokenMs' | 'elapsedMs'>): number | null {
  return newTokens > 1 && elapsedMs > firstTokenMs ? ((newTokens - 1) / (elapsedMs - firstTokenMs)) * 1000 : null;
}

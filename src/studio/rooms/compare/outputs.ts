// The answers that the compared runs gave to the same prompts, last of each.
import type { RunRecord } from '../../../worker/protocol.ts';

export interface PromptOutputs {
  prompt: string;
  /** By run, in their order; null where it was not asked. */
  texts: (string | null)[];
}

/** Prompts that two runs or more answered. */
export function outputsOf(runs: readonly RunRecord[]): PromptOutputs[] {
  const prompts = [...new Set(runs.flatMap(({ samples }) => samples.map(({ prompt }) => prompt)))];
  return prompts
    .map((prompt) => ({
      prompt,
      texts: runs.map(({ samples }) => samples.findLast((sample) => sample.prompt === prompt)?.text ?? null),
    }))
    .filter(({ texts }) => texts.filter((text) => text !== null).length > 1);
}

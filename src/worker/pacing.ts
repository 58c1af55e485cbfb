// How long a submit of the next run may take: as the person set it, or as this device is paced by default.
import { defaultSubmitMs } from '../gpu/pacer.ts';

let chosen: number | undefined;

/** `longestSubmitMs`: null is the default. Runs that are open keep theirs. */
export function setPace(longestSubmitMs: number | null): null {
  chosen = longestSubmitMs ?? undefined;
  return null;
}

export function longestSubmitMs(isSoftware: boolean): number {
  return chosen ?? defaultSubmitMs(isSoftware);
}

// How much GPU memory a run may be given when nobody says. WebGPU tells no total, so this is a guess on the safe side; what
// a person sets goes before it.

export interface MemoryFacts {
  /** The GPU is the CPU: its memory is the machine's. */
  readonly isSoftware: boolean;
  /** The adapter's largest buffer. Drivers give a quarter of the memory or more to one buffer. */
  readonly maxBufferBytes: number;
  /** Memory of the machine, where it is known. (Browsers round it, and tell no more than 8 or 32 GB.) */
  readonly machineBytes: number | undefined;
}

const LEAST = 1e9;
/** Without a figure for the machine no more than this is taken for granted. */
const UNKNOWN = 4e9;

/**
 * Half of the machine's memory, since most GPUs share it with everything else; where that is not known, two of the largest
 * buffers, up to 4 GB. Never less than 1 GB.
 */
export function likelyBudgetBytes({ isSoftware, maxBufferBytes, machineBytes }: MemoryFacts): number {
  if (machineBytes !== undefined) return Math.max(LEAST, machineBytes / 2);
  return Math.max(LEAST, isSoftware ? UNKNOWN / 2 : Math.min(UNKNOWN, 2 * maxBufferBytes));
}

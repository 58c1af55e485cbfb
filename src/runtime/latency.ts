// "No additional inference latency" (Hu et al. 2021, arXiv 2106.09685, section 4.1) as a measurement: several speakers
// generate the same number of tokens in turns, round after round, so that what slows the machine slows them alike.
import { best } from '../model/sampling.ts';
import type { AdapterFeeds, Decoder } from './decoder.ts';
import type { LaneTimes, Spread } from './protocol.ts';
import { letMessagesIn } from './turns.ts';

export interface Lane {
  readonly decoder: Decoder;
  readonly adapter: AdapterFeeds;
}

export interface LatencyRequest {
  readonly lanes: readonly Lane[];
  readonly ids: readonly number[];
  readonly newTokens: number;
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly onTurn: (done: number, total: number) => void;
}

interface Turn {
  readonly firstTokenMs: number;
  /** The median of its tokens after the first, so that a pause of the machine does not count. */
  readonly msPerToken: number;
}

/** Greedily, whatever the tokens are; the first round warms up and is not counted. */
export async function timeLanes(request: LatencyRequest): Promise<LaneTimes[]> {
  const { lanes, rounds, onTurn } = request;
  const turns: Turn[][] = [];
  for (let round = 0; round <= rounds; round++) {
    const now: Turn[] = [];
    for (const lane of lanes) {
      now.push(await takeTurn(lane, request));
      onTurn(round * lanes.length + now.length, (rounds + 1) * lanes.length);
    }
    if (round > 0) turns.push(now);
  }
  return lanes.map((_, lane) => ({
    firstTokenMs: spread(turns.map((round) => round[lane]!.firstTokenMs)),
    msPerToken: spread(turns.map((round) => round[lane]!.msPerToken)),
    ratio: spread(turns.map((round) => round[lane]!.msPerToken / round[0]!.msPerToken)),
  }));
}

async function takeTurn({ decoder, adapter }: Lane, { ids, newTokens, signal }: LatencyRequest): Promise<Turn> {
  const pause = () => letMessagesIn(signal);
  const conversation = decoder.start(adapter);
  try {
    await pause();
    let startedAt = performance.now();
    let newest = best(await conversation.take(ids, pause));
    const firstTokenMs = performance.now() - startedAt;
    const times: number[] = [];
    for (let i = 1; i < newTokens; i++) {
      await pause();
      startedAt = performance.now();
      newest = best(await conversation.take([newest], pause));
      times.push(performance.now() - startedAt);
    }
    return { firstTokenMs, msPerToken: spread(times).median };
  } finally {
    conversation.end();
  }
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  return { median, lowest: sorted[0]!, highest: sorted.at(-1)! };
}

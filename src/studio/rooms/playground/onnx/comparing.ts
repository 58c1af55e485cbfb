// The work behind the panel: the graphs are written by our engine's worker and handed to the runtime's as blobs; each is
// open only while it is asked, but for the timing, in which all take turns.
import { OnnxRuntime, RuntimeCallError, type RuntimeEvent } from '../../../../runtime/client.ts';
import type { OpenedModel, OpeningPhase, Speaker } from '../../../../runtime/protocol.ts';
import { CallError, call } from '../../../../worker/client.ts';
import type { Answerer } from '../../../../worker/protocol/playground.ts';
import { messageOf } from '../../../stores/messageOf.ts';
import { usePlayground } from '../playgroundStore.ts';
import { type Comparison, type Conditions, useOnnx } from './onnxStore.ts';

/** What is asked, and of whom; `runId` null: of the base alone. */
export interface Subject {
  runId: string | null;
  adapterName: string;
  prompt: string;
  useChatTemplate: boolean;
}

type Graph = 'base' | 'merged' | 'open';

/** Enough to compile what will run. */
const WARM_UP_TOKENS = 2;
const TIMED_TOKENS = 24;
const ROUNDS = 9;

const GRAPH_NAMES: Record<Graph, string> = {
  base: 'the base',
  merged: 'the merged model',
  open: 'the base with the adapter open',
};
const PHASES: Record<OpeningPhase, string> = {
  runtime: 'Fetching onnxruntime',
  graph: 'Reading',
  session: 'Making a session of',
};

let runtime: OnnxRuntime | null = null;
let opening = '';

export function compareEngines(subject: Subject, conditions: Conditions): Promise<void> {
  return working(async (session) => {
    useOnnx.setState({ compared: null });
    const rows: Comparison[] = [];
    const { runId } = subject;
    const base: Answerer = { kind: 'base' };
    const adapter: Answerer | null = runId === null ? null : { kind: 'adapter', runId, strength: 1 };
    const hear = async (name: string, ours: Answerer, speaker: Speaker) => {
      rows.push(await compare(session, subject, name, ours, speaker));
      useOnnx.setState({ compared: { ...conditions, rows: [...rows] } });
    };
    const open = await openGraph(session, adapter === null ? 'base' : 'open', subject, conditions);
    await hear('Base', base, { modelId: open.modelId, adapter: null });
    if (adapter === null) return;
    const file = open.adapters[0]?.file ?? null;
    await hear(`${subject.adapterName}, beside W`, adapter, { modelId: open.modelId, adapter: file });
    await session.call('closeModel', { modelId: open.modelId });
    const merged = await openGraph(session, 'merged', subject, conditions);
    await hear(`${subject.adapterName}, merged`, adapter, { modelId: merged.modelId, adapter: null });
  });
}

/** "No additional inference latency", measured: the base first, which the others are set against. */
export function measureLatency(subject: Subject, conditions: Conditions): Promise<void> {
  return working(async (session) => {
    useOnnx.setState({ timed: null });
    const base = await openGraph(session, 'base', subject, conditions);
    const merged = await openGraph(session, 'merged', subject, conditions);
    const open = await openGraph(session, 'open', subject, conditions);
    const lanes: { name: string; speaker: Speaker }[] = [
      { name: 'Base', speaker: { modelId: base.modelId, adapter: null } },
      { name: 'Adapter merged', speaker: { modelId: merged.modelId, adapter: null } },
      { name: 'Adapter beside W', speaker: { modelId: open.modelId, adapter: open.adapters[0]?.file ?? null } },
      { name: 'Open graph, no adapter', speaker: { modelId: open.modelId, adapter: null } },
    ];
    const { promptTokens, lanes: times } = await session.call('timeLanes', {
      lanes: lanes.map(({ speaker }) => speaker),
      prompt: { text: subject.prompt, useChatTemplate: subject.useChatTemplate },
      newTokens: TIMED_TOKENS,
      rounds: ROUNDS,
    });
    const results = lanes.flatMap(({ name }, i) => (times[i] ? [{ name, times: times[i] }] : []));
    const latency = { lanes: results, promptTokens, newTokens: TIMED_TOKENS, rounds: ROUNDS };
    useOnnx.setState({ timed: { ...conditions, ...latency } });
  });
}

/** Ends what is under way, in both workers, and gives the runtime's memory back. */
export async function cancelOnnx(): Promise<void> {
  runtime?.close();
  await call('cancel', { what: 'onnx' });
}

async function working(work: (session: OnnxRuntime) => Promise<void>): Promise<void> {
  if (useOnnx.getState().work.kind === 'running') return;
  const session = new OnnxRuntime(tell);
  runtime = session;
  try {
    await work(session);
    useOnnx.setState({ work: { kind: 'idle' } });
  } catch (error) {
    const isCancelled = (error instanceof CallError || error instanceof RuntimeCallError) && error.isCancelled;
    useOnnx.setState({ work: isCancelled ? { kind: 'idle' } : { kind: 'failed', message: messageOf(error) } });
  } finally {
    session.close();
    runtime = null;
  }
}

async function compare(
  session: OnnxRuntime,
  { prompt, useChatTemplate }: Subject,
  name: string,
  answerer: Answerer,
  speaker: Speaker,
): Promise<Comparison> {
  const { maxNewTokens } = usePlayground.getState().sampling;
  const greedy = { maxNewTokens, temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1, seed: 0 };
  const requestId = 'onnx';
  const ask = { requestId, prompt, useChatTemplate, answerer };
  say(`${name}: our engine answers`);
  await call('generate', { ...ask, sampling: { ...greedy, maxNewTokens: WARM_UP_TOKENS } });
  const ours = await call('generate', { ...ask, sampling: greedy });
  say(`${name}: onnxruntime answers`);
  const asked = { requestId, speaker, prompt: { text: prompt, useChatTemplate } };
  await session.call('generate', { ...asked, sampling: { ...greedy, maxNewTokens: WARM_UP_TOKENS } });
  const theirs = await session.call('generate', { ...asked, sampling: greedy });
  say(`${name}: comparing the logits`);
  // The last token was drawn, and went nowhere.
  const ids = theirs.ids.slice(0, -1);
  const expected = await call('readLogits', { answerer, ids, positions: ids.length });
  const { promptTokens } = theirs;
  const difference = await session.call('compareLogits', { speaker, ids, promptTokens, expected }, [expected.buffer]);
  return { name, ours, theirs, difference };
}

async function openGraph(
  session: OnnxRuntime,
  graph: Graph,
  { runId }: Subject,
  { format, provider }: Conditions,
): Promise<OpenedModel> {
  opening = GRAPH_NAMES[graph];
  say(`Writing ${opening} as ONNX`);
  const blob = await call('writeOnnxGraph', { graph, runId: runId ?? '', format });
  const files = [{ name: `${graph}.zip`, blob }];
  const folder = await session.call('describeFolder', { files });
  const file = folder.graphs[0]?.file ?? '';
  return session.call('openModel', { files, graph: file, provider });
}

function say(label: string, share: number | null = null): void {
  useOnnx.setState({ work: { kind: 'running', label, share } });
}

function tell(event: RuntimeEvent): void {
  if (useOnnx.getState().work.kind !== 'running') return;
  if (event.kind === 'timed') say('Timing, in turns', event.done / event.total);
  if (event.kind !== 'opening') return;
  const { phase, doneBytes, totalBytes } = event;
  const label = phase === 'runtime' ? PHASES.runtime : `${PHASES[phase]} ${opening}`;
  say(label, totalBytes === 0 ? null : doneBytes / totalBytes);
}

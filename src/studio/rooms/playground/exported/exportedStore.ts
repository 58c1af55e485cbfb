// Talking to an exported ONNX folder in onnxruntime-web: which folder, which of its graphs, where it runs, and the answer.
import { create } from 'zustand';
import { OnnxRuntime, RuntimeCallError, type RuntimeEvent } from '../../../../runtime/client.ts';
import type {
  FolderDescription,
  FolderFile,
  OpenedModel,
  OpeningPhase,
  Provider,
  RuntimeAnswer,
  WebGpuState,
} from '../../../../runtime/protocol.ts';
import { useDeviceStore } from '../../../stores/deviceStore.ts';
import { messageOf } from '../../../stores/messageOf.ts';
import { usePlayground } from '../playgroundStore.ts';

/** A folder that was picked, and how it is run. */
export interface Chosen {
  files: FolderFile[];
  folder: FolderDescription;
  webGpu: WebGpuState;
  /** `file` of the folder's graphs. */
  graph: string;
  provider: Provider;
}

export interface Opening {
  phase: OpeningPhase;
  doneBytes: number;
  totalBytes: number;
}

export type ExportedState =
  | { kind: 'none' }
  | { kind: 'reading' }
  | { kind: 'opening'; chosen: Chosen; progress: Opening | null }
  | { kind: 'open'; chosen: Chosen; model: OpenedModel }
  /** `chosen` null: it is no exported folder. */
  | { kind: 'failed'; chosen: Chosen | null; message: string };

export type ExportedAnswer =
  | { kind: 'none' }
  | { kind: 'answering'; requestId: string; speaker: string; text: string }
  | { kind: 'answered'; speaker: string; answer: RuntimeAnswer }
  | { kind: 'failed'; message: string };

interface Exported {
  state: ExportedState;
  /** `file` of the folder's adapters; null is the base. */
  adapter: string | null;
  answer: ExportedAnswer;
}

export const useExported = create<Exported>()(() => ({
  state: { kind: 'none' },
  adapter: null,
  answer: { kind: 'none' },
}));

let runtime = new OnnxRuntime(receive);

/** Ends what the former folder does, and gives its memory back. */
function renewRuntime(): void {
  runtime.close();
  runtime = new OnnxRuntime(receive);
}

function receive(event: RuntimeEvent): void {
  if (event.kind === 'opening') {
    const { phase, doneBytes, totalBytes } = event;
    const { state } = useExported.getState();
    if (state.kind === 'opening') setState({ ...state, progress: { phase, doneBytes, totalBytes } });
  } else if (event.kind === 'token') {
    const { answer } = useExported.getState();
    if (answer.kind !== 'answering' || answer.requestId !== event.requestId) return;
    useExported.setState({ answer: { ...answer, text: answer.text + event.text } });
  }
}

function setState(state: ExportedState): void {
  useExported.setState({ state });
}

/** Reads what the files are, then opens the most exact graph where it runs best. */
export async function openFolder(files: FolderFile[]): Promise<void> {
  if (files.length === 0) return;
  forgetFolder();
  setState({ kind: 'reading' });
  try {
    const [folder, webGpu] = await Promise.all([
      runtime.call('describeFolder', { files }),
      runtime.call('probeWebGpu', {}),
    ]);
    const [graph] = folder.graphs;
    if (graph === undefined) throw new Error('This folder has no graph.');
    await open({ files, folder, webGpu, graph: graph.file, provider: bestProvider(graph.needsF16, webGpu) });
  } catch (error) {
    if (!isCancelled(error)) setState({ kind: 'failed', chosen: null, message: messageOf(error) });
  }
}

/** Opens the folder that was picked in another way. */
export async function reopen(change: Partial<Pick<Chosen, 'graph' | 'provider'>>): Promise<void> {
  const { state } = useExported.getState();
  if (!('chosen' in state) || state.chosen === null) return;
  const { chosen } = state;
  renewRuntime();
  await open({ ...chosen, ...change });
}

async function open(chosen: Chosen): Promise<void> {
  useExported.setState({ state: { kind: 'opening', chosen, progress: null }, adapter: null, answer: { kind: 'none' } });
  try {
    const { files, graph, provider } = chosen;
    const model = await runtime.call('openModel', { files, graph, provider });
    useExported.setState({ state: { kind: 'open', chosen, model }, adapter: model.adapters[0]?.file ?? null });
  } catch (error) {
    if (!isCancelled(error)) setState({ kind: 'failed', chosen, message: messageOf(error) });
  }
}

/** Gives the folder up with everything that it holds. */
export function forgetFolder(): void {
  renewRuntime();
  useExported.setState({ state: { kind: 'none' }, adapter: null, answer: { kind: 'none' } });
}

/** Another adapter answers what was asked again. */
export function chooseAdapter(adapter: string | null): void {
  const hasAnswer = useExported.getState().answer.kind === 'answered';
  useExported.setState({ adapter });
  if (hasAnswer) void ask();
}

let asked = 0;

export async function ask(): Promise<void> {
  const { state, adapter } = useExported.getState();
  const { prompt, useChatTemplate, sampling } = usePlayground.getState();
  if (state.kind !== 'open' || prompt === '') return;
  const { model, chosen } = state;
  asked += 1;
  const requestId = `exported-${asked}`;
  const speaker = model.adapters.find(({ file }) => file === adapter)?.name ?? 'Base';
  useExported.setState({ answer: { kind: 'answering', requestId, speaker, text: '' } });
  const isCurrent = () => {
    const { answer } = useExported.getState();
    return answer.kind === 'answering' && answer.requestId === requestId;
  };
  try {
    const answer = await runtime.call('generate', {
      requestId,
      speaker: { modelId: model.modelId, adapter },
      prompt: { text: prompt, useChatTemplate: useChatTemplate && chosen.folder.hasChatTemplate },
      sampling,
    });
    if (isCurrent()) useExported.setState({ answer: { kind: 'answered', speaker, answer } });
  } catch (error) {
    if (!isCurrent()) return;
    const answer: ExportedAnswer = isCancelled(error)
      ? { kind: 'none' }
      : { kind: 'failed', message: messageOf(error) };
    useExported.setState({ answer });
  }
}

export async function cancelAnswer(): Promise<void> {
  await runtime.call('cancel', {});
}

/** Why a graph cannot run there; null when it can. */
export function providerRefusal(
  provider: Provider,
  needsF16: boolean,
  { refusal, hasF16 }: WebGpuState,
): string | null {
  if (provider === 'wasm') return null;
  if (refusal !== null) return refusal;
  return needsF16 && !hasF16 ? 'this GPU computes no f16 (shader-f16)' : null;
}

/** WebGPU on the processor is slower than WebAssembly. */
function bestProvider(needsF16: boolean, webGpu: WebGpuState): Provider {
  const { device } = useDeviceStore.getState();
  const isSoftware = device.kind === 'ready' && device.isSoftware;
  return isSoftware || providerRefusal('webgpu', needsF16, webGpu) !== null ? 'wasm' : 'webgpu';
}

function isCancelled(error: unknown): boolean {
  return error instanceof RuntimeCallError && error.isCancelled;
}

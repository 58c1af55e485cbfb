// The ONNX worker's entry: takes commands, answers each with one reply or failure. What they do is in the files beside.
import { promptIds } from '../data/prompting.ts';
import { answer, checkedRoom } from './answering.ts';
import { timeLanes } from './latency.ts';
import { logitsDifference } from './logitsDifference.ts';
import { failureOf, OnnxError } from './onnxError.ts';
import { closeModel, describeFolder, openModel, speakerOf } from './openedModels.ts';
import { probeWebGpu } from './ortRuntime.ts';
import type { Calls, Command, Event } from './protocol.ts';
import { cancelAll, inTurn } from './turns.ts';

self.addEventListener('message', ({ data }: MessageEvent<Command>) => {
  perform(data).catch((error: unknown) => post({ kind: 'failed', id: data.id, failure: failureOf(error) }));
});

function post(event: Event): void {
  self.postMessage(event);
}

async function perform(command: Command): Promise<void> {
  const reply = { kind: 'reply', id: command.id } as const;
  switch (command.kind) {
    case 'probeWebGpu':
      return post({ ...reply, to: command.kind, value: await probeWebGpu() });
    case 'describeFolder':
      return post({ ...reply, to: command.kind, value: await describeFolder(command) });
    case 'openModel':
      return post({
        ...reply,
        to: command.kind,
        value: await inTurn((signal) => openModel(command, tellOpening, signal)),
      });
    case 'closeModel':
      await inTurn(() => closeModel(command.modelId));
      return post({ ...reply, to: command.kind, value: null });
    case 'generate':
      return post({ ...reply, to: command.kind, value: await inTurn((signal) => generate(command, signal)) });
    case 'compareLogits':
      return post({ ...reply, to: command.kind, value: await inTurn((signal) => compareLogits(command, signal)) });
    case 'timeLanes':
      return post({ ...reply, to: command.kind, value: await inTurn((signal) => timed(command, signal)) });
    case 'cancel':
      cancelAll();
      return post({ ...reply, to: command.kind, value: null });
    default:
      return command satisfies never;
  }
}

let toldAt = Number.NEGATIVE_INFINITY;

/** At most some twenty times a second, but the end of each phase. */
function tellOpening(phase: 'runtime' | 'graph' | 'session', doneBytes: number, totalBytes: number): void {
  if (doneBytes < totalBytes && performance.now() - toldAt < 50) return;
  toldAt = performance.now();
  post({ kind: 'opening', phase, doneBytes, totalBytes });
}

function generate({ requestId, speaker, prompt, sampling }: Calls['generate']['request'], signal: AbortSignal) {
  const { decoder, tokenizer, maxPositions, feeds } = speakerOf(speaker);
  const onText = (text: string) => {
    if (text !== '') post({ kind: 'token', requestId, text });
  };
  return answer({ decoder, adapter: feeds, tokenizer, maxPositions, prompt, sampling, signal, onText });
}

function compareLogits(
  { speaker, ids, promptTokens, expected }: Calls['compareLogits']['request'],
  signal: AbortSignal,
) {
  const { decoder, feeds } = speakerOf(speaker);
  return logitsDifference({ decoder, adapter: feeds, ids, oneByOne: ids.length - promptTokens, expected, signal });
}

async function timed({ lanes, prompt, newTokens, rounds }: Calls['timeLanes']['request'], signal: AbortSignal) {
  const speakers = lanes.map(speakerOf);
  const [first] = speakers;
  if (!first) throw new OnnxError('Nothing to time.');
  const ids = promptIds(first.tokenizer, prompt.text, prompt.useChatTemplate);
  const room = checkedRoom(ids.length, first.maxPositions);
  if (room < newTokens) throw new OnnxError(`The prompt leaves room for ${room} tokens; timing takes ${newTokens}.`);
  const onTurn = (done: number, total: number) => post({ kind: 'timed', done, total });
  const times = speakers.map(({ decoder, feeds }) => ({ decoder, adapter: feeds }));
  return { promptTokens: ids.length, lanes: await timeLanes({ lanes: times, ids, newTokens, rounds, signal, onTurn }) };
}

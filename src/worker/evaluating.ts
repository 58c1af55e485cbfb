// Evaluate: base and adapters measured on the same rows, one after another, and kept as each is done: the scores in the
// runs' records, the answers beside them.
import { prepareDataset } from '../data/dataset.ts';
import type { EncodedData } from '../data/encodeExamples.ts';
import { openFile } from '../data/parseFile.ts';
import { type Measured, measure } from '../evaluation/evaluate.ts';
import { canAsk, newTokensFor, type Question, questionsKey, questionsOf } from '../evaluation/questions.ts';
import type { StoredAnswers } from '../storage/runLibrary.ts';
import { openAdapter } from './adapterStore.ts';
import { cancel, cancellable } from './cancelling.ts';
import { readDataOf, requireData } from './dataSession.ts';
import { evaluationOf, keepScores } from './evaluationRecords.ts';
import { WorkerError } from './failure.ts';
import { library } from './library.ts';
import { withFrozen } from './mergedState.ts';
import { type LoadedModel, onModelLeaving, requireModel } from './modelSession.ts';
import { post } from './post.ts';
import type { Evaluation, EvaluationSource } from './protocol/evaluation.ts';
import type { Calls } from './protocol.ts';

let underWay: Promise<unknown> = Promise.resolve();

// What lies on the GPU for it goes before the model does.
onModelLeaving(async () => {
  cancel('evaluate');
  await underWay;
});

export function evaluateRuns(request: Calls['evaluateRuns']['request']): Promise<Evaluation> {
  const before = underWay;
  const evaluation = cancellable('evaluate', async (signal) => {
    await before;
    signal.throwIfAborted();
    return withFrozen(() => run(request, signal));
  });
  underWay = evaluation.catch(() => undefined);
  return evaluation;
}

export async function readEvaluation({ runIds, dataKey }: Calls['readEvaluation']['request']): Promise<Evaluation> {
  return evaluationOf([baseId(requireModel()), ...runIds], dataKey);
}

async function run(request: Calls['evaluateRuns']['request'], signal: AbortSignal): Promise<Evaluation> {
  const { runIds, withBase, generate } = request;
  const model = requireModel();
  const { data, name } = await rowsOf(request.source, model, signal);
  const questions = questionsOf(data, model.tokenizer, request.contexts ?? undefined);
  if (generate && !canAsk(questions)) {
    throw new WorkerError('These rows are plain text, which asks nothing: evaluate them without answers.');
  }
  const maxNewTokens = generate ? newTokensFor(questions) : undefined;
  const dataKey = questionsKey(questions);
  const answerers = [...(withBase ? [null] : []), ...runIds];
  for (const [place, runId] of answerers.entries()) {
    const measured = await measure({
      ...{ gpu: model.gpu, model: model.frozen, tokenizer: model.tokenizer, questions, maxNewTokens, signal },
      adapter: runId === null ? undefined : await openAdapter(runId, model.frozen.architecture),
      onProgress: (share, phase, done, total) =>
        post({ kind: 'evaluating', runId, phase, done, total, share: (place + share) / answerers.length }),
    });
    const ownerId = runId ?? baseId(model);
    await (await library()).putAnswers(recordOf(questions, measured, { ownerId, dataKey, dataName: name }));
    // As each is done, so that a cancelled evaluation keeps those that were.
    if (runId !== null) await keepScores(await evaluationOf([baseId(model), runId], dataKey));
  }
  return evaluationOf([baseId(model), ...runIds], dataKey);
}

/** Names the loaded model among those that answer. */
function baseId({ description, storage, mark = '' }: LoadedModel): string {
  return `base ${description.baseModelId}${mark} ${storage}`;
}

function recordOf(
  questions: readonly Question[],
  { losses, answers }: Measured,
  of: Pick<StoredAnswers, 'ownerId' | 'dataKey' | 'dataName'>,
): StoredAnswers {
  return {
    ...of,
    evaluatedAt: Date.now(),
    questions: questions.map(({ line, prompt, references, rows }) => ({ line, prompt, references, rows: rows.length })),
    losses,
    answers: answers ?? null,
  };
}

/** A file is read with the rendering of the data that is read, where it has the same columns, else by its own. */
async function rowsOf(
  source: EvaluationSource,
  model: LoadedModel,
  signal: AbortSignal,
): Promise<{ data: EncodedData; name: string }> {
  if (source.kind === 'heldOut') {
    const { dataset, description } = requireData();
    const which = dataset.validation ? 'held-out rows' : 'training rows';
    return { data: dataset.validation ?? dataset.train, name: `${description.name}, ${which}` };
  }
  const read = readDataOf(model);
  const common = {
    tokenizer: model.tokenizer,
    maxLength: read?.options.maxLength ?? Math.min(512, model.description.maxPositions),
    mayGuessBlindly: true,
    firstRow: read?.options.firstRow,
    seed: 0,
    signal,
  };
  const known = read && { mapping: read.dataset.mapping, prompt: read.dataset.prompt };
  const columns = new Set((await openFile(source.file, common)).columns);
  const isAlike = read?.dataset.file.columns.every((column) => columns.has(column)) === true;
  const { train } = await prepareDataset(source.file, { ...common, ...(isAlike ? known : {}) });
  return { data: train, name: source.file.name };
}

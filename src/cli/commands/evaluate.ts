// `evaluate`: the base and adapters on the same rows of a data file: loss, perplexity and token accuracy, and of the answers
// exact match, BLEU, ROUGE-L and chrF, each with its interval.

import { basename, resolve } from 'node:path';
import { prepareDataset } from '../../data/dataset.ts';
import { openTokenizer } from '../../data/openTokenizer.ts';
import { typedTemplate } from '../../data/template.ts';
import { FIRST_ROWS } from '../../data/types.ts';
import { checkVocabulary } from '../../data/vocabularyCheck.ts';
import { type Measured, measure } from '../../evaluation/evaluate.ts';
import { canAsk, newTokensFor, questionsOf } from '../../evaluation/questions.ts';
import { RESAMPLES, resample } from '../../evaluation/resampling.ts';
import { ModelError } from '../../model/modelError.ts';
import { type LocalAdapter, openLocalAdapter } from '../adapterFolder.ts';
import { dataFile, tellReading } from '../dataFile.ts';
import { answerLines, evaluationJson, evaluationLines, evaluationTable } from '../evaluationText.ts';
import type { FlagKind, Flags } from '../flags.ts';
import { InputError } from '../inputError.ts';
import { maxLengthFor } from '../lengths.ts';
import { MAPPING_FLAGS, mappingOf } from '../mappingFlags.ts';
import { modelFlag } from '../modelFlag.ts';
import { openLocalModel, withLoadedModel } from '../modelFolder.ts';
import { writeTextFile } from '../outputFiles.ts';
import { progressBar } from '../progress.ts';
import { RACE_TABLE } from '../raceTable.ts';
import { isStateFolder } from '../savedRun.ts';
import { weightsFlag } from '../weightsFlag.ts';

export const EVALUATE_FLAGS: Readonly<Record<string, FlagKind>> = {
  model: 'text',
  adapter: 'texts',
  weights: 'text',
  data: 'text',
  template: 'text',
  'first-row': 'text',
  ...MAPPING_FLAGS,
  'max-length': 'text',
  generate: 'switch',
  'max-new-tokens': 'text',
  limit: 'text',
  answers: 'text',
  json: 'optional',
};

/** For the resamples. */
const SEED = 42;

interface Answerer {
  readonly name: string;
  readonly path: string | undefined;
  readonly adapter: LocalAdapter | undefined;
}

export async function evaluate(flags: Flags): Promise<void> {
  const modelPath = await modelFlag(flags);
  const dataPath = flags.required('data');
  const wantedLength = flags.number('max-length', { least: 2, isWhole: true });
  const limit = flags.number('limit', { least: 1, isWhole: true });
  const wantedTokens = flags.number('max-new-tokens', { least: 1, isWhole: true });
  const answersPath = flags.text('answers');
  const jsonPath = flags.text('json');
  const isForProgram = jsonPath === '';
  const template = flags.text('template');
  const firstRow = flags.choice('first-row', FIRST_ROWS);
  const mapping = mappingOf(flags);
  refuseOverData(dataPath, { answers: answersPath, json: jsonPath });
  const adapterPaths = adapterPathsOf(flags);
  const wantsAnswers = flags.has('generate') || answersPath !== undefined;
  if (wantedTokens !== undefined && !wantsAnswers) {
    throw new InputError('--max-new-tokens is for answers; add --generate');
  }
  const file = dataFile(dataPath);
  const local = await openLocalModel(modelPath);
  const { architecture } = local;
  const tokenizer = await openTokenizer(local.folder);
  const names = namesOf(adapterPaths);
  const adapters: Answerer[] = [];
  for (const [i, path] of adapterPaths.entries()) {
    adapters.push({ name: names[i]!, path, adapter: await openLocalAdapter(path, architecture) });
  }
  const dataset = await prepareDataset(file, {
    firstRow,
    mapping,
    tokenizer,
    maxLength: maxLengthFor(architecture, wantedLength),
    ...(template === undefined ? {} : { prompt: { kind: 'template', template: typedTemplate(template) } }),
    seed: 0,
  });
  const { train } = dataset;
  checkVocabulary(train.rows, architecture.vocabularySize);
  tellReading(dataPath, dataset, firstRow);
  const questions = questionsOf(train, tokenizer, limit);
  if (wantsAnswers && !canAsk(questions)) {
    throw new InputError(`${dataPath}: its rows are plain text, which asks nothing; leave out --generate`);
  }
  const maxNewTokens = wantsAnswers ? (wantedTokens ?? newTokensFor(questions)) : undefined;
  const base: Answerer = { name: 'base', path: undefined, adapter: undefined };
  // One line for a program is about what it named; a table or a file sets the base beside it.
  const answerers = isForProgram && adapters.length > 0 ? adapters : [base, ...adapters];
  const measured: Measured[] = [];
  await withLoadedModel(local, weightsFlag(flags, local), async (gpu, model) => {
    const bar = progressBar('Evaluating');
    for (const [i, { name, adapter }] of answerers.entries()) {
      const onProgress = (share: number, phase: string, done: number, total: number) =>
        bar.show(i + share, answerers.length, `${name}: ${phase} ${done}/${total}`);
      const options = { gpu, model, tokenizer, adapter, questions, maxNewTokens, onProgress };
      const measuring = measure(options).catch((error: unknown) => {
        throw error instanceof ModelError ? new ModelError(`${name}: ${error.message}`) : error;
      });
      measured.push(await measuring);
    }
    bar.end();
  });
  const evaluation = {
    model: modelPath,
    data: dataPath,
    questions,
    maxNewTokens,
    answerers: answerers.map(({ name, path }) => ({ name, path })),
    measured,
    resampled: resample(questions, measured, SEED),
    resampling: { resamples: RESAMPLES, seed: SEED },
  };
  // Said first: a file that cannot be written costs no results.
  process.stdout.write(isForProgram ? evaluationLines(evaluation) : evaluationTable(evaluation));
  if (answersPath !== undefined) await writeTextFile(answersPath, answerLines(evaluation));
  if (jsonPath) await writeTextFile(jsonPath, evaluationJson(evaluation));
}

/** `--adapter A --adapter B`, or `--adapter A B`, as a shell writes `--adapter race/*`. */
function adapterPathsOf(flags: Flags): string[] {
  const given = flags.texts('adapter');
  const [word] = flags.words;
  if (word !== undefined && given.length === 0) throw new InputError(`evaluate: ${word} belongs to no flag`);
  const all = [...given, ...flags.words];
  const adapters = all.filter((path) => !isRaceKeeping(path));
  return adapters.length > 0 ? adapters : all;
}

/** What `race/*` names beside the adapters: the table and the state. */
function isRaceKeeping(path: string): boolean {
  return basename(path) === RACE_TABLE || isStateFolder(path);
}

/** Throws InputError for a file to write that is the data. */
function refuseOverData(dataPath: string, outputs: Readonly<Record<string, string | undefined>>): void {
  for (const [flag, path] of Object.entries(outputs)) {
    if (path && resolve(path) === resolve(dataPath)) throw new InputError(`--${flag}: ${path} is the data itself`);
  }
}

/** Folder names, or whole paths where two are called the same. */
function namesOf(paths: readonly string[]): string[] {
  const names = paths.map((path) => basename(resolve(path)).replace(/\.zip$/i, ''));
  return names.map((name, i) =>
    name === 'base' || names.indexOf(name) !== names.lastIndexOf(name) ? paths[i]! : name,
  );
}

// Evaluate: choose runs and rows, measure, and read what came of it. What was kept of earlier evaluations opens here too.
import { Button } from '@mantine/core';
import { useMemo } from 'react';
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { formatExact, formatNoun } from '../../../format.ts';
import { Check } from '../../../panels/Check.tsx';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { Panel } from '../../../panels/Panel.tsx';
import { PickButton } from '../../../panels/PickButton.tsx';
import { ProgressBar } from '../../../panels/ProgressBar.tsx';
import { RadioChips } from '../../../panels/RadioChips.tsx';
import { DATA_ENDINGS } from '../../../stores/chooseData.ts';
import { knownRows, useDataStore } from '../../../stores/dataStore.ts';
import { type AdapterChoice, answererName, nameWithRank } from '../answererChoices.ts';
import { AnswerTable } from './AnswerTable.tsx';
import styles from './evaluate.module.css';
import { cancelEvaluation, evaluateRuns, useEvaluate } from './evaluateStore.ts';
import { distinctNames } from './evaluationWords.ts';
import { KeptEvaluations } from './KeptEvaluations.tsx';
import { ScoreTable } from './ScoreTable.tsx';

const CONTEXTS = [50, 200, 1000, 0];
/** Chosen until the person chooses: as a race leaves them. */
const PROPOSED = 4;

interface Props {
  runs: RunRecord[];
  choices: AdapterChoice[];
}

export function EvaluatePanel({ runs, choices }: Props) {
  const shown = useEvaluate((state) => state.shown);
  const names = useMemo(
    () => distinctNames((shown?.answerers ?? []).map(({ runId }) => nameOf(runId, runs))),
    [shown, runs],
  );
  return (
    <Panel title="Evaluate" note="base and adapters on the same rows, with intervals">
      <Choices choices={choices} />
      <Start choices={choices} runs={runs} />
      <KeptEvaluations runs={runs} />
      {shown !== null && (
        <>
          <ScoreTable evaluation={shown} names={names} />
          <AnswerTable evaluation={shown} names={names} />
        </>
      )}
    </Panel>
  );
}

function nameOf(runId: string | null, runs: RunRecord[]): string {
  return answererName(runId === null ? { kind: 'base' } : { kind: 'adapter', runId, strength: 1 }, runs);
}

function chosenIds(fitting: RunRecord[], runIds: string[] | null): string[] {
  const wanted = runIds ?? fitting.slice(0, PROPOSED).map(({ id }) => id);
  return fitting.filter(({ id }) => wanted.includes(id)).map(({ id }) => id);
}

function Choices({ choices }: { choices: AdapterChoice[] }) {
  const { runIds, withBase, contexts, generate, file } = useEvaluate();
  const data = useDataStore((state) => knownRows(state.status));
  const fitting = choices.filter(({ refusal }) => refusal === null).map(({ run }) => run);
  const chosen = chosenIds(fitting, runIds);
  const choose = (id: string, isChosen: boolean) =>
    useEvaluate.setState({ runIds: isChosen ? [...chosen, id] : chosen.filter((other) => other !== id) });
  const rowsOfData =
    data === null
      ? 'no data is read'
      : data.validationRows > 0
        ? `${formatExact(data.validationRows)} held-out rows of ${data.name}`
        : `${formatExact(data.trainRows)} training rows of ${data.name}: none is held out`;
  return (
    <div className={styles.choices}>
      <fieldset className={styles.runs}>
        <legend>Who answers</legend>
        <Check
          label="Base, no adapter"
          isChecked={withBase}
          onChange={(isChecked) => useEvaluate.setState({ withBase: isChecked })}
        />
        {fitting.map((run) => (
          <Check
            key={run.id}
            label={nameWithRank(run)}
            isChecked={chosen.includes(run.id)}
            onChange={(isChecked) => choose(run.id, isChecked)}
          />
        ))}
      </fieldset>
      <div className={styles.rows}>
        <RadioChips
          legend="Rows"
          value={file === null ? 'heldOut' : 'file'}
          options={[
            { value: 'heldOut', label: 'Held-out rows', detail: rowsOfData },
            ...(file === null ? [] : [{ value: 'file', label: file.name, detail: 'your file' }]),
          ]}
          onChange={(value) => value === 'heldOut' && useEvaluate.setState({ file: null })}
        />
        <div>
          <PickButton
            size="compact-sm"
            variant="default"
            kind="file"
            accept={DATA_ENDINGS}
            label="Rows of another file"
            onPick={([picked]) => useEvaluate.setState({ file: picked ?? null })}
          >
            Use another file…
          </PickButton>
        </div>
        <RadioChips
          legend="Contexts, from the first"
          value={contexts}
          options={CONTEXTS.map((value) => ({ value, label: value === 0 ? 'All' : formatExact(value) }))}
          onChange={(value) => useEvaluate.setState({ contexts: value })}
        />
        <Check
          label="Let them answer"
          help="Exact match, BLEU, ROUGE-L and chrF need answers; without them only the loss is measured, which is quick."
          isChecked={generate}
          onChange={(isChecked) => useEvaluate.setState({ generate: isChecked })}
        />
      </div>
    </div>
  );
}

function Start({ choices, runs }: { choices: AdapterChoice[]; runs: RunRecord[] }) {
  const { runIds, withBase, file, status } = useEvaluate();
  const isDataReady = useDataStore((state) => state.status.kind === 'ready');
  const fitting = choices.filter(({ refusal }) => refusal === null).map(({ run }) => run);
  const chosen = chosenIds(fitting, runIds);
  const count = chosen.length + (withBase ? 1 : 0);
  if (status.kind === 'running') {
    const { phase, done, total } = status;
    return (
      <ProgressBar
        label={`Evaluating ${nameOf(status.runId, runs)}`}
        share={status.share}
        detail={
          total === 0 ? 'preparing' : `${phase}: ${done} of ${formatNoun(total, phase === 'loss' ? 'row' : 'context')}`
        }
        onCancel={() => void cancelEvaluation()}
      />
    );
  }
  return (
    <>
      <Button
        size="xs"
        className={styles.start}
        disabled={count === 0 || (file === null && !isDataReady)}
        onClick={() => void evaluateRuns(chosen)}
      >
        Evaluate {formatNoun(count, 'answerer')}
      </Button>
      {status.kind === 'failed' && <ErrorNote message={status.message} />}
    </>
  );
}

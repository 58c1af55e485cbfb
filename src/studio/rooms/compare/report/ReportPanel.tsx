// The whole comparison as files: a report that opens anywhere, and its numbers.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Evaluation } from '../../../../worker/protocol/evaluation.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { Panel } from '../../../panels/Panel.tsx';
import { saveCsv, saveFile } from '../../../runs/saveFile.ts';
import { messageOf } from '../../../stores/messageOf.ts';
import { useChoices } from '../choices.ts';
import styles from '../compare.module.css';
import type { ComparedRun } from '../compared.ts';
import type { QualityMeasure } from '../quality.ts';
import { useSimilarityStore } from '../similarityStore.ts';
import { comparisonCsv } from './comparisonCsv.ts';
import { comparisonJson } from './comparisonJson.ts';
import { reportContent } from './reportContent.ts';

interface Props {
  compared: readonly ComparedRun[];
  measure: QualityMeasure | undefined;
  evaluation: Evaluation | null;
  isReading: boolean;
}

export function ReportPanel({ compared, measure, evaluation, isReading }: Props) {
  const choices = useChoices();
  const similarities = useSimilarityStore();
  const [problem, setProblem] = useState<string | null>(null);
  const saveReport = async () => {
    setProblem(null);
    try {
      const { reportHtml } = await import('./reportHtml.ts');
      const content = reportContent({ compared, measure, evaluation, choices, similarities });
      saveFile('rankwise-report.html', new Blob([await reportHtml(content, new Date())], { type: 'text/html' }));
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  const saveJson = () =>
    saveFile('rankwise-comparison.json', new Blob([comparisonJson(compared)], { type: 'application/json' }));
  const isMeasured = compared.some(({ spectra }) => spectra);
  return (
    <Panel title="Take it away">
      <div className={styles.controls}>
        <Button size="xs" disabled={isReading} onClick={() => void saveReport()}>
          Report as HTML
        </Button>
        <Button size="xs" variant="default" disabled={isReading} onClick={saveJson}>
          Everything as JSON
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={isReading}
          onClick={() => saveCsv('rankwise-comparison.csv', comparisonCsv(compared))}
        >
          Everything as CSV
        </Button>
      </div>
      <p className={styles.small}>
        One file that opens anywhere, without a network: pictures, tables and settings as chosen here
        {isMeasured ? '.' : '. Measure the adapters first to have their inside in it.'}
      </p>
      {problem && <ErrorNote message={problem} />}
    </Panel>
  );
}

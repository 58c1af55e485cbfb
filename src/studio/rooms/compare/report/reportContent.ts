// What a report holds: the pictures and tables of the room, as the reader has chosen them.
import type { Evaluation } from '../../../../worker/protocol/evaluation.ts';
import type { Picture, PictureTable } from '../../../charts/pictures/pictureTypes.ts';
import { splitFields } from '../../../runs/runFields.ts';
import type { Choices } from '../choices.ts';
import { chosenPair } from '../chosenPair.ts';
import { chosenPlace } from '../chosenPlace.ts';
import { atPlace, type ComparedRun, placeText } from '../compared.ts';
import { comparedResults } from '../comparedResults.ts';
import { costsNote, costsOf, reductionText } from '../costs.ts';
import { enoughRank } from '../enoughRank.ts';
import { frozenRows } from '../frozenRows.ts';
import { outputsOf } from '../outputs.ts';
import { changePicture } from '../pictures/changePicture.tsx';
import { lossPicture } from '../pictures/lossPicture.tsx';
import { matrixSets, qualityPicture } from '../pictures/qualityPicture.tsx';
import { similarityPicture } from '../pictures/similarityPicture.tsx';
import { spectrumPicture } from '../pictures/spectrumPicture.tsx';
import type { QualityMeasure } from '../quality.ts';
import { type SimilarityStatus, similarityKey } from '../similarityStore.ts';

export type ReportBlock =
  | { kind: 'text'; text: string }
  | { kind: 'picture'; picture: Picture }
  | { kind: 'table'; title: string; table: PictureTable; isFolded: boolean };

export interface ReportSection {
  title: string;
  blocks: ReportBlock[];
}

export interface ReportContent {
  title: string;
  /** The finding, in a sentence. */
  sentence: string | null;
  sections: ReportSection[];
}

export interface Shown {
  compared: readonly ComparedRun[];
  measure: QualityMeasure | undefined;
  evaluation: Evaluation | null;
  choices: Choices;
  similarities: Readonly<Record<string, SimilarityStatus>>;
}

export function reportContent({ compared, measure, evaluation, choices, similarities }: Shown): ReportContent {
  const runs = compared.map(({ run }) => run);
  const sections = [
    { title: 'Results', blocks: resultBlocks(compared) },
    { title: 'What rank bought', blocks: measure ? qualityBlocks(compared, measure) : [] },
    { title: 'Curves', blocks: curveBlocks(compared) },
    { title: 'Costs', blocks: costBlocks(compared) },
    { title: 'Inside the adapters', blocks: insideBlocks(compared, choices, similarities) },
    { title: 'Outputs side by side', blocks: outputBlocks(compared, evaluation) },
    { title: 'Settings', blocks: settingBlocks(compared) },
  ];
  const [one] = runs;
  return {
    title: runs.length === 1 && one ? one.name : `${runs.length} runs compared`,
    sentence: measure ? enoughRank(runs, measure, evaluation) : null,
    sections: sections.filter(({ blocks }) => blocks.length > 0),
  };
}

const labels = (compared: readonly ComparedRun[]) => compared.map(({ mark }) => mark.label);
const table = (title: string, content: PictureTable, isFolded = false): ReportBlock => ({
  kind: 'table',
  title,
  table: content,
  isFolded,
});

function resultBlocks(compared: readonly ComparedRun[]): ReportBlock[] {
  const results = comparedResults(compared.map(({ run }) => run));
  const names = compared.map(({ run }) => run.name);
  const rows = (results[0] ?? []).flatMap(({ label }, field) => {
    const texts = results.map((fields) => fields[field]?.text ?? '');
    return texts.some((text) => text !== '') ? [[label, ...texts]] : [];
  });
  return [table('Results', { header: ['', ...labels(compared)], rows: [['Run', ...names], ...rows] })];
}

function qualityBlocks(compared: readonly ComparedRun[], measure: QualityMeasure): ReportBlock[] {
  const matrices = matrixSets(compared.map(({ run }) => run)).length > 1 ? (['matrices'] as const) : [];
  return (['rank', 'parameters', 'fileBytes', ...matrices] as const).map((against) => ({
    kind: 'picture',
    picture: qualityPicture(compared, measure, against),
  }));
}

function curveBlocks(compared: readonly ComparedRun[]): ReportBlock[] {
  if (compared.every(({ steps }) => steps.length === 0)) return [];
  return (['step', 'time'] as const).map((axis) => ({ kind: 'picture', picture: lossPicture(compared, axis) }));
}

function costBlocks(compared: readonly ComparedRun[]): ReportBlock[] {
  const costs = compared.map(({ run }) => costsOf(run));
  const rows = (costs[0] ?? []).flatMap((cost, at) => {
    const all = costs.flatMap((list) => list[at] ?? []);
    const text = (value: number | null) => (value === null ? '' : cost.format(value));
    if (all.every(({ adapter }) => adapter === null)) return [];
    return [
      [cost.label, ...all.map(({ adapter }) => text(adapter))],
      ['– with every weight trained', ...all.map(({ full }) => text(full))],
      ['– reduction', ...all.map(reductionText)],
    ];
  });
  return [
    table('Costs', { header: ['', ...labels(compared)], rows }),
    { kind: 'text', text: costsNote(compared.map(({ run }) => run)) },
  ];
}

function insideBlocks(
  compared: readonly ComparedRun[],
  { place: wanted, pair: wantedPair, side }: Choices,
  similarities: Readonly<Record<string, SimilarityStatus>>,
): ReportBlock[] {
  const place = chosenPlace(compared, wanted);
  if (!place) return [];
  const changes = (['norm', 'amplification', 'effectiveRank'] as const).flatMap((measure) => {
    const picture = changePicture(compared, measure);
    return picture ? [{ kind: 'picture' as const, picture }] : [];
  });
  const frozen = frozenRows(compared, place);
  const pair = chosenPair(
    compared.filter(({ spectra }) => atPlace(spectra, place)),
    wantedPair,
  );
  const choice = pair && { runs: pair, place, side };
  const similarity = choice ? similarities[similarityKey(choice)] : undefined;
  return [
    ...changes,
    { kind: 'picture', picture: spectrumPicture(compared, place) },
    ...(frozen
      ? [
          table(`ΔW against the frozen weights, ${placeText(place)} (Frobenius norms)`, {
            header: ['', ...labels(frozen.runs)],
            rows: frozen.rows.map(({ label, values }) => [label, ...values]),
          }),
        ]
      : []),
    ...(choice && similarity?.kind === 'ready'
      ? [{ kind: 'picture' as const, picture: similarityPicture(choice, similarity.found) }]
      : []),
  ];
}

/** Rows whose answers are in the report: the CSV has all. */
const OUTPUTS = 20;

function outputBlocks(compared: readonly ComparedRun[], evaluation: Evaluation | null): ReportBlock[] {
  const outputs = outputsOf(
    compared.map(({ run }) => run),
    evaluation,
  );
  if (!outputs) return [];
  const { source, questions } = outputs;
  const some = questions.length > OUTPUTS ? `, ${OUTPUTS} of ${questions.length}` : '';
  return [
    table(`Outputs: ${source}${some}`, {
      header: ['prompt', 'right answer', ...labels(compared)],
      rows: questions.slice(0, OUTPUTS).map(({ prompt, reference, texts }) => [prompt, reference, ...texts]),
    }),
  ];
}

function settingBlocks(compared: readonly ComparedRun[]): ReportBlock[] {
  const { differing, equal } = splitFields(compared.map(({ run }) => run));
  return [
    ...(differing.length > 0
      ? [
          table('Settings that differ', {
            header: ['', ...labels(compared)],
            rows: differing.map(({ label, texts }) => [label, ...texts]),
          }),
        ]
      : []),
    table(
      compared.length > 1 ? 'Settings that are the same in all' : 'Settings',
      { header: ['', 'value'], rows: equal.map(({ label, texts }) => [label, texts[0]]) },
      compared.length > 1,
    ),
  ];
}

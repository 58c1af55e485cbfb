// The report of runs as large as they come: alone, and small enough to send.
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import type { MatrixAmplification, MatrixSpectrum } from '../../../../worker/protocol/analysis.ts';
import { testRun, withRank } from '../../../runs/testRun.ts';
import type { Choices } from '../choices.ts';
import type { ComparedRun } from '../compared.ts';
import { qualityMeasures } from '../quality.ts';
import { runMarks } from '../runMarks.ts';
import { type SimilarityStatus, similarityKey } from '../similarityStore.ts';
import { comparisonCsv } from './comparisonCsv.ts';
import { comparisonJson } from './comparisonJson.ts';
import { reportContent } from './reportContent.ts';
import { MOST_BYTES, reportHtml } from './reportHtml.ts';

const TARGETS = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;
const CHOICES: Choices = {
  axis: 'step',
  measure: null,
  against: 'rank',
  change: 'norm',
  place: null,
  pair: null,
  side: 'a',
};

function compared(ranks: number[], layers: number, stepCount: number): ComparedRun[] {
  const runs = ranks.map((rank) =>
    testRun({
      id: `run ${rank}`,
      name: `<b>rank ${rank}</b> & "more"`,
      settings: withRank(rank),
      evaluations: [{ step: stepCount, rows: 9, loss: 1 / rank, perplexity: 2, tokenAccuracy: 0.5 }],
      samples: [{ step: 1, prompt: 'Who <i>are</i> you?', text: `</td><script>alert(${rank})</script>` }],
    }),
  );
  const marks = runMarks(runs);
  return runs.map((run, at) => {
    const rank = ranks[at] ?? 1;
    const places = Array.from({ length: layers }, (_, layer) => TARGETS.map((target) => ({ layer, target }))).flat();
    const singularValues = Array.from({ length: rank }, (_, i) => 1 / (i + 1));
    return {
      run,
      mark: marks[at] ?? { rank, label: '', dash: [] },
      steps: Array.from({ length: stepCount }, (_, i) => ({
        step: i + 1,
        loss: 2 + Math.sin(i),
        learningRate: 1e-3,
        gradientNorm: 1,
        tokens: 9,
        targetTokens: 4,
        elapsedMs: i * 11,
      })),
      spectra: places.map(
        (place): MatrixSpectrum => ({
          ...place,
          rank,
          inFeatures: 64,
          outFeatures: 64,
          singularValues,
          effectiveRank: 2,
          norm: 3,
        }),
      ),
      amplifications: places.map(
        (place): MatrixAmplification => ({
          ...place,
          directions: rank,
          updateNorm: 3,
          frozenNorm: 60,
          alongUpdate: 0.3,
          alongFrozen: 20,
          alongRandom: 0.02,
          factor: 10,
        }),
      ),
    };
  });
}

async function report(runs: ComparedRun[]): Promise<string> {
  const [first, second] = runs;
  const similarities: Record<string, SimilarityStatus> = {};
  if (first && second) {
    const [rows, cols] = [first.mark.rank, second.mark.rank];
    const phi = Array.from({ length: rows * cols }, (_, i) => i / (rows * cols));
    const place = { layer: Math.floor((first.spectra?.length ?? 0) / TARGETS.length / 2), target: 'q' as const };
    const key = similarityKey({ runs: [first, second], place, side: 'a' });
    similarities[key] = { kind: 'ready', found: { rows, cols, dimensions: 2048, phi, random: phi } };
  }
  const [measure] = qualityMeasures(runs.map(({ run }) => run));
  const pair = first && second ? ([first.run.id, second.run.id] as const) : null;
  const shown = { compared: runs, measure, evaluation: null, choices: { ...CHOICES, pair }, similarities };
  return reportHtml(reportContent(shown), new Date(0));
}

describe('a report', () => {
  it('has every picture and table, and refers to nothing outside of itself', async () => {
    const html = await report(compared([8, 64], 4, 50));
    for (const title of [
      'Held-out loss against rank',
      'Held-out loss against parameters',
      'Loss by step',
      'Loss by time',
      'Norm of ΔW by layer and matrix',
      'Amplification by layer and matrix',
      'Effective rank by layer and matrix',
      'Singular values of ΔW, q of layer 2',
      'ΔW against the frozen weights, q of layer 2',
      'Subspace similarity of r 8 and r 64, q of layer 2',
      'Settings that differ',
      'Outputs',
    ]) {
      expect(html.includes(title), title).toBe(true);
    }
    expect(html).not.toMatch(/<(script|link|img|iframe|object|embed|base|form)\b/i);
    expect(html).not.toMatch(/\b(src|href|action|srcset)\s*=|url\(|@import/i);
    expect(html.match(/https?:\/\/[^"' <]+/g)?.filter((url) => url !== 'http://www.w3.org/2000/svg') ?? []).toEqual([]);
    expect(html).toContain('&lt;b&gt;rank 8&lt;/b&gt; &amp; &quot;more&quot;');
    expect(html).not.toContain('undefined');
    expect(html).not.toContain('NaN');
  });

  it('stays under 2 MB with eight runs of 32 layers, ten thousand steps and rank 256', async () => {
    const html = await report(compared([256, 255, 128, 64, 32, 16, 8, 1], 32, 10_000));
    expect(new TextEncoder().encode(html).length).toBeLessThan(MOST_BYTES);
    expect(html.includes('Subspace similarity of r 256 and r 255')).toBe(true);
  });

  it('of one run without curves or measurements is a report all the same', async () => {
    const [one] = compared([8], 1, 0);
    if (!one) throw new Error('no run');
    const html = await report([{ ...one, spectra: null, amplifications: null }]);
    expect(html).toContain('Results');
    expect(html).not.toContain('Inside the adapters');
  });
});

it('as JSON it is what was shown', () => {
  const { runs } = JSON.parse(comparisonJson(compared([1, 8], 1, 3)));
  expect(runs.map((run: { settings: { adapter: { rank: number } } }) => run.settings.adapter.rank)).toEqual([1, 8]);
  expect(runs[1].metrics.length).toBe(3);
  expect(runs[1].spectra[0].singularValues.length).toBe(8);
  expect(runs[0].costs.trainableParameters).toEqual({ adapter: 4096, full: 1_000_000 });
});

it('as CSV it has a row for every number', () => {
  const csv = comparisonCsv(compared([1, 8], 1, 3));
  const rows = Papa.parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true }).data;
  const of = (quantity: string, label: string) =>
    rows.filter((row) => row.quantity === quantity && row.label === label).map(({ value }) => Number(value));
  expect(of('loss', 'r 8')).toEqual([0, 1, 2].map((i) => 2 + Math.sin(i)));
  expect(rows.filter(({ quantity, matrix }) => quantity === 'singularValue' && matrix === 'v').length).toBe(1 + 8);
  expect(of('amplification', 'r 1')).toEqual(TARGETS.map(() => 10));
  expect(of('trainableParametersOfFullFineTuning', 'r 8')).toEqual([1_000_000]);
});

// The scores of an evaluation: their names, what they are in plain words, and how their numbers are shown.
import type { ScoreVerdict } from '../../worker/protocol/evaluation.ts';
import { formatExact, formatLoss, formatShare } from '../format.ts';

export interface ScoreKind {
  name: ScoreVerdict['name'];
  title: string;
  /** What it is, in plain words. */
  help: string;
  isOfAnswers: boolean;
  format: (value: number) => string;
}

const perplexity = (value: number) => (value < 1000 ? formatLoss(value) : formatExact(Math.round(value)));
const points = (value: number) => value.toFixed(1);

export const SCORES: readonly ScoreKind[] = [
  {
    name: 'loss',
    title: 'Loss',
    help: 'nats per target token; lower is better',
    isOfAnswers: false,
    format: formatLoss,
  },
  { name: 'perplexity', title: 'Perplexity', help: 'e to the loss', isOfAnswers: false, format: perplexity },
  {
    name: 'tokenAccuracy',
    title: 'Right tokens',
    help: 'target tokens that the model finds likeliest',
    isOfAnswers: false,
    format: formatShare,
  },
  {
    name: 'exactMatch',
    title: 'Exact match',
    help: 'answers that are a right one word for word',
    isOfAnswers: true,
    format: formatShare,
  },
  {
    name: 'bleu',
    title: 'BLEU',
    help: 'shared runs of 1 to 4 words, as sacreBLEU; 0 to 100',
    isOfAnswers: true,
    format: points,
  },
  {
    name: 'rougeL',
    title: 'ROUGE-L',
    help: 'longest shared word sequence, F1; 0 to 100',
    isOfAnswers: true,
    format: points,
  },
  {
    name: 'chrf',
    title: 'chrF',
    help: 'shared runs of 1 to 6 letters, as sacreBLEU; 0 to 100',
    isOfAnswers: true,
    format: points,
  },
];

// Rows that a model cannot take are refused before anything is planned, whoever asks: command line or page.
import { expect, it } from 'vitest';
import { CORE_TRAITS } from '../gpu/traits.ts';
import { architectureOf } from '../model/architecture.ts';
import { declareModel } from '../model/frozenModel.ts';
import { type PlanOptions, planCourse } from './course.ts';
import { BASE } from './testModels.ts';

const a = architectureOf({
  model_type: 'llama',
  vocab_size: 33,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 16,
});

function course(ids: number[], held: number[] = [1, 2]) {
  const row = (tokens: number[], line: number) => ({
    ids: Uint32Array.from(tokens),
    loss: new Uint8Array(tokens.length).fill(1, 1),
    line,
  });
  const gpu: PlanOptions['gpu'] = Object.create({ traits: CORE_TRAITS });
  const model = declareModel(a, 'f32', Number.MAX_SAFE_INTEGER);
  return planCourse({ gpu, model, layouts: [], settings: BASE, rows: [row(ids, 7)], validationRows: [row(held, 9)] });
}

it('takes rows up to the last position and the last token', () => {
  expect(course(new Array(16).fill(32)).longest).toBe(16);
});

it.each([
  [
    'a training row',
    () => course([1, 33]),
    /^tokenizer\.json: line 7 has token 33, the model's vocabulary ends at 32;/,
  ],
  ['a held-out row', () => course([1, 2], [400, 1]), /line 9 has token 400/],
  ['a row that is too long', () => course(new Array(17).fill(1)), /17 tokens; this model's positions end at 16/],
])('refuses %s', (_, plan, message) => {
  expect(plan).toThrow(message);
});

import { expect, test } from 'vitest';
import { type AdapterCardInfo, adapterCard } from './adapterCard.ts';

const info: AdapterCardInfo = {
  title: 'Restaurants | v2',
  baseModel: 'HuggingFaceTB/SmolLM2-135M-Instruct',
  isOnHub: true,
  config: {
    baseModel: 'HuggingFaceTB/SmolLM2-135M-Instruct',
    revision: null,
    taskType: 'CAUSAL_LM',
    rank: 8,
    alpha: 16,
    dropout: 0.05,
    targetModules: ['q_proj', 'v_proj'],
    fanInFanOut: false,
    useRslora: false,
    layersToTransform: null,
    layersPattern: null,
    rankPattern: {},
    alphaPattern: {},
  },
  trainedParameters: 460_800,
  data: { name: 'pairs.txt', pairs: 42_061, validationPairs: 500 },
  settings: [['Learning rate', '2e-4']],
  results: [['Validation loss', '1.23 nats per token']],
};

test('states base, data, settings and results, behind front matter that the Hub reads', () => {
  const card = adapterCard(info);
  expect(card.startsWith('---\nbase_model: "HuggingFaceTB/SmolLM2-135M-Instruct"\nlibrary_name: peft\n')).toBe(true);
  expect(card).toContain('- "base_model:adapter:HuggingFaceTB/SmolLM2-135M-Instruct"\n- lora\n- rankwise\n---\n');
  expect(card).toContain('# Restaurants \\| v2\n');
  expect(card).toContain('42,061 context–target pairs from pairs.txt, and 500 held out for validation.');
  expect(card).toContain('| Target modules | q\\_proj, v\\_proj |\n');
  expect(card).toContain('## Training\n\n| | |\n|---|---|\n| Learning rate | 2e-4 |\n');
  expect(card).toContain('| Validation loss | 1.23 nats per token |\n');
});

test('a local base model stays out of the front matter, and no text breaks out of its place', () => {
  const card = adapterCard({ ...info, baseModel: 'my "model"\n---\nx: 1', isOnHub: false, results: [] });
  const [, front = '', body = ''] = /^---\n(.*?)\n---\n(.*)$/s.exec(card) ?? [];
  expect(front).toBe('library_name: peft\npipeline_tag: text-generation\ntags:\n- lora\n- rankwise');
  expect(body).toContain('from_pretrained("my \\"model\\"\\n---\\nx: 1")');
  expect(body).not.toContain('\n---\nx: 1');
  expect(body).not.toContain('## Results');
});

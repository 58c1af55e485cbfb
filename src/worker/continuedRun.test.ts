import { expect, test } from 'vitest';
import { bytesSource } from '../formats/byteSource.ts';
import { DEFAULT_RUN_SETTINGS } from '../training/settings.ts';
import { readContinuedRun } from './continuedRun.ts';

const file = (name: string, content: string) => bytesSource(new TextEncoder().encode(content), name);
const line = (step: number, loss: number) =>
  JSON.stringify({ step, loss, learningRate: 1e-3, gradientNorm: 1, tokens: 9, targetTokens: 4, elapsedMs: step * 10 });

const run = {
  format: 'rankwise-continue-1',
  name: 'Pairs r8',
  base: { id: 'x' },
  ...DEFAULT_RUN_SETTINGS,
  data: { name: 'pairs.jsonl', template: '{context}', isEncoded: true, trainRows: 5, validationRows: 1 },
  start: { step: 2, nextRows: [1] },
  progress: { step: 4, steps: 6, elapsedMs: 40, evaluations: [] },
};

test('settings, place and curve, in order of steps, each step once', async () => {
  const files = [
    file('result/rankwise.json', JSON.stringify(run)),
    file('result/metrics.jsonl', `${line(1, 3)}\n${line(3, 2)}\n${line(2, 2.5)}\n${line(4, 9)}\n${line(4, 1.5)}\n`),
    file('rankwise.json', 'of another folder'),
  ];
  const read = await readContinuedRun(files, 'result/adapter_config.json');
  expect(read?.metrics.map(({ step, loss }) => [step, loss])).toEqual([
    [1, 3],
    [2, 2.5],
    [3, 2],
    [4, 1.5],
  ]);
  expect(read).toMatchObject({
    name: 'Pairs r8',
    record: {
      step: 4,
      steps: 6,
      lastLoss: 1.5,
      settings: DEFAULT_RUN_SETTINGS,
      message: 'Steps 3 to 4 were trained elsewhere, with PyTorch.',
    },
  });
});

test('a folder of PEFT alone has none', async () => {
  expect(await readContinuedRun([file('adapter_config.json', '{}')], 'adapter_config.json')).toBeUndefined();
});

test('a damaged file is named with what is wrong in it', async () => {
  const good = file('rankwise.json', JSON.stringify(run));
  const read = (...files: ReturnType<typeof file>[]) => readContinuedRun(files, 'adapter_config.json');
  await expect(read(good, file('metrics.jsonl', `${line(1, 3)}\n{"step": 2, "lo`))).rejects.toThrow(
    'metrics.jsonl: line 2: not JSON',
  );
  await expect(read(good, file('metrics.jsonl', '{"step": 0}'))).rejects.toThrow('metrics.jsonl: line 1: step');
  const wrong = JSON.stringify({ ...run, training: { ...run.training, batchSize: 0 } });
  await expect(read(file('rankwise.json', wrong))).rejects.toThrow('rankwise.json: training.batchSize');
});

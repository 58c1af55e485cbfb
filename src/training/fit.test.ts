import { describe, expect, test } from 'vitest';
import { chooseFit, type FitChoice, type FitOptions, formatsToTry } from './fit.ts';
import { likelyBudgetBytes } from './memoryBudget.ts';

const GB = 1e9;
const FORMATS = [
  { format: 'f32', bytes: 4 * GB },
  { format: 'f16', bytes: 2 * GB },
] as const;

/** A model whose activations grow with tokens: 1 MB a token, a fifth of it with checkpointing. */
function options(change: Partial<FitOptions> & { budgetBytes: number }): FitOptions & { asked: FitChoice[] } {
  const asked: FitChoice[] = [];
  const rowLength = change.rowLength ?? 512;
  return {
    formats: FORMATS,
    batchSize: 8,
    accumulate: 1,
    rowLength,
    asked,
    measure: async (choice, length = rowLength) => {
      asked.push(choice);
      const weights = FORMATS.find(({ format }) => format === choice.weights)!.bytes;
      const activations = choice.batchSize * length * 1e6 * (choice.checkpointing ? 0.2 : 1);
      return { kind: 'planned', weights, total: weights + activations };
    },
    ...change,
  };
}

async function chosen(change: Partial<FitOptions> & { budgetBytes: number }) {
  const fit = await chooseFit(options(change));
  return fit.kind === 'fits' ? fit : expect.fail(fit.reason);
}

describe('chooseFit', () => {
  test('leaves everything at its best where there is room', async () => {
    const { choice, bytes, reason } = await chosen({ budgetBytes: 9 * GB });
    expect(choice).toEqual({ weights: 'f32', batchSize: 8, accumulate: 1, checkpointing: false });
    expect(bytes).toBe(4 * GB + 8 * 512e6);
    expect(reason).toBe(
      'f32 weights, batch 8, without checkpointing (8 rows a step, as set): 8.1 GB of the 9 GB to use.',
    );
  });

  test('cuts the batch before it checkpoints, and keeps the rows of a step', async () => {
    const { choice, reason } = await chosen({ budgetBytes: 6.2 * GB });
    expect(choice).toEqual({ weights: 'f32', batchSize: 4, accumulate: 2, checkpointing: false });
    expect(reason).toContain('Too much: a batch of 8 without checkpointing (8.1 GB).');
  });

  test('checkpoints before it leaves a micro-batch with few tokens', async () => {
    const { choice } = await chosen({ budgetBytes: 4.22 * GB, rowLength: 128 });
    expect(choice).toEqual({ weights: 'f32', batchSize: 8, accumulate: 1, checkpointing: true });
  });

  test('keeps the better weights at the price of a slower step', async () => {
    const { choice } = await chosen({ budgetBytes: 4.15 * GB });
    expect(choice).toEqual({ weights: 'f32', batchSize: 1, accumulate: 8, checkpointing: true });
  });

  test('takes smaller weights when the better ones cannot fit, and says so', async () => {
    const { choice, reason } = await chosen({ budgetBytes: 4.05 * GB });
    expect(choice).toEqual({ weights: 'f16', batchSize: 4, accumulate: 2, checkpointing: false });
    expect(reason).toContain('Too much: f32 weights (at least 4.1 GB)');
  });

  test('joins accumulated batches again where they fit, within what keeps a GPU busy', async () => {
    const { choice } = await chosen({ budgetBytes: 100 * GB, batchSize: 2, accumulate: 16 });
    expect(choice).toMatchObject({ batchSize: 16, accumulate: 2, checkpointing: false });
  });

  test('checkpoints always when that is asked for', async () => {
    const { choice } = await chosen({ budgetBytes: 100 * GB, mustCheckpoint: true });
    expect(choice.checkpointing).toBe(true);
  });

  test('a batch that this GPU cannot hold in one piece is passed over', async () => {
    const base = options({ budgetBytes: 100 * GB });
    const { choice, reason } = await chosen({
      ...base,
      measure: async (asked) => (asked.batchSize > 2 ? { kind: 'refused', reason: 'too wide' } : base.measure(asked)),
    });
    expect(choice).toMatchObject({ batchSize: 2, accumulate: 4 });
    expect(reason).toContain('more than this GPU holds in one piece');
  });

  test('says how long rows may be when nothing fits', async () => {
    const fit = await chooseFit(options({ budgetBytes: 2.07 * GB }));
    expect(fit).toEqual({
      kind: 'tooLarge',
      reason:
        'Nothing fits into 2.07 GB. The least, f16 weights, batch 1 × 8 accumulated, with checkpointing, needs 2.1 GB. With rows of at most 256 tokens it would fit.',
    });
  });

  test('says how small a model must be when shorter rows do not help', async () => {
    const fit = await chooseFit(options({ budgetBytes: GB }));
    expect(fit.kind === 'tooLarge' && fit.reason).toMatch(
      /A smaller model is needed, of about 47 % of this one’s size\./,
    );
  });

  test('asks for few plans: one for each choice passed over, and one to know the least', async () => {
    const asked = options({ budgetBytes: 4.05 * GB });
    await chooseFit(asked);
    expect(asked.asked.length).toBeLessThanOrEqual(3);
  });

  test('no format at all is said, not thrown', async () => {
    expect((await chooseFit(options({ budgetBytes: GB, formats: [] }))).kind).toBe('tooLarge');
  });
});

describe('formatsToTry', () => {
  const formats = [
    { format: 'f32', bytes: 32 },
    { format: 'f16', bytes: 16 },
    { format: 'bf16', bytes: 16 },
    { format: 'q8', bytes: 9 },
    { format: 'q4', bytes: 5 },
    { format: 'nf4', bytes: 4.5 },
  ];
  const names = (...args: Parameters<typeof formatsToTry>) => formatsToTry(...args).map(({ format }) => format);

  test('starts with the smallest that holds the file exactly', () => {
    expect(names(formats, 'f32')).toEqual(['f32', 'f16', 'q8', 'q4', 'nf4']);
    expect(names(formats, 'f16')).toEqual(['f16', 'q8', 'q4', 'nf4']);
    expect(names(formats, 'bf16')).toEqual(['bf16', 'q8', 'q4', 'nf4']);
  });

  test('stays with the loaded format where it is as good', () => {
    expect(names(formats, 'bf16', 'f32')).toEqual(['f32', 'bf16', 'q8', 'q4', 'nf4']);
    expect(names(formats, 'f32', 'f16')).toEqual(['f32', 'f16', 'q8', 'q4', 'nf4']);
  });

  test('a quantized file is best as it is', () => {
    expect(names([...formats, { format: 'file', bytes: 4.9 }], 'q4_k')).toEqual(['file', 'nf4']);
  });

  test('formats that the GPU refuses are simply not there', () => {
    expect(names(formats.slice(3), 'bf16')).toEqual(['q8', 'q4', 'nf4']);
  });
});

test('the likely budget is half of the machine, and cautious where that is not known', () => {
  const facts = { isSoftware: false, maxBufferBytes: 4 * GB };
  expect(likelyBudgetBytes({ ...facts, machineBytes: 16 * GB })).toBe(8 * GB);
  expect(likelyBudgetBytes({ ...facts, machineBytes: undefined })).toBe(4 * GB);
  expect(likelyBudgetBytes({ ...facts, maxBufferBytes: 0.25 * GB, machineBytes: undefined })).toBe(GB);
  expect(likelyBudgetBytes({ ...facts, isSoftware: true, machineBytes: undefined })).toBe(2 * GB);
});

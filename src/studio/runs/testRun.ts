// A run record for tests, with what a test changes.
import type { RunRecord } from '../../worker/protocol/runs.ts';

export const TEST_SETTINGS: RunRecord['settings'] = {
  adapter: { rank: 8, alpha: 16, dropout: 0, useRslora: false, targets: ['q', 'v'] },
  training: {
    optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.999, eps: 1e-8 },
    learningRate: 2e-4,
    weightDecay: 0,
    schedule: 'constant',
    warmupSteps: 0,
    clip: 1,
    batchSize: 8,
    accumulate: 1,
    length: { kind: 'steps', steps: 200 },
    maxLength: 512,
    shuffle: true,
    seed: 42,
    checkpointing: false,
    evaluateEvery: 50,
    saveEvery: 50,
  },
};

export function testRun(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    id: 'run-1',
    name: 'First run',
    createdAt: 1_000,
    status: 'finished',
    message: null,
    model: { name: 'Tiny', baseModelId: 'tiny', modelType: 'llama', weights: 'f32', source: 'builtin' },
    data: { name: 'SQL', trainRows: 100, validationRows: 10, template: '{context}\n', taskId: 'sql' },
    settings: TEST_SETTINGS,
    plan: {
      trainableParameters: 4096,
      modelParameters: 1_000_000,
      adapterFileBytes: 17_000,
      steps: 200,
      stepsPerEpoch: 13,
      memory: { weights: 4_000_000, adapters: 64_000, activations: 9_000_000, samples: 0, total: 13_064_000 },
      refusal: null,
      canFit: false,
    },
    step: 200,
    steps: 200,
    elapsedMs: 60_000,
    lastLoss: 1.5,
    evaluations: [],
    samples: [],
    accuracy: null,
    isResumable: true,
    hasAdapter: true,
    isImported: false,
    ...changes,
  };
}

export function withRank(rank: number): RunRecord['settings'] {
  return { ...TEST_SETTINGS, adapter: { ...TEST_SETTINGS.adapter, rank } };
}

// A real model's run as planned, before anything is loaded, and as allocated: the same bytes, answers to prompts included.
//
//   npx tsx e2e/realMemory.ts MODEL                    # a transformers folder or a GGUF file; f16, batch 4 × 256, r = 8
//   npx tsx e2e/realMemory.ts MODEL q4 1 512 900       # otherwise kept; rows, tokens, and how many MiB are allowed
//
// Exits with 1 when they differ, or pass 700 MiB.
import { layOutAdapters } from '../src/adapters/adapterSet.ts';
import { answeringAdapters } from '../src/adapters/answering.ts';
import { initialParameters } from '../src/adapters/initial.ts';
import { loadLocal, openLocalModel, withGpu } from '../src/cli/modelFolder.ts';
import { declareModel } from '../src/model/frozenModel.ts';
import { Generator } from '../src/model/generator.ts';
import { fullRows } from '../src/training/fullRows.ts';
import { planMemory } from '../src/training/lineUp.ts';
import { DEFAULT_RUN_SETTINGS, WEIGHT_FORMATS } from '../src/training/settings.ts';
import { Trainer } from '../src/training/trainer.ts';
import { freshState } from '../src/training/trainerState.ts';

const MIB = 2 ** 20;

interface Asked {
  readonly weights: string;
  readonly rows: number;
  readonly length: number;
  readonly mostMib: number;
}

async function main(path: string, { weights, rows, length, mostMib }: Asked): Promise<number> {
  const storage = WEIGHT_FORMATS.find((format) => format === weights);
  if (!storage) throw new Error(`${weights}: expected one of ${WEIGHT_FORMATS.join(', ')}`);
  const local = await openLocalModel(path);
  const layouts = layOutAdapters(local.architecture, [
    { rank: 8, alpha: 16, dropout: 0, useRslora: false, targets: ['q', 'k', 'v', 'o'] },
  ]);
  const settings = {
    ...DEFAULT_RUN_SETTINGS.training,
    batchSize: rows,
    checkpointing: true,
    length: { kind: 'steps', steps: 1 },
  } as const;
  const run = { layouts, settings, rows: fullRows(rows, length, local.architecture.maxPositions), validationRows: [] };
  return withGpu(async (gpu) => {
    const most = gpu.limits.maxStorageBufferBindingSize;
    const declared = declareModel(local.architecture, storage, most, local.weights);
    const planned = await planMemory({ ...run, gpu, model: declared });
    const model = await loadLocal(gpu, local, storage);
    const trainer = await Trainer.plan({ ...run, gpu, model });
    await trainer.open(freshState(initialParameters(layouts, [1]), settings));
    await trainer.step(1);
    const allocated = gpu.allocatedBytes;
    const { total } = planned;
    const parts = [planned.weights, planned.adapters, planned.activations]
      .map((bytes) => (bytes / MIB).toFixed(1))
      .join(' + ');
    process.stdout.write(`run: planned ${total} (${parts} MiB), allocated ${allocated}\n`);

    const prompt = Array.from({ length: 96 }, (_, i) => i + 5);
    const adaptersHere = answeringAdapters(local.architecture, layouts, trainer.parameters);
    const options = { sequences: 2, maxTokens: 160, adapters: adaptersHere, mixed: 1 };
    const samples = await Generator.sizeOf(gpu, model, options);
    const generator = await Generator.open(gpu, model, options);
    // Prompts alone and together, of every length class, so that every plan is bound.
    for (const together of [1, 2]) {
      for (const length of [8, 16, 32, 64, 96]) {
        const request = { promptIds: prompt.slice(0, length), maxNewTokens: 2, stopIds: [] };
        await Promise.all(Array.from({ length: together }, () => generator.generate(request)));
      }
    }
    const answering = gpu.allocatedBytes - allocated;
    process.stdout.write(`answers: planned ${samples}, allocated ${answering}\n`);
    await generator.free();
    await trainer.close();
    return total === allocated && samples === answering && total <= mostMib * MIB ? 0 : 1;
  });
}

const [model, weights = 'f16', rows = 4, length = 256, mostMib = 700] = process.argv.slice(2);
if (model) {
  process.exitCode = await main(model, {
    weights,
    rows: Number(rows),
    length: Number(length),
    mostMib: Number(mostMib),
  });
} else {
  process.stderr.write('usage: npx tsx e2e/realMemory.ts MODEL [WEIGHTS ROWS TOKENS MIB]\n');
  process.exitCode = 2;
}

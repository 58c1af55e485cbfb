// README.md of the exported folder.
import { type ContinueRun, stepsOf } from './continueRun.ts';
import { dataSize } from './dataFiles.ts';

export function folderReadme(run: ContinueRun): string {
  const { name, base, state, data, dtype, training, layout } = run;
  const { dropout } = layout.spec;
  const drawn =
    dropout > 0
      ? `sums are taken in another order, and LoRA dropout, which this run has (${dropout}), draws other random numbers, so that the loss of a step may be a few hundredths from what it would be in Rankwise, up or down`
      : 'sums are taken in another order (steps agree to about six digits)';
  const { trainRows, validationRows } = dataSize(data);
  const model = base.kind === 'files' ? ` --model ${base.gguf ? 'FILE.gguf' : 'FOLDER'}` : '';
  const isOver = state !== undefined && state.step === stepsOf(training, trainRows);
  const further = isOver
    ? ` It has finished the ${state.step} steps that it was planned for: \`--steps N\` says how far it goes on (with a constant learning rate as if N steps had been chosen at once; other schedules are laid over N steps anew).`
    : '';
  const standing = state
    ? `It stands after step ${state.step}; the adapter, ${state.moments ? "the optimizer's moments" : 'without the moments of its optimizer, which were not kept and start anew,'} and the place in the order of rows are here.`
    : 'It starts at step 0, with the adapter that Rankwise would start with.';
  const source = {
    hub: `The base is \`${base.id}\`${base.revision ? ` (revision \`${base.revision}\`)` : ''} on the Hugging Face Hub; \`train.py\` fetches it.`,
    folder: `The base is in \`${base.id}\`.`,
    files: `The base, ${base.id}, came from files that are not in this folder: say where it is with \`--model\`.`,
  }[base.kind];
  const widened = base.gguf
    ? ' The first start reads the GGUF file (`pip install gguf`) and keeps it as a transformers folder in floats beside `train.py`: four bytes a parameter, two with `--dtype bfloat16`.'
    : '';
  const rounded =
    base.weights === 'f32' || base.weights === 'file'
      ? ''
      : ` Its weights are rounded to ${base.weights} first, as the run had them.`;
  const rows = data.isEncoded
    ? 'tokens and the places that carry loss, with their text beside them'
    : 'as text, which `train.py` encodes with the base’s tokenizer by Rankwise’s rule';
  return `# ${name}

A run of Rankwise, to go on with PyTorch, transformers, PEFT and Accelerate. ${standing}${further} ${source}${widened}${rounded}

\`\`\`
pip install -r requirements.txt
accelerate launch --config_file configs/${configOf(run)} train.py${model}${isOver ? ' --steps N' : ''}
\`\`\`

| Configuration | For |
|---|---|
| \`configs/one-machine.yaml\` | one GPU, or the CPU |
| \`configs/multi-gpu.yaml\` | several GPUs of one machine, the model whole on each |
| \`configs/multi-machine.yaml\` | several machines, started on each with its own \`--machine_rank\` |
| \`configs/fsdp.yaml\` | a model that no GPU holds, cut over all of them (FSDP) |
| \`configs/deepspeed.yaml\` | the same with DeepSpeed ZeRO stage 3 |

Change \`num_processes\` in them to the number of GPUs, or give \`--num_processes\`. Every machine needs a copy of this folder, on a disk of its own or a common one; the first writes what comes out, and a new start takes its checkpoint from there. Several processes of a CPU: \`ACCELERATE_USE_CPU=true accelerate launch --multi_gpu --num_processes 2 train.py\`.

## What is the same

Rows, their order and split (${trainRows} rows${validationRows > 0 ? `, ${validationRows} held out` : ''}; ${rows}), the loss (its mean over all target tokens of a step, ${training.batchSize * training.accumulate} rows), clipping, optimizer, schedule and weight decay are Rankwise's. A step's rows are divided among the processes and cut into micro-batches of \`--micro-batch\` rows (${run.machines?.microBatch ?? training.batchSize}); the update does not depend on either, except for rounding. The base runs without dropout of its own.

What cannot be the same to the bit: ${drawn}. The frozen model is computed in ${dtype}; \`--dtype\` changes it: float32 continues the curve to rounding, bfloat16 halves the memory and rounds every product.

## What comes out

\`result/\` is a PEFT folder: import it in Rankwise's Library (with \`metrics.jsonl\` and \`rankwise.json\`, so that the curve goes on), or load it with PEFT. \`result-checkpoint/\` beside it holds what a stopped run needs; start \`train.py\` again and it goes on from there. Ctrl-C and SIGTERM save first. \`--steps N\` trains to another last step (schedules stretch with it).
`;
}

/** The launch configuration for what it was planned for, and how many processes. */
function configOf({ machines }: ContinueRun): string {
  if (!machines || machines.gpus === 1) return 'one-machine.yaml';
  const file = { none: 'multi-gpu.yaml', fsdp: 'fsdp.yaml', deepspeed: 'deepspeed.yaml' }[machines.sharding];
  return `${file} --num_processes ${machines.gpus}`;
}

// Where a run can go: who opens it there, and in which numbers.
import type { ExportKind, ExportWhat, GgufFormat, OnnxFormat } from '../../../worker/protocol/exports.ts';
import type { MergedFormat } from '../../../worker/protocol/model.ts';
import type { RunRecord } from '../../../worker/protocol/runs.ts';

export interface Destination {
  readonly kind: ExportKind;
  readonly title: string;
  /** Who opens it and how, in plain words. */
  readonly opensIn: string;
  /** One where there is nothing to choose. */
  readonly choices: readonly [Choice, ...Choice[]];
  /** Adapters of other runs on the same base may go with it. */
  readonly takesOthers?: true;
  /** Which choice stands first for this run; the first where absent. */
  readonly usual?: (run: RunRecord) => string;
  /** What is worth knowing of this run's. */
  readonly note?: (run: RunRecord) => string | undefined;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly what: (runId: string, others?: readonly string[]) => ExportWhat;
}

export interface DestinationGroup {
  readonly title: string;
  readonly destinations: readonly Destination[];
}

const merged = (format: MergedFormat, label: string): Choice => ({
  value: format,
  label,
  what: (runId) => ({ kind: 'merged', runId, format }),
});

const onnx = (format: OnnxFormat, label: string): Choice => ({
  value: format,
  label,
  what: (runId) => ({ kind: 'onnx', runId, format }),
});

const onnxAdapters = (format: OnnxFormat, label: string): Choice => ({
  value: format,
  label,
  what: (runId, others = []) => ({ kind: 'onnxAdapters', runId, others, format }),
});

const gguf = (format: GgufFormat, label: string): Choice => ({
  value: format,
  label,
  what: (runId) => ({ kind: 'gguf', runId, format }),
});

const FLOATS = ['f32', 'f16', 'bf16'];
const isFloat = ({ model }: RunRecord) => FLOATS.includes(model.weights);

export const DESTINATIONS: readonly DestinationGroup[] = [
  {
    title: 'For PEFT and transformers',
    destinations: [
      {
        kind: 'adapter',
        title: 'Adapter',
        opensIn: 'A folder that PEFT, transformers and vLLM load beside the base model.',
        choices: [{ value: 'peft', label: '', what: (runId) => ({ kind: 'adapter', runId }) }],
      },
      {
        kind: 'merged',
        title: 'Merged model',
        opensIn: 'A whole model of its own, the adapter added to the weights. Loads as any transformers folder.',
        choices: [merged('f32', 'f32, exact'), merged('f16', 'f16'), merged('bf16', 'bf16')],
        usual: (run) => (isFloat(run) ? run.model.weights : 'f16'),
        note: (run) =>
          isFloat(run)
            ? undefined
            : 'Merged with the base’s stored weights. Where those are quantized they are widened, never quantized again.',
      },
    ],
  },
  {
    title: 'For llama.cpp',
    destinations: [
      {
        kind: 'ggufLora',
        title: 'Adapter in GGUF',
        opensIn: 'One file that llama.cpp and what builds on it load beside the base’s own GGUF file.',
        choices: [{ value: 'f32', label: '', what: (runId) => ({ kind: 'ggufLora', runId }) }],
      },
      {
        kind: 'gguf',
        title: 'Merged model in GGUF',
        opensIn: 'One file with weights, tokenizer and chat template, for llama.cpp, Ollama and LM Studio.',
        choices: [gguf('F16', 'F16'), gguf('Q8_0', 'Q8_0'), gguf('Q4_0', 'Q4_0')],
      },
    ],
  },
  {
    title: 'For the web',
    destinations: [
      {
        kind: 'onnx',
        title: 'Merged model in ONNX',
        opensIn: 'A folder that transformers.js runs in any web page or in Node; its model alone runs in onnxruntime.',
        choices: [onnx('f32', 'f32, exact'), onnx('f16', 'f16'), onnx('q4', 'q4, 4 bits')],
      },
      {
        kind: 'onnxAdapters',
        title: 'Base with open adapters',
        opensIn:
          'One loaded base and any number of adapters over it, switched with every call of onnxruntime-web; a short script in the folder shows how.',
        choices: [onnxAdapters('f32', 'f32, exact'), onnxAdapters('f16', 'f16'), onnxAdapters('q4', 'q4, 4 bits')],
        takesOthers: true,
      },
    ],
  },
  {
    title: 'For bigger machines',
    destinations: [
      {
        kind: 'continue',
        title: 'Continue elsewhere',
        opensIn:
          'A folder that goes on with this very run on PyTorch, on one GPU or many: training script, data, settings, adapter and the optimizer’s state.',
        choices: [{ value: 'pytorch', label: '', what: (runId) => ({ kind: 'continue', runId }) }],
      },
    ],
  },
];

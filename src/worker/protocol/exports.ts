// Taking a run away as files.
import type { MergedFormat } from './model.ts';

/** What leaves, in the form that one kind of tool opens. */
export type ExportWhat =
  /** A PEFT folder. */
  | { kind: 'adapter'; runId: string }
  /** A transformers folder of the base with the adapter merged in. */
  | { kind: 'merged'; runId: string; format: MergedFormat }
  /** A GGUF file of the adapter alone, for llama.cpp beside the base. */
  | { kind: 'ggufLora'; runId: string }
  /** A GGUF file of the base with the adapter merged in. */
  | { kind: 'gguf'; runId: string; format: GgufFormat }
  /** A transformers.js folder, the adapter merged in. */
  | { kind: 'onnx'; runId: string; format: OnnxFormat }
  /** A transformers.js folder of the base, this run's adapter and `others` beside it, switched with every call. */
  | { kind: 'onnxAdapters'; runId: string; others: readonly string[]; format: OnnxFormat }
  /** A folder that goes on with the run on PyTorch: its data, settings and state. */
  | { kind: 'continue'; runId: string };

/** Types of the weights in ONNX. */
export type OnnxFormat = 'f32' | 'f16' | 'q4';

/** Types of the matrices in GGUF, by its own names. */
export type GgufFormat = 'F16' | 'Q8_0' | 'Q4_0';

export type ExportKind = ExportWhat['kind'];

export type ExportPlan =
  /**
   * `fileName`: of what is downloaded. `sizeBytes`: of all its files together; null where reading the run's data for it
   * would take long. `notes`: whole sentences on what will be other than asked.
   */
  | { kind: 'ready'; fileName: string; sizeBytes: number | null; notes: readonly string[] }
  /** The files of the base are not at hand; `reason` says why. */
  | { kind: 'needsBase'; reason: string }
  | { kind: 'refused'; reason: string };

/** `file`: what is downloaded goes there as it is made. `folder`: files stand in it, those of a folder in one of its own. */
export type ExportTarget =
  | { kind: 'download' }
  | { kind: 'file'; handle: FileSystemFileHandle }
  | { kind: 'folder'; handle: FileSystemDirectoryHandle };

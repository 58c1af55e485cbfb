// `export --format onnx`: a transformers.js folder of the model, one adapter merged in if given; `--format onnx-adapters`:
// of the base, its adapters beside it and switched with every call.
import { onnxAdaptersFolder } from '../../onnx/adaptersFolder.ts';
import { onnxFolder } from '../../onnx/onnxFolder.ts';
import { keptAsF32 } from '../../onnx/quantizedWeights.ts';
import { targetSet } from '../trainFlags.ts';
import type { ExportFormat, ExportJob } from './exportFormat.ts';
import { exportTitle } from './exportTitle.ts';

const DTYPES = ['f32', 'f16', 'q4'] as const;

function dtypeOf({ dtype }: ExportJob) {
  return DTYPES.find((known) => known === dtype) ?? 'f32';
}

function notesOf(job: ExportJob): string[] {
  const kept = dtypeOf(job) === 'q4' ? keptAsF32(job.model.architecture) : [];
  if (kept.length === 0) return [];
  const some = kept.slice(0, 3).join(', ') + (kept.length > 3 ? ', …' : '');
  const matrices = kept.length === 1 ? '1 matrix stays' : `${kept.length} matrices stay`;
  return [`${matrices} f32, since no block of 32 divides the rows: ${some}.`];
}

export const onnx: ExportFormat = {
  dtypes: DTYPES,
  adapters: { least: 0, most: 1 },
  files: async (job) => ({
    files: await onnxFolder(job.model.folder, job.model.architecture, job.adapters[0], { dtype: dtypeOf(job) }),
    notes: notesOf(job),
  }),
};

export const onnxAdapters: ExportFormat = {
  dtypes: DTYPES,
  adapters: { least: 0, most: Number.POSITIVE_INFINITY },
  flags: { targets: 'text' },
  files: async (job) => {
    const { flags, model, adapters } = job;
    const given = flags.text('targets');
    const named = adapters.map(({ path, layout, block }) => ({ name: exportTitle(path), layout, block }));
    const options = { dtype: dtypeOf(job), ...(given !== undefined && { targets: targetSet(given) }) };
    return {
      files: await onnxAdaptersFolder(model.folder, model.architecture, named, options),
      notes: notesOf(job),
    };
  },
};

// `export --format onnx`: a transformers.js folder of the model, one adapter merged in if given.
import { onnxFolder } from '../../onnx/onnxFolder.ts';
import type { ExportFormat } from './exportFormat.ts';

const DTYPES = ['f32', 'f16'] as const;

export const onnx: ExportFormat = {
  dtypes: DTYPES,
  adapters: { least: 0, most: 1 },
  files: async ({ model, adapters, dtype }) => ({
    files: await onnxFolder(model.folder, model.architecture, adapters[0], {
      dtype: DTYPES.find((known) => known === dtype) ?? 'f32',
    }),
  }),
};

// `export --format gguf`: the model as one file for llama.cpp, an adapter merged in or without one.
import type { GgufWeightType } from '../../adapters/ggufTensors.ts';
import { ggufFile } from '../../adapters/mergedGguf.ts';
import type { ExportDtype, ExportFormat } from './exportFormat.ts';
import { exportTitle } from './exportTitle.ts';

const TYPES: Readonly<Record<ExportDtype, GgufWeightType>> = { f32: 'F32', f16: 'F16', q8: 'Q8_0', q4: 'Q4_0' };

export const gguf: ExportFormat = {
  dtypes: ['f16', 'f32', 'q8', 'q4'],
  adapters: { least: 0, most: 1 },
  fileEnding: '.gguf',
  async files({ model, adapters: [adapter], dtype = 'f16' }) {
    const type = TYPES[dtype];
    const base = exportTitle(model.path);
    const title = adapter ? `${base} ${exportTitle(adapter.path)}` : base;
    const { file, notes } = await ggufFile(model.folder, model.architecture, adapter, {
      type,
      fileName: `${title.replaceAll(' ', '-')}-${type}.gguf`,
      title,
      baseModel: model.hubId ?? adapter?.config.baseModel ?? base,
    });
    return { files: [file], notes };
  },
};

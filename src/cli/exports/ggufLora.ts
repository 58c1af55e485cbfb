// `export --format gguf-lora`: the adapter alone, as llama.cpp loads it beside a GGUF file of the base model.
import { ggufAdapterFile } from '../../adapters/ggufAdapter.ts';
import type { ExportFormat } from './exportFormat.ts';
import { exportTitle } from './exportTitle.ts';

export const ggufLora: ExportFormat = {
  dtypes: ['f32', 'f16'],
  adapters: { least: 1, most: 1 },
  fileEnding: '.gguf',
  async files({ model, adapters, dtype }) {
    const [adapter] = adapters;
    if (!adapter) throw new RangeError('gguf-lora: no adapter');
    const title = exportTitle(adapter.path);
    const baseModel = adapter.config.baseModel ?? model.hubId ?? exportTitle(model.path);
    const file = ggufAdapterFile(model.architecture, adapter, {
      fileName: `${title}-lora.gguf`,
      title,
      baseModel,
      dtype: dtype === 'f16' ? 'F16' : 'F32',
    });
    return { files: [file] };
  },
};

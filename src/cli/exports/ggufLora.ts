// `export --format gguf-lora`: the adapter alone, as llama.cpp loads it beside a GGUF file of the base model.
import { basename } from 'node:path';
import { ggufAdapterFile } from '../../adapters/ggufAdapter.ts';
import type { ExportFormat } from './exportFormat.ts';

export const ggufLora: ExportFormat = {
  dtypes: ['f32', 'f16'],
  adapters: { least: 1, most: 1 },
  fileEnding: '.gguf',
  async files({ model, adapters, dtype }) {
    const [adapter] = adapters;
    if (!adapter) throw new RangeError('gguf-lora: no adapter');
    const title = basename(adapter.path).replace(/\.(zip|gguf)$/i, '');
    const baseModel = adapter.config.baseModel ?? model.hubId ?? basename(model.path);
    const file = ggufAdapterFile(model.architecture, adapter, {
      fileName: `${title}-lora.gguf`,
      title,
      baseModel,
      dtype: dtype === 'f16' ? 'F16' : 'F32',
    });
    return { files: [file] };
  },
};

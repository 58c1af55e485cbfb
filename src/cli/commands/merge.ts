// `merge`: a transformers folder of the model with an adapter merged in. No GPU is needed.
import { existsSync, realpathSync } from 'node:fs';
import { mergedFolder } from '../../adapters/mergedFolder.ts';
import { isBlockDtype } from '../../formats/blockTypes.ts';
import type { FloatDtype } from '../../formats/dtypes.ts';
import { openLocalAdapter } from '../adapterFolder.ts';
import type { FlagKind, Flags } from '../flags.ts';
import { InputError } from '../inputError.ts';
import { modelFlag } from '../modelFlag.ts';
import { openLocalModel } from '../modelFolder.ts';
import { makeFolder, writeFiles } from '../outputFiles.ts';
import { progressBar } from '../progress.ts';

export const MERGE_FLAGS: Readonly<Record<string, FlagKind>> = {
  model: 'text',
  adapter: 'text',
  out: 'text',
  dtype: 'text',
};

const DTYPES: Readonly<Record<'f32' | 'f16' | 'bf16', FloatDtype>> = { f32: 'F32', f16: 'F16', bf16: 'BF16' };

export async function merge(flags: Flags): Promise<void> {
  const modelPath = await modelFlag(flags);
  const adapterPath = flags.required('adapter');
  const out = flags.required('out');
  const chosen = flags.choice('dtype', ['f32', 'f16', 'bf16']);
  const local = await openLocalModel(modelPath);
  const isQuantized = [...local.weights.tensors.values()].some(({ info }) => isBlockDtype(info.dtype));
  const format = chosen ?? (isQuantized ? 'f16' : 'f32');
  const dtype = DTYPES[format];
  const adapter = await openLocalAdapter(adapterPath, local.architecture);
  const files = await mergedFolder(local.folder, local.architecture, adapter, { dtype });
  await makeFolder(out);
  if (realpathSync(out) === realpathSync(local.onDisk)) {
    throw new InputError(`--out: ${out} is the model itself, whose weights stay as they are; choose another folder`);
  }
  if (existsSync(adapterPath) && realpathSync(out) === realpathSync(adapterPath)) {
    throw new InputError(`--out: ${out} is the adapter itself, which a model would hide; choose another folder`);
  }
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const bar = progressBar('Merging');
  let doneBytes = 0;
  await writeFiles(out, files, (sizeBytes) => {
    doneBytes += sizeBytes;
    bar.show(doneBytes, totalBytes);
  });
  bar.end();
  process.stdout.write(
    `Merged ${adapterPath} into ${modelPath}${isQuantized ? `, its quantized weights widened to ${format}` : ''}: ${files.length} files, ${totalBytes} bytes in ${out}\n`,
  );
}

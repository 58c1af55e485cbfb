// `logits`: the logits of a row of tokens, as a NumPy file.
import { basename, dirname } from 'node:path';
import { npyHeader } from '../../formats/npy.ts';
import { checkIds, streamLogits } from '../../model/logits.ts';
import { answering, openLocalAdapter } from '../adapterFolder.ts';
import { existing } from '../fileSource.ts';
import { type FlagKind, type Flags, numberOf } from '../flags.ts';
import { modelFlag } from '../modelFlag.ts';
import { openLocalModel, withLoadedModel } from '../modelFolder.ts';
import { writeFiles } from '../outputFiles.ts';
import { weightsFlag } from '../weightsFlag.ts';

export const LOGITS_FLAGS: Readonly<Record<string, FlagKind>> = {
  model: 'text',
  adapter: 'text',
  weights: 'text',
  ids: 'text',
  out: 'text',
};

export async function logits(flags: Flags): Promise<void> {
  const modelPath = await modelFlag(flags);
  const out = flags.required('out');
  flags.required('ids');
  const ids = (flags.list('ids') ?? []).map((id) => numberOf('--ids', id, { least: 0, isWhole: true }));
  existing(dirname(out), 'folder');
  const local = await openLocalModel(modelPath);
  const { architecture } = local;
  checkIds(local, ids);
  const adapterPath = flags.text('adapter');
  const adapter = adapterPath === undefined ? undefined : await openLocalAdapter(adapterPath, architecture);
  const { vocabularySize } = architecture;
  await withLoadedModel(local, weightsFlag(flags, local), async (gpu, model) => {
    const values = new Float32Array(ids.length * vocabularySize);
    const keep = (token: number, row: Float32Array) => values.set(row, token * vocabularySize);
    await streamLogits(gpu, model, ids, keep, answering(gpu, architecture, adapter));
    const header = npyHeader([ids.length, vocabularySize]);
    const data = new Uint8Array(values.buffer);
    const bytes = async function* () {
      yield header;
      yield data;
    };
    await writeFiles(dirname(out), [{ name: basename(out), bytes }]);
  });
}

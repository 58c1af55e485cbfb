// `export`: the model, with adapters or without, in a form that other programs run. No GPU is needed.
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openLocalAdapter } from '../adapterFolder.ts';
import { continueElsewhere } from '../exports/continue.ts';
import { EXPORT_DTYPES, type ExportDtype, type ExportFormat, type NamedAdapter } from '../exports/exportFormat.ts';
import { gguf } from '../exports/gguf.ts';
import { ggufLora } from '../exports/ggufLora.ts';
import { onnx, onnxAdapters } from '../exports/onnx.ts';
import type { FlagKind, Flags } from '../flags.ts';
import { InputError } from '../inputError.ts';
import { modelFlag } from '../modelFlag.ts';
import { openLocalModel } from '../modelFolder.ts';
import { makeFolder, type OutputFile, writeFiles } from '../outputFiles.ts';
import { progressBar } from '../progress.ts';

const FORMATS: Readonly<Record<string, ExportFormat>> = {
  continue: continueElsewhere,
  onnx,
  'onnx-adapters': onnxAdapters,
  gguf,
  'gguf-lora': ggufLora,
};

export const EXPORT_FLAGS: Readonly<Record<string, FlagKind>> = {
  model: 'text',
  adapter: 'texts',
  out: 'text',
  format: 'text',
  dtype: 'text',
  ...Object.assign({}, ...Object.values(FORMATS).map(({ flags }) => flags)),
};

export async function exportModel(flags: Flags): Promise<void> {
  const out = flags.required('out');
  flags.required('format');
  const name = flags.choice('format', Object.keys(FORMATS)) ?? '';
  const format = FORMATS[name];
  if (!format) throw new InputError('--format is missing');
  refuseForeignFlags(flags, name, format);
  const chosen = flags.choice('dtype', EXPORT_DTYPES);
  const { dtypes } = format;
  if (chosen && !dtypes.includes(chosen)) {
    const what = dtypes.length === 0 ? 'no --dtype' : `--dtype ${dtypes.join(', ')}`;
    throw new InputError(`--dtype: ${name} takes ${what}, got ${chosen}`);
  }
  const paths = flags.texts('adapter');
  const { least, most } = format.adapters;
  if (paths.length < least) throw new InputError(`--adapter is missing; ${name} needs one`);
  if (paths.length > most) throw new InputError(`--adapter: ${name} takes ${most}, got ${paths.length}`);
  const direct = await format.withoutModel?.(flags);
  const { modelPath, originals, exported } = direct
    ? { modelPath: flags.required('model'), originals: [], exported: direct }
    : await fromModel(flags, format, chosen ?? dtypes[0]);
  const { files, notes = [] } = exported;
  const { folder, named } = placed(out, files, format.fileEnding);
  await makeFolder(folder);
  refuseModelItself(folder, named, originals);
  const totalBytes = await written(folder, named);
  for (const note of notes) process.stderr.write(`${note}\n`);
  const count = named.length === 1 ? '1 file' : `${named.length} files`;
  process.stdout.write(`Exported ${modelPath} as ${name}: ${count}, ${totalBytes} bytes in ${out}\n`);
}

/** Opens what the export is made of. `originals`: where its files are, which none may be written over. */
async function fromModel(flags: Flags, format: ExportFormat, dtype: ExportDtype | undefined) {
  const modelPath = flags.text('model') ?? (await format.modelPath?.(flags)) ?? (await modelFlag(flags));
  const model = await openLocalModel(modelPath);
  const adapters: NamedAdapter[] = [];
  for (const path of flags.texts('adapter')) {
    adapters.push({ path, ...(await openLocalAdapter(path, model.architecture)) });
  }
  const exported = await format.files({ flags, model, adapters, dtype });
  return { modelPath, originals: [model.onDisk, ...model.folder.weights.map((file) => file.name)], exported };
}

function refuseForeignFlags(flags: Flags, name: string, { flags: own = {} }: ExportFormat): void {
  for (const [other, { flags: theirs = {} }] of Object.entries(FORMATS)) {
    const given = Object.keys(theirs).find((flag) => !Object.hasOwn(own, flag) && flags.has(flag));
    if (given) throw new InputError(`--${given} belongs to --format ${other}, not to ${name}`);
  }
}

type Sized = OutputFile & { sizeBytes: number };

/** The folder to write to, and the files under the names they get there. */
function placed(out: string, files: readonly Sized[], ending: string | undefined): { folder: string; named: Sized[] } {
  const [only] = files;
  if (ending === undefined || !only || files.length > 1 || !out.endsWith(ending)) {
    return { folder: out, named: [...files] };
  }
  return { folder: dirname(out), named: [{ ...only, name: basename(out) }] };
}

/** `model`: the folder or file, and the files of its weights. */
function refuseModelItself(folder: string, files: readonly OutputFile[], model: readonly string[]): void {
  const places = [realpathSync(folder), ...files.map(({ name }) => join(realpathSync(folder), name))];
  const taken = new Set(model.filter((path) => existsSync(path)).map((path) => realpathSync(path)));
  if (!places.some((place) => taken.has(place))) return;
  throw new InputError('--out: this is the model itself, which stays as it is; choose another place');
}

async function written(folder: string, files: readonly Sized[]): Promise<number> {
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  for (const { name } of files) mkdirSync(join(folder, dirname(name)), { recursive: true });
  const bar = progressBar('Exporting');
  let doneBytes = 0;
  await writeFiles(folder, files, (sizeBytes) => {
    doneBytes += sizeBytes;
    bar.show(doneBytes, totalBytes);
  });
  bar.end();
  return totalBytes;
}

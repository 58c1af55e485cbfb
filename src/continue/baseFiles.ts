// Where train.py finds the frozen model: by Hub id, in the exported folder where it is small, or where the person says.
import type { ByteSource } from '../formats/byteSource.ts';
import { copiedEntry, textEntry } from '../formats/folderEntries.ts';
import type { ModelFolder } from '../formats/modelFolder.ts';
import { baseName, WEIGHTS_INDEX_NAME, WEIGHTS_NAME, type WeightFiles } from '../formats/weightFiles.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import type { WeightFormat } from '../training/settings.ts';
import type { ContinueBase } from './continueRun.ts';
import { ggufFacts, rounding } from './startFacts.ts';

/** A model of at most so many bytes goes along. */
const SMALL_BYTES = 64e6;

export interface KnownBase {
  readonly folder: ModelFolder<ByteSource>;
  readonly architecture: Architecture;
  readonly files: WeightFiles;
  readonly weights: WeightFormat;
  /** What a person calls it. */
  readonly name: string;
  /** On the Hub with these very weights. */
  readonly hub: { readonly id: string; readonly revision: string | null } | undefined;
}

export function baseOf(known: KnownBase): { base: ContinueBase; baseFiles: ZipEntry[] } {
  const { folder, architecture, files, weights, name, hub } = known;
  const isGguf = files.isGguf === true;
  const gguf = isGguf ? { gguf: ggufFacts(architecture, files) } : {};
  const kept = { weights, rounding: rounding(architecture, weights, files), ...gguf };
  if (hub) return { base: { kind: 'hub', ...hub, ...kept }, baseFiles: [] };
  const sizeBytes = folder.weights.reduce((sum, file) => sum + file.sizeBytes, 0);
  const isSmall = sizeBytes <= SMALL_BYTES;
  // What a GGUF file says in its header train.py cannot read there.
  const around = isSmall || isGguf ? besidesWeights(folder) : [];
  const baseFiles = [...around, ...(isSmall ? weightsOf(folder, files) : [])].map(inBase);
  if (!isSmall) return { base: { kind: 'files', id: name, revision: null, ...kept }, baseFiles };
  const id = isGguf ? `base/${baseName(folder.weights[0]?.name ?? '')}` : 'base';
  return { base: { kind: 'folder', id, revision: null, ...kept }, baseFiles };
}

const inBase = (entry: ZipEntry): ZipEntry => ({ ...entry, name: `base/${baseName(entry.name)}` });

function besidesWeights(folder: ModelFolder<ByteSource>): ZipEntry[] {
  const { config, generationConfig, tokenizer, tokenizerConfig, specialTokensMap, chatTemplate } = folder;
  const some = [config, generationConfig, tokenizer, tokenizerConfig, specialTokensMap, chatTemplate];
  return some.filter((file) => file !== undefined).map(copiedEntry);
}

/** As transformers looks for them: one file by its own name, several with an index. */
function weightsOf({ weights }: ModelFolder<ByteSource>, { isGguf, tensors }: WeightFiles): ZipEntry[] {
  const copies = weights.map(copiedEntry);
  const [only] = copies;
  if (isGguf || weights.some(({ name }) => baseName(name) === WEIGHTS_INDEX_NAME)) return copies;
  if (only && copies.length === 1) return [{ ...only, name: WEIGHTS_NAME }];
  const places = [...tensors].map(([name, { source }]) => [name, baseName(source.name)]);
  const index = { metadata: {}, weight_map: Object.fromEntries(places) };
  return [...copies, textEntry(WEIGHTS_INDEX_NAME, `${JSON.stringify(index, null, 2)}\n`)];
}

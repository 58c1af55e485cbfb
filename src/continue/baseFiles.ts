// Where train.py finds the frozen model: by Hub id, in the exported folder where it is small, or where the person says.
import type { ByteSource } from '../formats/byteSource.ts';
import { readChunks } from '../formats/byteSource.ts';
import { isGguf } from '../formats/ggufShards.ts';
import type { ModelFolder } from '../formats/modelFolder.ts';
import { baseName, type WeightFiles } from '../formats/weightFiles.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import type { WeightFormat } from '../training/settings.ts';
import type { ContinueBase } from './continueRun.ts';
import { rounding } from './startFacts.ts';

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
  const kept = { weights, rounding: rounding(architecture, weights, files) };
  if (hub) return { base: { kind: 'hub', ...hub, ...kept }, baseFiles: [] };
  const sizeBytes = folder.weights.reduce((sum, file) => sum + file.sizeBytes, 0);
  if (sizeBytes > SMALL_BYTES) return { base: { kind: 'files', id: name, revision: null, ...kept }, baseFiles: [] };
  const [first] = folder.weights;
  const isOneGguf = first !== undefined && folder.weights.length === 1 && isGguf(first.name);
  const sources = isOneGguf ? [first] : filesOf(folder);
  const baseFiles = sources.map((source) => ({
    name: `base/${baseName(source.name)}`,
    sizeBytes: source.sizeBytes,
    bytes: () => readChunks(source),
  }));
  const id = isOneGguf ? `base/${baseName(first.name)}` : 'base';
  return { base: { kind: 'folder', id, revision: null, ...kept }, baseFiles };
}

function filesOf(folder: ModelFolder<ByteSource>): ByteSource[] {
  const { config, generationConfig, tokenizer, tokenizerConfig, specialTokensMap, chatTemplate, weights } = folder;
  const some = [config, generationConfig, tokenizer, tokenizerConfig, specialTokensMap, chatTemplate];
  return [...some.filter((file) => file !== undefined), ...weights];
}

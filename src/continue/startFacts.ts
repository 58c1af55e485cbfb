// What PEFT cannot know of a run: how each A starts, which parts of a B are no parameters at all, and how the frozen weights
// were rounded.
import type { AdapterLayout } from '../adapters/adapterSet.ts';
import { ggufArchitecture } from '../adapters/ggufArchitecture.ts';
import { partsByPath } from '../adapters/stackedParts.ts';
import { ggufTensorName, hasPermutedRows } from '../formats/ggufWeights.ts';
import { formatAdapterKey } from '../formats/peft.ts';
import type { WeightFiles } from '../formats/weightFiles.ts';
import type { Architecture } from '../model/architecture.ts';
import { allMatrices, declareModel } from '../model/frozenModel.ts';
import { TARGETS } from '../model/targets.ts';
import type { WeightFormat } from '../training/settings.ts';
import type { GgufTensorFact } from './continueRun.ts';

/** By module name, the place in TARGETS of every matrix whose A is stacked in it: a counter of its random numbers. */
export function startTargets(layout: AdapterLayout): Record<string, number[]> {
  const targets: Record<string, number[]> = {};
  for (const parts of partsByPath(layout)) {
    const [first] = parts;
    if (first) targets[first.place.moduleName] ??= parts.map(({ place }) => TARGETS.indexOf(place.target));
  }
  return targets;
}

/**
 * GPT-2's q, k and v adapted apart leave as one module whose B has a block for each (peftFolder.ts): by PEFT's name, the
 * blocks as [row, rows, column, columns]. What lies outside is zero and stays so.
 */
export function zeroOutside(a: Architecture, layout: AdapterLayout): Record<string, number[][]> {
  const blocks: Record<string, number[][]> = {};
  if (!a.isConv1D) return blocks;
  for (const parts of partsByPath(layout)) {
    const apart = parts.find(({ place: { target } }) => target === 'q' || target === 'k' || target === 'v');
    if (!apart) continue;
    let column = 0;
    blocks[formatAdapterKey({ modulePath: apart.path, factor: 'B' })] = parts.map(({ place, rank }) => {
      const block = [place.colStart, place.colCount, column, rank];
      column += rank;
      return block;
    });
  }
  return blocks;
}

/** Of the tensors of a GGUF file, by its own names. Throws AdapterError for a model that it cannot hold. */
export function ggufFacts(a: Architecture, { tensors }: WeightFiles): Record<string, GgufTensorFact> {
  const architecture = ggufArchitecture(a);
  const facts = [...tensors].map(([name, { isOutIn }]): [string, GgufTensorFact] => {
    const stored = ggufTensorName(architecture, name);
    const pairs = hasPermutedRows(architecture, stored) ? { pairsOf: a.headDim } : {};
    return [stored, { name, ...pairs, ...(isOutIn ? { isTransposed: true } : {}) }];
  });
  return Object.fromEntries(facts);
}

/** Names of stored matrices by the type they are kept in, where reading the files in f32 would not give the same values. */
export function rounding(a: Architecture, weights: WeightFormat, files: WeightFiles): Record<string, string[]> {
  const kinds: Record<string, string[]> = {};
  for (const { stored } of allMatrices(declareModel(a, weights, Number.MAX_SAFE_INTEGER, files))) {
    for (const { name, type } of stored) {
      // Blocks and floats of a file are repacked to the same values; only what no kernel reads is rounded.
      const isSame = type === 'f32' || (weights === 'file' && type !== 'f16');
      if (!isSame) kinds[type] = [...(kinds[type] ?? []), name];
    }
  }
  return kinds;
}

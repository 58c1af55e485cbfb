// Who answers in the Playground: the base and the adapters asked for lately, in one generator that is made again when
// another adapter or a longer context is wanted.
import { flatElements, layOutAdapters } from '../adapters/adapterSet.ts';
import { answeringAdapters, placeParameters } from '../adapters/answering.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { AdapterChoice } from '../model/answeringAdapters.ts';
import { FROZEN } from '../model/answeringAdapters.ts';
import { Generator } from '../model/generator.ts';
import { adapterVersion, openAdapter, type StoredAdapter } from './adapterStore.ts';
import { onDeviceLost } from './device.ts';
import { type LoadedModel, onModelLeaving, requireModel } from './modelSession.ts';
import type { Answerer } from './protocol/playground.ts';

interface Pool {
  readonly model: LoadedModel;
  readonly generator: Generator;
  readonly parameters: Tensor | undefined;
  /** By run and version, in the generator's order. */
  readonly adapters: readonly { runId: string; version: number }[];
  readonly sequences: number;
  readonly maxTokens: number;
}

export interface Place {
  readonly generator: Generator;
  readonly choice: AdapterChoice;
}

export interface Need {
  /** Prompt and answer. */
  readonly tokens: number;
  readonly sequences: number;
}

const KEPT_ADAPTERS = 4;
const SMALLEST_TOKENS = 256;

let pool: Pool | undefined;
let users = 0;
let turn: Promise<unknown> = Promise.resolve();
let wakeIdle = () => {};

onDeviceLost(() => {
  pool = undefined;
});

onModelLeaving(() => inTurn(free));

/** Runs `work` with a generator that has this answerer and room; it stays until `work` is done. */
export async function withAnswerer<T>(answerer: Answerer, need: Need, work: (place: Place) => Promise<T>): Promise<T> {
  const place = await inTurn(() => enter(answerer, need));
  try {
    return await work(place);
  } finally {
    leave();
  }
}

/** As `withAnswerer`, while nobody else answers. */
export function aloneWithAnswerer<T>(answerer: Answerer, need: Need, work: (place: Place) => Promise<T>): Promise<T> {
  return inTurn(async () => {
    await idle();
    const place = await enter(answerer, need);
    try {
      return await work(place);
    } finally {
      leave();
    }
  });
}

function leave(): void {
  users--;
  if (users === 0) wakeIdle();
}

/** Waits until nobody uses the generator. */
async function idle(): Promise<void> {
  if (users === 0) return;
  await new Promise<void>((resolve) => {
    wakeIdle = resolve;
  });
}

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = turn.then(work);
  turn = result.catch(() => undefined);
  return result;
}

async function enter(answerer: Answerer, need: Need): Promise<Place> {
  if (!pool || !serves(pool, answerer, need)) await open(answerer, need);
  if (!pool) throw new Error('answer pool: not open');
  users++;
  const { generator, adapters } = pool;
  if (answerer.kind === 'base') return { generator, choice: FROZEN };
  const adapter = adapters.findIndex(({ runId }) => runId === answerer.runId);
  return { generator, choice: { adapter, strength: answerer.strength } };
}

function serves({ model, adapters, sequences, maxTokens }: Pool, answerer: Answerer, need: Need): boolean {
  const known =
    answerer.kind === 'base' ||
    adapters.some(({ runId, version }) => runId === answerer.runId && version === adapterVersion(runId));
  return known && model === requireModel() && need.tokens <= maxTokens && need.sequences <= sequences;
}

async function open(answerer: Answerer, need: Need): Promise<void> {
  const before = pool;
  const model = requireModel();
  const { architecture: a } = model.frozen;
  const wanted = answerer.kind === 'base' ? [] : [answerer.runId];
  const others = (before?.adapters ?? []).map(({ runId }) => runId).filter((id) => !wanted.includes(id));
  const runIds = [...others.slice(-(KEPT_ADAPTERS - wanted.length)), ...wanted];
  const stored: (StoredAdapter & { runId: string; version: number })[] = [];
  for (const runId of runIds) {
    const version = adapterVersion(runId);
    try {
      stored.push({ runId, version, ...(await openAdapter(runId, a)) });
    } catch (error) {
      // One that was deleted meanwhile, or is not wanted now, is left out.
      if (wanted.includes(runId)) throw error;
    }
  }
  const layouts = layOutAdapters(
    a,
    stored.map(({ adapter }) => adapter.spec),
  );
  const flat = new Float32Array(flatElements(layouts));
  layouts.forEach(({ start }, i) => {
    flat.set(stored[i]!.block, start);
  });
  await free();
  const tokens = Math.max(SMALLEST_TOKENS, 2 ** Math.ceil(Math.log2(need.tokens)), before?.maxTokens ?? 0);
  const maxTokens = Math.min(model.description.maxPositions, tokens);
  const sequences = Math.max(need.sequences, KEPT_ADAPTERS);
  const parameters = layouts.length > 0 ? placeParameters(model.gpu, flat) : undefined;
  try {
    const generator = await Generator.open(model.gpu, model.frozen, {
      sequences,
      maxTokens,
      ...(parameters ? { adapters: answeringAdapters(a, layouts, parameters) } : {}),
    });
    pool = {
      model,
      generator,
      parameters,
      adapters: stored.map(({ runId, version }) => ({ runId, version })),
      sequences,
      maxTokens,
    };
  } catch (error) {
    if (parameters) model.gpu.free(parameters.allocation);
    throw error;
  }
}

/** Once nobody uses it. */
async function free(): Promise<void> {
  await idle();
  const leaving = pool;
  pool = undefined;
  if (!leaving) return;
  await leaving.generator.free();
  if (leaving.parameters) leaving.model.gpu.free(leaving.parameters.allocation);
}

// A race as it will be run: its adapters, cut into heats where memory runs short. A single run is a race of one.
import { cutIntoHeats, type Heat } from '../training/heats.ts';
import { TooLargeError } from '../training/tooLarge.ts';
import { requireData } from './dataSession.ts';
import { failureOf } from './failure.ts';
import { requireModel } from './modelSession.ts';
import type { RacePlan, RaceRequest } from './protocol/runs.ts';
import type { Calls } from './protocol.ts';
import { type RaceAdapter, raceAdapters } from './raceAdapters.ts';
import { makePlan, NO_MEMORY, type PlannedRun } from './runPlanning.ts';

/** The heats that fit into the budget, and the plans of those that were planned on the way. */
export async function planHeats(
  adapters: readonly RaceAdapter[],
  { samplePrompts, budgetBytes }: Pick<RaceRequest, 'samplePrompts' | 'budgetBytes'>,
): Promise<{ heats: Heat[]; plans: PlannedRun[] }> {
  const [model, data] = [requireModel(), requireData()];
  const made = new Map<string, PlannedRun>();
  const plan = async ([from, to]: Heat) => {
    const known = made.get(`${from}-${to}`);
    const planned = known ?? (await makePlan(adapters.slice(from, to), model, data, { samplePrompts }));
    made.set(`${from}-${to}`, planned);
    return planned;
  };
  const fits = async (from: number, to: number) => {
    if (budgetBytes === undefined) return true;
    try {
      return totalOf(await plan([from, to])) <= budgetBytes;
    } catch (error) {
      if (error instanceof TooLargeError) return false;
      throw error;
    }
  };
  const heats = await cutIntoHeats(adapters.length, fits);
  const plans: PlannedRun[] = [];
  for (const heat of heats) plans.push(await plan(heat));
  return { heats, plans };
}

const totalOf = ({ members }: PlannedRun) => members[0]?.plan.memory.total ?? 0;

export async function planRun(request: Calls['planRun']['request']): Promise<RacePlan> {
  const { description } = requireModel();
  requireData();
  try {
    const adapters = raceAdapters(request);
    const { heats, plans } = await planHeats(adapters, request);
    const largest = plans.reduce((a, b) => (totalOf(b) > totalOf(a) ? b : a));
    const members = plans.flatMap((plan) => plan.members);
    const sum = (of: 'trainableParameters' | 'adapterFileBytes') => members.reduce((n, { plan }) => n + plan[of], 0);
    return {
      ...largest.members[0]!.plan,
      trainableParameters: sum('trainableParameters'),
      adapterFileBytes: sum('adapterFileBytes'),
      adapters: adapters.map(({ name, settings }, i) => {
        const { trainableParameters, adapterFileBytes } = members[i]!.plan;
        return { name, settings, trainableParameters, adapterFileBytes };
      }),
      heats: heats.map(([from, to]) => to - from),
    };
  } catch (error) {
    const { message, canFit } = failureOf(error);
    return {
      trainableParameters: 0,
      modelParameters: description.parameters,
      adapterFileBytes: 0,
      steps: 0,
      stepsPerEpoch: 0,
      memory: NO_MEMORY,
      refusal: message,
      canFit,
      adapters: [],
      heats: [],
    };
  }
}

// The settings' types, by way of the protocol: the studio sees nothing else of the engine.

import type { ModelDescription } from '../../worker/protocol/model.ts';
import type { Calls } from '../../worker/protocol.ts';

export type RunSettings = Calls['planRun']['request']['settings'];
export type AdapterSettings = RunSettings['adapter'];
export type TrainingSettings = RunSettings['training'];
export type WeightFormat = Calls['loadModel']['request']['weights'];
export type Target = ModelDescription['targets'][number]['target'];
/** The values of a race, one list each; its adapters are their combinations. */
export type RaceChoices = NonNullable<Calls['planRun']['request']['choices']>;

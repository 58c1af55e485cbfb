// --weights: how the frozen model is kept on the GPU.
import { WEIGHT_FORMATS, type WeightFormat } from '../training/settings.ts';
import type { Flags } from './flags.ts';
import { InputError } from './inputError.ts';
import type { LocalModel } from './modelFolder.ts';

/** As the flag says, else as `earlier` was; else f32, and for a GGUF file as the file has them. Throws InputError. */
export function weightsFlag(flags: Flags, local: LocalModel, earlier?: WeightFormat): WeightFormat {
  const isGguf = local.weights.isGguf === true;
  const weights = flags.choice('weights', WEIGHT_FORMATS) ?? earlier ?? (isGguf ? 'file' : 'f32');
  if (weights === 'file' && !isGguf) {
    const others = WEIGHT_FORMATS.filter((format) => format !== 'file').join(', ');
    throw new InputError(`--weights file is for GGUF files, whose matrices have a type each; choose one of ${others}`);
  }
  return weights;
}

// Weights that find no room, in words that say which format takes less.
import { totalmem } from 'node:os';
import { OutOfGpuMemoryError } from '../gpu/errors.ts';
import type { WeightStorage } from '../model/weightStorage.ts';
import { bytesText } from '../training/bytesText.ts';
import type { WeightOption } from '../training/weightOptions.ts';

/**
 * Throws OutOfGpuMemoryError for more bytes than the machine has, where the driver is a software one: such a driver takes
 * them all the same, until the system ends the process.
 */
export function checkMachineHolds(
  options: readonly WeightOption[],
  storage: WeightStorage,
  isSoftware: boolean,
  machineBytes = totalmem(),
): void {
  const chosen = options.find(({ format }) => format === storage);
  if (!isSoftware || !chosen || chosen.bytes <= machineBytes) return;
  throw new OutOfGpuMemoryError(
    `the model: this machine has ${bytesText(machineBytes)}. ${weightsText(options, storage)}`,
  );
}

/** What the weights take as they are to be kept, and in the formats that take less. */
export function weightsText(options: readonly WeightOption[], storage: WeightStorage): string {
  const chosen = options.find(({ format }) => format === storage);
  if (!chosen) return '';
  const smaller = options.filter(({ bytes }) => bytes < chosen.bytes).sort((a, b) => b.bytes - a.bytes);
  const others = smaller.map(({ format, bytes }) => `${format} ${bytesText(bytes)}`).join(', ');
  const remedy = others === '' ? 'choose a smaller model' : `with --weights: ${others}`;
  return `In ${storage} the weights take ${bytesText(chosen.bytes)}; ${remedy}.`;
}

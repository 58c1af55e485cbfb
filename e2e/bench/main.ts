// `npm run bench`: the benchmark under Node, on the adapter that RANKWISE_ADAPTER names.
import { parseArgs } from 'node:util';
import { openNodeAdapter } from '../../src/cli/nodeGpu.ts';
import { readShaderFiles } from '../../src/cli/shaderFiles.ts';
import { Gpu } from '../../src/gpu/device.ts';
import { profileStep } from './profile.ts';
import { STEP_SIZES } from './stepProblem.ts';
import { renderTable } from './table.ts';

const { values } = parseArgs({ options: { profile: { type: 'boolean' }, runs: { type: 'string' } } });
const handle = await openNodeAdapter();
const gpu = await Gpu.open(handle.adapter, readShaderFiles());
if (values.profile) {
  for (const table of await profileStep(gpu, STEP_SIZES, Number(values.runs ?? 7)))
    console.log(`\n${renderTable(table)}`);
}
gpu.destroy();

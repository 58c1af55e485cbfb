// The first step of a process that has compiled nothing: prints the milliseconds from a loaded model to the first loss.
import { openNodeAdapter } from '../../src/cli/nodeGpu.ts';
import { readShaderFiles } from '../../src/cli/shaderFiles.ts';
import { Gpu } from '../../src/gpu/device.ts';
import { loadProblem, openOurStep } from './ourStep.ts';
import { STEP_SIZES, stepProblem } from './stepProblem.ts';

process.env.MESA_SHADER_CACHE_DISABLE = 'true';
const { adapter } = await openNodeAdapter();
const gpu = await Gpu.open(adapter, readShaderFiles());
const problem = stepProblem(STEP_SIZES);
const model = await loadProblem(gpu, problem);
const start = performance.now();
const ours = await openOurStep(gpu, problem, model);
await ours.step();
console.log(JSON.stringify({ firstStepMs: performance.now() - start }));
await ours.close();
gpu.destroy();

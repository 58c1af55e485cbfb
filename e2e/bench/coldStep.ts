// The first step of a process that has compiled nothing: prints the milliseconds from a loaded model to the first loss.
// Its argument: what tuning found, as [kind, kernel] pairs in JSON. A user's process remembers that from its first run.
import { openNodeAdapter } from '../../src/cli/nodeGpu.ts';
import { readShaderFiles } from '../../src/cli/shaderFiles.ts';
import { Gpu } from '../../src/gpu/device.ts';
import { loadProblem, openOurStep } from './ourStep.ts';
import { STEP_SIZES, stepProblem } from './stepProblem.ts';

process.env.MESA_SHADER_CACHE_DISABLE = 'true';
const { adapter } = await openNodeAdapter();
const gpu = await Gpu.open(adapter, readShaderFiles());
const variants: [string, string][] = JSON.parse(process.argv[2] ?? '[]');
gpu.traits = { ...gpu.traits, variants: new Map(variants) };
const problem = stepProblem(STEP_SIZES);
const model = await loadProblem(gpu, problem);
const start = performance.now();
const ours = await openOurStep(gpu, problem, model);
await ours.step();
console.log(JSON.stringify({ firstStepMs: performance.now() - start }));
await ours.close();
gpu.destroy();

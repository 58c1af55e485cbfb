// Writes every WGSL module that the engine can make to FOLDER/modules.json, for compilers that are not here. By hand:
//
//   npx tsx e2e/portability/dumpKernels.ts FOLDER
//   pip install wgpu && python e2e/portability/naga.py FOLDER      # naga, the compiler of Firefox
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readShaderFiles } from '../../src/cli/shaderFiles.ts';
import { ShaderLibrary } from '../../src/gpu/shaders.ts';
import { DEVICES, kernelsOf } from './everyKernel.ts';

const [folder] = process.argv.slice(2);
if (folder) {
  const library = new ShaderLibrary(readShaderFiles());
  const modules = new Map<string, { device: string; kernel: string; access: string[]; code: string }>();
  for (const [device, traits] of Object.entries(DEVICES)) {
    for (const { source } of kernelsOf(traits)) {
      const { key, code, slots } = await library.link(source);
      modules.set(code, { device, kernel: key, access: slots.map(({ access }) => access), code });
    }
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'modules.json'), JSON.stringify([...modules.values()]));
  process.stdout.write(`${modules.size} modules in ${join(folder, 'modules.json')}\n`);
} else {
  process.stderr.write('usage: npx tsx e2e/portability/dumpKernels.ts FOLDER\n');
  process.exitCode = 2;
}

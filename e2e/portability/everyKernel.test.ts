import { describe, expect, it } from 'vitest';
import { readShaderFiles } from '../../src/cli/shaderFiles.ts';
import { DEVICES, kernelsOf } from './everyKernel.ts';

/** WebGPU's core limit. */
const STORAGE_BUFFERS = 8;

const kernels = new Map(Object.entries(DEVICES).map(([device, traits]) => [device, kernelsOf(traits)]));

it('every shader is a kernel of some device', () => {
  const entries = Object.entries(readShaderFiles()).filter(([, text]) => text.includes('@compute'));
  const used = new Set([...kernels.values()].flat().map(({ source }) => `${source.path}.wgsl`));
  expect([...used].sort()).toEqual(entries.map(([path]) => path).sort());
});

describe.each(Object.entries(DEVICES).filter(([, { isCpu }]) => !isCpu))('on %s', (device) => {
  it('no kernel binds more storage buffers than every GPU has', () => {
    const most = kernels.get(device)!.filter(({ call }) => call.buffers.length > STORAGE_BUFFERS);
    expect(most.map(({ source }) => source.path)).toEqual([]);
  });

  it('no workgroup has more than 256 invocations', () => {
    const sizes = kernels.get(device)!.flatMap(({ source: { constants = {} } }) => {
      return [constants.WORKGROUP ?? 1, constants.WORKGROUP_SIZE ?? 1];
    });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256);
  });
});

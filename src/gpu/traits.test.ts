import { describe, expect, it } from 'vitest';
import { isSoftwareAdapter } from './device.ts';
import { loadsSingly, traitsOf } from './traits.ts';

const SUBGROUPS = new Set(['subgroups']);

describe('traitsOf', () => {
  it.each([
    { device: 'NVIDIA', sizes: [32, 32], lanes: 16, subgroupSize: 32, subgroupWorkgroup: 32 },
    { device: 'AMD', sizes: [32, 64], lanes: 16, subgroupSize: undefined, subgroupWorkgroup: 64 },
    { device: 'Intel', sizes: [8, 32], lanes: 8, subgroupSize: undefined, subgroupWorkgroup: 32 },
    { device: 'Apple', sizes: [4, 64], lanes: 4, subgroupSize: undefined, subgroupWorkgroup: 64 },
    { device: 'Direct3D', sizes: [32, 128], lanes: 16, subgroupSize: undefined, subgroupWorkgroup: 128 },
    { device: 'tiny subgroups', sizes: [2, 2], lanes: undefined, subgroupSize: undefined, subgroupWorkgroup: 16 },
  ])('of subgroups as $device has them', ({ sizes: [subgroupMinSize, subgroupMaxSize], device: _, ...expected }) => {
    const traits = traitsOf(SUBGROUPS, { subgroupMinSize: subgroupMinSize!, subgroupMaxSize: subgroupMaxSize! }, false);
    expect(traits).toMatchObject(expected);
  });

  it('counts on no subgroups where the feature or their sizes are not told', () => {
    expect(traitsOf(new Set(), { subgroupMinSize: 4, subgroupMaxSize: 128 }, true).lanes).toBeUndefined();
    expect(traitsOf(SUBGROUPS, {}, false)).toMatchObject({ lanes: undefined, subgroupSize: undefined });
  });

  it('takes a GPU with subgroups of 8 for no processor', () => {
    const info = { subgroupMinSize: 8, subgroupMaxSize: 8 };
    expect(loadsSingly(traitsOf(SUBGROUPS, info, false))).toBe(false);
    expect(loadsSingly(traitsOf(SUBGROUPS, info, true))).toBe(true);
  });
});

it('knows a software adapter by its flag, or by a name in any of the fields', () => {
  expect(isSoftwareAdapter({ info: { isFallbackAdapter: true, description: '' } })).toBe(true);
  expect(isSoftwareAdapter({ info: { vendor: 'google', architecture: 'swiftshader', description: '' } })).toBe(true);
  expect(isSoftwareAdapter({ info: { description: 'Microsoft Basic Render Driver' } })).toBe(true);
  expect(isSoftwareAdapter({ info: { device: 'llvmpipe (LLVM 15)', description: 'Mesa 25' } })).toBe(true);
  expect(isSoftwareAdapter({ info: { vendor: 'arm', architecture: 'bifrost', description: '' } })).toBe(false);
  expect(isSoftwareAdapter({ info: {} })).toBe(false);
});

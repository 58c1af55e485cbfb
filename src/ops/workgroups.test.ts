import { describe, expect, it } from 'vitest';
import { CORE_TRAITS, type KernelTraits } from '../gpu/traits.ts';
import {
  elementsOf,
  shareByInvocation,
  shareByPart,
  shareByReduction,
  shareByRow,
  spreadWorkgroups,
} from './workgroups.ts';

const TRAITS: Record<string, KernelTraits> = {
  core: CORE_TRAITS,
  'a GPU': { ...CORE_TRAITS, lanes: 16, subgroupSize: 32, subgroupWorkgroup: 32 },
  'a CPU': { ...CORE_TRAITS, isCpu: true, lanes: 8, subgroupSize: 8, subgroupWorkgroup: 16 },
};

it('spreads more workgroups than one dimension holds', () => {
  expect(spreadWorkgroups(65_535)).toEqual([65_535, 1]);
  const [x, y] = spreadWorkgroups(200_001);
  expect(x).toBeLessThanOrEqual(65_535);
  expect(x * y).toBeGreaterThanOrEqual(200_001);
});

it('takes elements in fours only where every size is a multiple of four', () => {
  expect(elementsOf(CORE_TRAITS, 64, 128)).toEqual({ conditions: { aligned: true }, width: 4 });
  expect(elementsOf(CORE_TRAITS, 64, 6)).toEqual({ conditions: { aligned: false }, width: 1 });
});

it('takes elements one by one where that compiles faster', () => {
  const lavapipe = { ...CORE_TRAITS, isCpu: true, lanes: 8, subgroupSize: 8, subgroupWorkgroup: 16 } as const;
  expect(elementsOf(lavapipe, 64, 128)).toEqual({ conditions: { aligned: false }, width: 1 });
  expect(elementsOf({ ...lavapipe, lanes: 4, subgroupSize: 4 }, 64, 128).width).toBe(4);
  // A phone's GPU may have subgroups of 8, too.
  expect(elementsOf({ ...lavapipe, isCpu: false }, 64, 128).width).toBe(4);
});

describe.each(Object.entries(TRAITS))('shares for %s', (_name, traits) => {
  it.each([1, 31, 512, 100_003, 400_000_000])(
    'cover %i items, the last workgroup not idle but for spreading',
    (count) => {
      for (const { share, workgroups } of [shareByInvocation(traits, count), shareByReduction(traits, count)]) {
        const [x, y] = workgroups;
        expect(Math.max(x, y)).toBeLessThanOrEqual(65_535);
        expect(x * y * share).toBeGreaterThanOrEqual(count);
        expect((x * y - y) * share).toBeLessThan(count);
      }
    },
  );

  it.each([1, 9, 4096])('cover every part of %i items', (count) => {
    const { constants, share, workgroups } = shareByPart(traits, count, 12);
    const [x, y, z] = workgroups;
    expect(x * y * constants.WORKGROUP_SIZE!).toBeGreaterThanOrEqual(count);
    expect(z * share).toBeGreaterThanOrEqual(12);
  });
});

it('gives a CPU few workgroups that do much, a GPU many that do little', () => {
  const [cpu, gpu] = [TRAITS['a CPU']!, TRAITS['a GPU']!];
  expect(shareByInvocation(cpu, 131_072)).toEqual({
    constants: { WORKGROUP_SIZE: 16 },
    share: 1024,
    workgroups: [128, 1],
  });
  expect(shareByInvocation(gpu, 131_072)).toEqual({
    constants: { WORKGROUP_SIZE: 256 },
    share: 256,
    workgroups: [512, 1],
  });
  expect(shareByRow(cpu, 512)).toEqual({ constants: { WORKGROUP_SIZE: 8 }, share: 16, workgroups: [32, 1] });
  expect(shareByRow(gpu, 512)).toEqual({ constants: { WORKGROUP_SIZE: 64 }, share: 1, workgroups: [512, 1] });
});

it('reduces within one subgroup where all have one size, else by workgroup memory', () => {
  expect(shareByReduction(TRAITS['a GPU']!, 10)).toMatchObject({
    conditions: { subgroups: true },
    constants: { WORKGROUP_SIZE: 32 },
  });
  expect(shareByReduction(CORE_TRAITS, 10)).toMatchObject({
    conditions: { subgroups: false },
    constants: { WORKGROUP_SIZE: 64 },
  });
});

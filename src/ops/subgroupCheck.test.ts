import { afterAll, expect, it } from 'vitest';
import { CORE_TRAITS } from '../gpu/traits.ts';
import { checkSubgroups, trusting } from './subgroupCheck.ts';
import { testGpu } from './testGpu.ts';

const { traits } = await testGpu();

afterAll(async () => {
  (await testGpu()).traits = traits;
});

async function checked(own: Partial<typeof traits>) {
  const gpu = await testGpu();
  gpu.traits = { ...traits, ...own };
  const before = gpu.allocatedBytes;
  const trust = await checkSubgroups(gpu);
  expect(gpu.allocatedBytes).toBe(before);
  return trust;
}

it('trusts this device, and one without subgroups', async () => {
  expect(await checked({})).toBe('all');
  expect(await checked(CORE_TRAITS)).toBe('all');
});

it('trusts no size that subgroups do not have', async () => {
  const size = 2 * (traits.subgroupSize ?? 16);
  expect(await checked({ subgroupSize: size, subgroupWorkgroup: 2 * size })).toBe('lanes');
});

it('trusts no lanes that are not there', async () => {
  const { lanes } = traits;
  if (lanes === 16) return;
  expect(await checked({ lanes: 16, subgroupWorkgroup: 16 })).toBe('none');
});

it('goes on with what it trusts', () => {
  const told = { ...CORE_TRAITS, lanes: 8, subgroupSize: 8 } as const;
  expect(trusting(told, 'all')).toBe(told);
  expect(trusting(told, 'lanes')).toMatchObject({ lanes: 8, subgroupSize: undefined });
  expect(trusting(told, 'none')).toMatchObject({ lanes: undefined, subgroupSize: undefined });
});

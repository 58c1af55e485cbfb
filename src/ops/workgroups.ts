// How many workgroups a kernel gets.

const MAX_WORKGROUPS_PER_DIMENSION = 65_535;

/** `count` workgroups as x × y, since no dimension may pass 65,535; the shader takes y·X + x and drops the excess. */
export function spreadWorkgroups(count: number): [number, number] {
  const y = Math.ceil(count / MAX_WORKGROUPS_PER_DIMENSION);
  return [Math.ceil(count / y), y];
}

/** Enough workgroups of `workgroupSize` for `count` invocations, spread as above. */
export function workgroupsFor(count: number, workgroupSize: number): [number, number] {
  return spreadWorkgroups(Math.ceil(count / workgroupSize));
}

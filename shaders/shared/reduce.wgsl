// Sums over one workgroup of WORKGROUP_SIZE invocations, in a fixed order: the same bits every time.
const WORKGROUP_SIZE = 64u;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

/// The sum of `value` over the workgroup, given to every invocation. Call from uniform control flow.
fn sumOverWorkgroup(value: f32, lane: u32) -> f32 {
  workgroupBarrier();
  partial[lane] = value;
  workgroupBarrier();
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    if (lane < half) { partial[lane] += partial[lane + half]; }
    workgroupBarrier();
  }
  return partial[0];
}

/// The largest `value` over the workgroup, given to every invocation. Call from uniform control flow.
fn maxOverWorkgroup(value: f32, lane: u32) -> f32 {
  workgroupBarrier();
  partial[lane] = value;
  workgroupBarrier();
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    if (lane < half) { partial[lane] = max(partial[lane], partial[lane + half]); }
    workgroupBarrier();
  }
  return partial[0];
}

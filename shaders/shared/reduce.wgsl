// Reductions over one workgroup of WORKGROUP_SIZE invocations, in a fixed order: the same bits every time.
// Every invocation adds up all the partials itself: more loads than a tree, but two barriers instead of a dozen, and
// barriers are what software adapters are slow at.
const WORKGROUP_SIZE = 64u;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

fn share(value: f32, lane: u32) {
  workgroupBarrier();
  partial[lane] = value;
  workgroupBarrier();
}

/// The sum of `value` over the workgroup, given to every invocation. Call from uniform control flow.
fn sumOverWorkgroup(value: f32, lane: u32) -> f32 {
  share(value, lane);
  var sum = vec4f();
  for (var i = 0u; i < WORKGROUP_SIZE; i += 4u) {
    sum += vec4f(partial[i], partial[i + 1u], partial[i + 2u], partial[i + 3u]);
  }
  return (sum.x + sum.y) + (sum.z + sum.w);
}

/// The largest `value` over the workgroup, given to every invocation. Call from uniform control flow.
fn maxOverWorkgroup(value: f32, lane: u32) -> f32 {
  share(value, lane);
  var most = partial[0];
  for (var i = 1u; i < WORKGROUP_SIZE; i++) { most = max(most, partial[i]); }
  return most;
}

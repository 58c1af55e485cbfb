// Reductions over one workgroup of WORKGROUP_SIZE invocations, in a fixed order: the same bits every time.
// With the condition `subgroups` a workgroup is one subgroup, and no barrier is needed. Else every invocation goes through
// all the partials itself: more loads than a tree, but two barriers instead of a dozen.
// Call from uniform control flow; the result is given to every invocation.
const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@if(subgroups) fn sumOverWorkgroup(value: f32, lane: u32) -> f32 { return subgroupAdd(value); }
@if(subgroups) fn maxOverWorkgroup(value: f32, lane: u32) -> f32 { return subgroupMax(value); }
@if(subgroups) fn minOverWorkgroup(value: f32, lane: u32) -> f32 { return subgroupMin(value); }

@if(!subgroups) var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

@if(!subgroups) fn exchange(value: f32, lane: u32) {
  workgroupBarrier();
  partial[lane] = value;
  workgroupBarrier();
}

@if(!subgroups) fn sumOverWorkgroup(value: f32, lane: u32) -> f32 {
  exchange(value, lane);
  var sum = vec4f();
  for (var i = 0u; i < WORKGROUP_SIZE; i += 4u) {
    sum += vec4f(partial[i], partial[i + 1u], partial[i + 2u], partial[i + 3u]);
  }
  return (sum.x + sum.y) + (sum.z + sum.w);
}

@if(!subgroups) fn maxOverWorkgroup(value: f32, lane: u32) -> f32 {
  exchange(value, lane);
  var most = partial[0];
  for (var i = 1u; i < WORKGROUP_SIZE; i++) { most = max(most, partial[i]); }
  return most;
}

@if(!subgroups) fn minOverWorkgroup(value: f32, lane: u32) -> f32 {
  exchange(value, lane);
  var least = partial[0];
  for (var i = 1u; i < WORKGROUP_SIZE; i++) { least = min(least, partial[i]); }
  return least;
}

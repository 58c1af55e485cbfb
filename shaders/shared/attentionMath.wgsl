// What the attention kernels share: masked exponentials, the tail of a head, and a flat invocation index.
// Loops over a head run to the parameter headVec4, not to HEAD_VEC4: a known count is unrolled by some drivers, and
// lavapipe then compiles for a minute.
const HEAD_DIM = constants::HEAD_DIM;
const HEAD_VEC4 = (HEAD_DIM + 3u) / 4u;
const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

/// Stands for minus infinity, which WGSL does not promise to handle.
const NEVER = -1e30;

/// exp(x) of x <= 0; 0 where that is below the smallest normal f32, and where the mask says so.
fn maskedExp(x: vec4f, isSeen: vec4<bool>) -> vec4f {
  return select(vec4f(), exp(clamp(x, vec4f(-87.0), vec4f())), isSeen & (x > vec4f(-87.0)));
}

/// Which of elements 4d to 4d+3 belong to the head.
fn isInHead(d: u32) -> vec4<bool> {
  return 4u * d + vec4u(0u, 1u, 2u, 3u) < vec4u(HEAD_DIM);
}

/// This invocation's place among all, workgroups counted x first.
fn invocationIndex(workgroup: vec3u, workgroups: vec3u, lane: u32) -> u32 {
  return (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + lane;
}

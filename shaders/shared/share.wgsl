// Which items a workgroup takes, workgroups counted x first: see src/ops/workgroups.ts.
struct Share { start: u32, end: u32 }

fn shareOf(workgroup: vec3u, workgroups: vec3u, share: u32, count: u32) -> Share {
  let start = (workgroup.y * workgroups.x + workgroup.x) * share;
  return Share(start, min(start + share, count));
}

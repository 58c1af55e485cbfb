// Counter-based random words: a pure function of (counter, stream, seed), so that backward repeats forward's draws.
// pcg3d of Jarzynski & Olano 2020, "Hash Functions for GPU Rendering", JCGT 9(3), listing 1.
fn randomWord(counter: u32, stream: u32, seed: u32) -> u32 {
  var v = vec3u(counter, stream, seed) * 1664525u + 1013904223u;
  v.x += v.y * v.z; v.y += v.z * v.x; v.z += v.x * v.y;
  v ^= v >> vec3u(16u);
  v.x += v.y * v.z; v.y += v.z * v.x; v.z += v.x * v.y;
  return v.x;
}

/// 0 where the element is dropped, else `keepScale` = 1/(1 - p).
fn dropoutScale(counter: u32, stream: u32, seed: u32, dropBelow: u32, keepScale: f32) -> f32 {
  return select(0.0, keepScale, randomWord(counter, stream, seed) >= dropBelow);
}

/// The scales of four neighbouring elements, from `counter` on.
fn dropoutScale4(counter: u32, stream: u32, seed: u32, dropBelow: u32, keepScale: f32) -> vec4f {
  return vec4f(
    dropoutScale(counter, stream, seed, dropBelow, keepScale), dropoutScale(counter + 1u, stream, seed, dropBelow, keepScale),
    dropoutScale(counter + 2u, stream, seed, dropBelow, keepScale), dropoutScale(counter + 3u, stream, seed, dropBelow, keepScale));
}

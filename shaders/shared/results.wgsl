// What a step reports of one adapter, read back by the CPU.
struct Result {
  // Sum of the losses of the step's target tokens, and how many of them the model's best guess got right.
  lossSum: f32, hits: f32,
  // Before clipping; what gradients are multiplied by; 1 when the norm is finite, else 0 and nothing was updated.
  gradientNorm: f32, clipScale: f32, isFinite: u32,
  // 1 once a step was not finite: the adapter is never updated again.
  isStopped: u32, reserved0: u32, reserved1: u32,
}

/// Neither infinite nor NaN, told by the bits of an f32 from memory: WGSL may assume that neither occurs.
fn hasFiniteBits(bits: u32) -> bool { return (bits & 0x7f800000u) != 0x7f800000u; }

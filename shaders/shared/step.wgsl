// What changes from step to step, written by the CPU before each micro-batch: a header, then one record per adapter.
struct StepHeader { microBatch: u32, dropoutSeed: u32, lossRows: u32, reserved: u32 }
struct AdapterStep {
  // 1 / target tokens of the whole optimizer step.
  lossScale: f32,
  learningRate: f32,
  // AdamW: 1 - beta1^t and sqrt(1 - beta2^t). SGD: biasCorrection1 is 1 on the first step, 0 after.
  biasCorrection1: f32, biasCorrection2Root: f32,
  weightDecay: f32,
  // Largest gradient norm; 0 is off.
  clip: f32,
  reserved0: u32, reserved1: u32,
}

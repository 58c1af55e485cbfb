// Named errors of the GPU layer. Each message says what happened and, where the reader has one, the remedy.

/** A call that does not fit the shapes, names or limits it was given: a bug in the caller, not bad input. */
export class GpuUsageError extends Error {
  override name = 'GpuUsageError';
}

/** A tensor larger than this GPU's limits allow, which nothing can cut: known before anything is allocated. */
export class GpuLimitError extends GpuUsageError {
  override name = 'GpuLimitError';
  constructor(
    message: string,
    /** The tensor's label. */
    readonly what: string,
    readonly sizeBytes: number,
    readonly limitBytes: number,
    /** It holds activations; otherwise parameters or weights. */
    readonly isScratch: boolean,
  ) {
    super(message);
  }
}

/** WGSL that does not link or compile; the message shows the shader, the line and its neighbours. */
export class ShaderError extends Error {
  override name = 'ShaderError';
}

/** No WebGPU, or no adapter that can run the kernels. */
export class NoGpuError extends Error {
  override name = 'NoGpuError';
}

/** The device went away: driver reset, tab in the background, memory pressure. */
export class DeviceLostError extends Error {
  override name = 'DeviceLostError';
}

/** The adapter refused an allocation. */
export class OutOfGpuMemoryError extends Error {
  override name = 'OutOfGpuMemoryError';
}

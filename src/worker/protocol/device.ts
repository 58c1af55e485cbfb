// What the page knows of the GPU.

export type DeviceState =
  | { kind: 'opening' }
  | {
      kind: 'ready';
      name: string;
      isSoftware: boolean;
      maxBufferBytes: number;
      maxBindingBytes: number;
      /** A guess at the memory that a run may take; WebGPU tells no total. */
      likelyBudgetBytes: number;
      /** How long a submit may take where nobody says. */
      defaultSubmitMs: number;
      features: string[];
    }
  /** No WebGPU here; `reason` says why, in words for the page. */
  | { kind: 'missing'; reason: string }
  | { kind: 'lost'; reason: string };

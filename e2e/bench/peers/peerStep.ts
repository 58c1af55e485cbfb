// What the comparison asks of every library: take a step, say its loss, and be done with the GPU when it resolves.

export interface PeerStep {
  step(): Promise<number>;
  close(): Promise<void>;
}

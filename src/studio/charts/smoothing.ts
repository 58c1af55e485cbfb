// A curve's smoothed line: an exponential moving average without the pull towards its start (Adam's bias correction).

/** Steps that the average looks back over: a twentieth of the run, from 4 to 50. */
export function smoothingSpan(steps: number): number {
  return Math.min(Math.max(Math.round(steps / 20), 4), 50);
}

export class Smoother {
  private readonly keep: number;
  private sum = 0;
  private weight = 0;

  /** `span` as in pandas' `ewm(span)`: the newest value weighs 2 / (span + 1). */
  constructor(span: number) {
    this.keep = 1 - 2 / (span + 1);
  }

  /** Takes one value, gives the average so far; values that are not finite are passed over. */
  push(value: number): number {
    if (Number.isFinite(value)) {
      this.sum = this.keep * this.sum + (1 - this.keep) * value;
      this.weight = this.keep * this.weight + (1 - this.keep);
    }
    return this.weight === 0 ? Number.NaN : this.sum / this.weight;
  }
}

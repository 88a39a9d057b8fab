const WINDOW = 100;

/** Moving mean of the undiscounted returns of about the last 100 finished episodes; NaN before the first. `load` takes what `save` gave. */
export class ReturnMeter {
  mean = NaN;
  /** Episodes that the mean stands for, at most 100. */
  size = 0;

  /** Adds episodes that finished together. */
  update(returns: readonly number[]): void {
    if (returns.length === 0) return;
    const batchMean = returns.reduce((a, b) => a + b) / returns.length;
    const added = Math.min(returns.length, WINDOW);
    const kept = Math.min(WINDOW - added, this.size);
    this.mean = ((kept && this.mean * kept) + batchMean * added) / (kept + added);
    this.size = kept + added;
  }

  save(): { mean: number; size: number } {
    return { mean: this.mean, size: this.size };
  }

  load({ mean, size }: ReturnType<ReturnMeter["save"]>): void {
    this.mean = mean;
    this.size = size;
  }
}

/** How finely and how often live pictures are drawn: where no graphics card helps, they take turns with what computes. */

/** Time between two pictures [ms] from which on they are too slow. */
const SLOW = 50;
/** Pixels for one of the screen's, along a side, at least. */
const COARSEST = 0.4;
/** Between two pictures [ms] where the coarsest are slow as well. */
const REST = 50;

export class Pace {
  /** Pixels for one of the screen's, along a side. */
  scale: number;
  /** What to wait before the next picture [ms]. */
  rest: number;
  private mean = 0;

  /** @param slow pictures are known to be slow, so that the first ones are as coarse and rare as any */
  constructor(slow = false) {
    this.scale = slow ? COARSEST : 1;
    this.rest = slow ? REST : 0;
  }

  /** Takes the time between two pictures [ms]; true where the next ones are to be coarser. */
  note(gap: number): boolean {
    this.mean += (Math.min(gap, 250) - this.mean) / 8;
    if (this.rest > 0 || this.mean < SLOW) return false;
    this.mean = 0;
    if (this.scale === COARSEST) this.rest = REST;
    else this.scale = Math.max(COARSEST, this.scale * 0.6);
    return this.rest === 0;
  }
}

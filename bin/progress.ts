/** The live line of a run: one that rewrites itself in a terminal, a plain one every few seconds elsewhere. */
import type { Row } from "../lib/training/metrics.js";
import { duration, number } from "../tools/report/format.js";

/** Epochs over which the time left is estimated: the first ones are slower. */
const WINDOW = 20;
const PLAIN_SECONDS = 10;

export class Progress {
  private readonly times: number[] = [];
  private lastPlain = -Infinity;
  private pending = "";

  constructor(
    private readonly epochs: number,
    private readonly out: NodeJS.WriteStream = process.stdout,
  ) {}

  /** Says what takes a while before the first epoch is done. */
  begin(): void {
    if (this.out.isTTY) this.out.write("\r\x1b[Kpreparing: compiling, first transitions, first fit of the model ...");
  }

  show(row: Row): void {
    this.times.push(row.wall_seconds!);
    const line = this.describe(row);
    if (this.out.isTTY) this.out.write(`\r\x1b[K${line.slice(0, this.out.columns - 1)}`);
    else if (row.wall_seconds! - this.lastPlain < PLAIN_SECONDS) this.pending = line;
    else {
      this.out.write(`${line}\n`);
      this.lastPlain = row.wall_seconds!;
      this.pending = "";
    }
  }

  /** Leaves the last line standing. */
  end(): void {
    if (this.out.isTTY) this.out.write("\n");
    else if (this.pending) this.out.write(`${this.pending}\n`);
    this.pending = "";
  }

  private describe(row: Row): string {
    const done = row.epoch! + 1;
    const known = row.return !== undefined && !Number.isNaN(row.return);
    return [
      `epoch ${String(done).padStart(String(this.epochs).length)}/${this.epochs}`,
      `${number(row.samples!)} samples`,
      `return ${known ? number(row.return!, 1) : "-"}`,
      `${number(row.samples_per_second!)} samples/s`,
      this.timeLeft(done),
    ].join(" | ");
  }

  /** From the pace of the last epochs; the very first one does more than the others. */
  private timeLeft(done: number): string {
    const recent = this.times.slice(-WINDOW - 1);
    const [first, last] = [recent[0], recent[recent.length - 1]];
    if (done === this.epochs) return `done in ${duration(last)}`;
    if (recent.length < 2) return "time left -";
    return `${duration(((last - first) / (recent.length - 1)) * (this.epochs - done))} left`;
  }
}

/** What a sweep shows: a line for each run that ends, and below them, rewritten in a terminal, what is at work. */
import { duration, number } from "../../tools/report/format.js";
import { table } from "../terminal.js";
import { type Pace, pacesOf, secondsLeft, timeLeft } from "./pace.js";
import { refresh, type Run } from "./pool.js";

const LIVE_SECONDS = 1;
const PLAIN_SECONDS = 30;

export class Screen {
  private lines = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly runs: readonly Run[],
    private readonly atATime: number,
    /** Of earlier runs. */
    private readonly paces: readonly Pace[],
    private readonly out: NodeJS.WriteStream = process.stdout,
  ) {
    this.timer = setInterval(() => this.draw(), 1000 * (out.isTTY ? LIVE_SECONDS : PLAIN_SECONDS));
    if (out.isTTY) this.draw();
  }

  /** A line that stays. */
  say(line: string): void {
    this.erase();
    this.out.write(`${line}\n`);
    if (this.out.isTTY) this.draw();
  }

  end(): void {
    clearInterval(this.timer);
    this.erase();
  }

  private draw(): void {
    for (const run of this.runs) if (run.status === "running") refresh(run);
    const lines = statusLines(this.runs, this.atATime, this.paces);
    const shown = this.out.isTTY ? this.fitting(lines) : lines.slice(0, 1);
    this.erase();
    this.out.write(shown.map((line) => `${line}\n`).join(""));
    this.lines = this.out.isTTY ? shown.length : 0;
  }

  /** What a terminal, some of which do not know their size, can show without breaking lines or scrolling. */
  private fitting(lines: readonly string[]): string[] {
    const [rows, columns] = [this.out.rows || 24, this.out.columns || 80];
    return lines.slice(0, rows - 1).map((line) => line.slice(0, columns - 1));
  }

  private erase(): void {
    if (this.lines > 0) this.out.write(`\x1b[${this.lines}A\x1b[J`);
    this.lines = 0;
  }
}

/** How the whole is going, and a line for each run at work. */
export function statusLines(runs: readonly Run[], atATime: number, earlier: readonly Pace[]): [string, ...string[]] {
  const count = (status: Run["status"]): number => runs.filter((run) => run.status === status).length;
  const others = (["running", "waiting", "failed"] as const).filter((status) => count(status) > 0);
  const known = [...earlier, ...pacesOf(runs)];
  const state = [
    `${count("finished")} of ${runs.length} runs finished`,
    ...others.map((status) => `${count(status)} ${status}`),
  ];
  const rows = runs.filter(({ status }) => status === "running").map((run) => runningRow(run, known));
  return [
    `${state.join(", ")} | ${timeLeft(runs, atATime, known)}`,
    ...(rows.length > 0 ? table(rows).split("\n") : []),
  ];
}

function runningRow(run: Run, known: readonly Pace[]): string[] {
  const { job, row } = run;
  const left = secondsLeft(run, known);
  return [
    `  ${job.name}`,
    `epoch ${number((row?.epoch ?? -1) + 1)}/${number(job.config.epochs)}`,
    row?.return === undefined ? "" : `return ${number(row.return, 1)}`,
    left === undefined ? "" : `${duration(left)} left`,
  ];
}

/** What is said of a run that ended. */
export function endLine({ job, status, evaluation, failures, lastLines }: Run): string {
  if (evaluation) return `${job.name} finished: score ${number(evaluation.mean, 1)} ± ${number(evaluation.std, 1)}`;
  const next = status === "waiting" ? "and will be tried once more" : `${failures} times and is given up`;
  return [`${job.name} failed ${next}:`, ...lastLines.map((line) => `    ${line}`)].join("\n");
}

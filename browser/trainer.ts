/** A run under the page's command: what the page asks for between two epochs, and what it is told after each. */
import { resolveConfig } from "../lib/training/config.js";
import { csvHeader, csvRow, type Row } from "../lib/training/metrics.js";
import { Training } from "../lib/training/train.js";
import "../tools/study/gradient-quality.js"; // compares gradients where the settings want it
import type { Experiment } from "./experiment.js";
import type { TrainerCommand, TrainerReport } from "./messages.js";

export class Trainer {
  private training: Training;
  private rows: AsyncGenerator<Row>;
  /** Epochs that the page still wants. */
  private wanted = 0;
  private working = false;

  /** @throws InputError for settings that are not allowed */
  constructor(
    private readonly experiment: Experiment,
    private readonly report: (message: TrainerReport) => void,
  ) {
    this.training = trainingOf(experiment);
    this.rows = this.training.rows();
    report({ is: "ready", config: this.training.config, header: csvHeader(), policy: this.policy() });
  }

  async obey(command: TrainerCommand): Promise<void> {
    if (command.do === "compare") return this.compare(command.on);
    this.wanted = command.epochs;
    if (!this.working) await this.work();
  }

  /** The same run, which from now on compares its gradients with the true one, or does no longer: no other number changes. */
  private compare(on: boolean): void {
    const { experiment, training } = this;
    const set = on ? [...experiment.set, "dynamics.gradientEvery=1"] : experiment.set;
    this.training = trainingOf({ ...experiment, set });
    this.training.load(training.save());
    this.rows = this.training.rows();
    training.dispose();
  }

  private async work(): Promise<void> {
    this.working = true;
    while (this.wanted > 0) {
      this.wanted--;
      const next: IteratorResult<Row, unknown> = await this.rows.next();
      if (next.done) this.wanted = 0;
      else this.report({ is: "row", row: next.value, line: csvRow(next.value), policy: this.policy() });
    }
    this.working = false;
    this.report({ is: "paused" });
  }

  /** The newest policy as a file. */
  private policy(): string {
    const policy = this.training.policy();
    const text = policy.text();
    policy.dispose();
    return text;
  }
}

const trainingOf = ({ task, method, seed, set }: Experiment): Training =>
  new Training(resolveConfig(task, method, seed, set));

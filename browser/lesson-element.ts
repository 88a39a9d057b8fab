/** `<dmo-lesson name="horizon">`: a guided experiment of {@link LESSONS}, run by the page, and what it has answered so far. */
import { make } from "../viewer/dom.js";
import type { Row } from "../lib/training/metrics.js";
import { addressOf, type Experiment } from "./experiment.js";
import { bestOf, LESSONS, outcomes, runsOf, type Lesson, type Outcome } from "./lessons.js";

/** Trains an experiment for so many epochs, for all to see; undefined where another one is begun meanwhile. */
export type Runner = (experiment: Experiment, epochs: number) => Promise<readonly Row[] | undefined>;

export class LessonElement extends HTMLElement {
  /** Set by the page. */
  run!: Runner;
  private lesson!: Lesson;
  private readonly told = new Map<string, readonly Row[]>();
  private readonly button = make("button", { type: "button" }, "Run the experiment");
  private readonly answer = make("p", { className: "answer", role: "status" });
  private readonly table = make("table");

  connectedCallback(): void {
    this.lesson = LESSONS[this.getAttribute("name") as keyof typeof LESSONS];
    this.button.addEventListener("click", () => void this.begin());
    this.replaceChildren(this.button, this.answer, this.table);
  }

  private async begin(): Promise<void> {
    const { lesson, told } = this;
    const runs = runsOf(lesson);
    this.button.disabled = true;
    for (const [i, run] of runs.entries()) {
      this.show(`Run ${i + 1} of ${runs.length} learns above.`);
      const rows = told.get(addressOf(run)) ?? (await this.run(run, lesson.epochs));
      if (!rows) break;
      told.set(addressOf(run), rows);
    }
    this.button.disabled = false;
    const arms = outcomes(lesson, told);
    this.show(told.size === runs.length ? verdict(arms) : "Stopped: run it again to go on.");
  }

  private show(answer: string): void {
    const arms = outcomes(this.lesson, this.told);
    this.answer.textContent = answer;
    const head = make("tr", {}, make("th"), make("th", {}, `${this.lesson.measure}, seeds`));
    this.table.replaceChildren(head, ...arms.map(lineOf));
  }
}

const verdict = (arms: readonly Outcome[]): string => {
  const best = bestOf(arms);
  return best
    ? `Answer: ${best.name}, with each of ${best.values.length} seeds.`
    : "Undecided: what the seeds say overlaps. More epochs or more seeds may tell.";
};

const lineOf = ({ name, values }: Outcome): HTMLElement =>
  make("tr", {}, make("td", {}, name), make("td", {}, values.map((value) => Number(value.toPrecision(3))).join(", ")));

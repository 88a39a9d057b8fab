/** The page in which a method learns: `<dmo-try>`. Training and the robot each have a worker; the page only shows. */
import type { Row } from "../lib/training/metrics.js";
import { make } from "../viewer/dom.js";
import { Chart } from "./charts.js";
import { addressOf, commandOf, experimentAt, OWN, usualSettings, type Experiment } from "./experiment.js";
import type { TrainerReport } from "./messages.js";
import { LessonElement } from "./lesson-element.js";
import { readRobot } from "./own-robot.js";
import type { OwnRobot } from "./own-task.js";
import { Panel, type Work } from "./panel.js";
import type { PageConfig } from "./sliders.js";
import { Stage } from "./stage.js";
import style from "./style.css";
import { missingHere, threadsHere } from "./support.js";
import { startWorker, type PageWorker } from "./workers.js";
import chartStyle from "uplot/dist/uPlot.min.css";

const CHARTS = [
  { title: "Return", columns: { return: "return" } },
  { title: "Loss of the learned model", columns: { loss: "model_loss" } },
  { title: "Cosine with the true gradient", columns: { DMO: "dmo_cosine", imagination: "imagination_cosine" } },
] as const;

class TryElement extends HTMLElement {
  rows: Row[] = [];
  private lines: string[] = [];
  private policy = "";
  private experiment!: Experiment;
  private config?: PageConfig;
  private trainer?: PageWorker<"trainer">;
  /** What a lesson waits for. */
  private task?: { readonly epochs: number; readonly done: (rows?: readonly Row[]) => void };
  /** The visitor's. */
  private robot?: OwnRobot;
  private readonly stage = new Stage((message) => this.fail(message));
  private readonly charts = CHARTS.map((curves) => new Chart(curves));
  private readonly command = make("code");
  private readonly panel = new Panel({
    choose: (experiment) => this.begin(experiment),
    train: (epochs) => this.train(epochs),
    reset: () => this.begin(this.experiment),
    compare: (on) => this.trainer!.tell({ do: "compare", on }),
    download: (file) => this.download(file),
    open: (file) => void this.open(file),
  });

  connectedCallback(): void {
    const missing = missingHere();
    if (missing.length > 0) {
      this.append(
        make("p", { className: "failure" }, `This browser lacks what training needs: ${missing.join(", ")}.`),
      );
      return;
    }
    const charts = make("div", { className: "charts" }, ...this.charts.map(({ element }) => element));
    const same = make("p", { className: "command" }, "The same run on your machine: ", this.command);
    this.replaceChildren(make("style", {}, chartStyle + style), this.panel.element, this.stage.element, charts, same);
    this.addEventListener("dragover", (event) => event.preventDefault());
    this.addEventListener("drop", (event) => this.drop(event));
    addEventListener("hashchange", () => /task=/.test(location.hash) && this.begin(experimentAt(location.hash)));
    this.begin(experimentAt(location.hash));
    for (const lesson of document.querySelectorAll<LessonElement>("dmo-lesson"))
      lesson.run = (experiment, epochs) => this.run(experiment, epochs);
  }

  private drop(event: DragEvent): void {
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    if (file) void this.open(file);
  }

  /** A robot of the visitor's takes the place of the one that is there. */
  private async open(file: File): Promise<void> {
    this.working("starting");
    this.panel.status.textContent = `Reading ${file.name} …`;
    try {
      this.robot = await readRobot(file);
    } catch (error) {
      return this.fail((error as Error).message);
    }
    const { method, seed } = this.experiment;
    this.panel.offer(OWN, file.name);
    this.begin({ task: OWN, method, seed, set: usualSettings({ task: OWN, method }) });
  }

  private begin(experiment: Experiment): void {
    this.finish();
    this.experiment = experiment;
    const robot = experiment.task === OWN ? this.robot : undefined;
    if (!robot) history.replaceState(null, "", `#${addressOf(experiment)}`);
    this.command.textContent = commandOf(experiment);
    [this.rows, this.lines, this.config] = [[], [], undefined];
    this.charts.forEach((chart) => chart.show([]));
    this.panel.begin(experiment);
    this.working("starting");
    this.stage.begin(experiment.task, robot);
    this.trainer?.end();
    this.trainer = startWorker({ be: "trainer", threads: threadsHere(), experiment, robot }, (report) =>
      this.hear(report),
    );
  }

  /** Trains an experiment for so many epochs, for all to see; undefined where another one is begun meanwhile. */
  private run(experiment: Experiment, epochs: number): Promise<readonly Row[] | undefined> {
    this.begin(experiment);
    return new Promise((done) => (this.task = { epochs, done }));
  }

  /** Ends what {@link run} began. */
  private finish(rows?: readonly Row[]): void {
    const { task } = this;
    this.task = undefined;
    task?.done(rows);
  }

  private train(epochs: number): void {
    this.trainer!.tell({ do: "train", epochs });
    this.working(epochs > 0 ? "training" : "pausing");
  }

  private hear(report: TrainerReport): void {
    if (report.is === "ready") this.ready(report);
    else if (report.is === "row") this.took(report);
    else if (report.is === "paused") this.working("waiting");
    else this.fail(report.message);
  }

  private ready({ config, header, policy }: Extract<TrainerReport, { is: "ready" }>): void {
    this.config = config as PageConfig;
    this.lines = [header];
    this.panel.configured(this.config);
    this.newest(policy);
    this.working("waiting");
    if (this.task) this.train(this.task.epochs);
  }

  private took({ row, line, policy }: Extract<TrainerReport, { is: "row" }>): void {
    this.rows.push(row);
    this.lines.push(line);
    this.newest(policy);
    this.charts.forEach((chart) => chart.show(this.rows));
    this.tell();
    if (this.rows.length === this.task?.epochs) this.finish(this.rows);
  }

  private newest(policy: string): void {
    this.policy = policy;
    this.stage.play(policy);
  }

  private working(work: Work): void {
    this.panel.working(work);
    this.dataset.work = work;
    this.tell();
  }

  /** Says how far the run is. */
  private tell(): void {
    const { config, rows } = this;
    if (!config) this.panel.status.textContent = "Starting …";
    else {
      const { samples = 0, wall_seconds: seconds = 0, samples_per_second: speed } = rows.at(-1) ?? {};
      const rate = speed === undefined ? "" : `, ${Math.round(speed).toLocaleString("en-US")} samples/s`;
      const threads = threadsHere() > 1 ? `${threadsHere()} threads` : "one thread";
      this.panel.status.textContent = `Epoch ${rows.length} of ${config.epochs}, ${samples.toLocaleString("en-US")} samples in ${seconds.toFixed(1)} s${rate}. WebAssembly with SIMD, ${threads}.`;
    }
  }

  private fail(message: string): void {
    this.finish();
    this.working("failed");
    this.panel.status.textContent = message;
  }

  private download(file: "metrics.csv" | "policy.json"): void {
    const [text, type] = file === "policy.json" ? [this.policy, "application/json"] : [this.lines.join(""), "text/csv"];
    const href = URL.createObjectURL(new Blob([text], { type }));
    make("a", { href, download: `${this.experiment.task}-${this.experiment.method}-${file}` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }
}

customElements.define("dmo-lesson", LessonElement);
customElements.define("dmo-try", TryElement);

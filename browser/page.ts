/** The page in which a method learns: `<dmo-try>`. Training and the robot each have a worker; the page only shows. */
import type { Row } from "../lib/training/metrics.js";
import { make } from "../viewer/dom.js";
import type { ViewerElement } from "../viewer/element.js";
import { Chart } from "./charts.js";
import { addressOf, commandOf, experimentAt, type Experiment } from "./experiment.js";
import type { TrainerReport } from "./messages.js";
import { Panel, type Work } from "./panel.js";
import type { PageConfig } from "./sliders.js";
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
  private player?: PageWorker<"player">;
  private readonly charts = CHARTS.map((curves) => new Chart(curves));
  private readonly robot = make("div", { className: "robot" });
  private readonly command = make("code");
  private readonly panel = new Panel({
    choose: (experiment) => this.begin(experiment),
    train: (epochs) => this.train(epochs),
    reset: () => this.begin(this.experiment),
    compare: (on) => this.trainer!.tell({ do: "compare", on }),
    download: (file) => this.download(file),
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
    this.replaceChildren(make("style", {}, chartStyle + style), this.panel.element, this.robot, charts, same);
    addEventListener("hashchange", () => /task=/.test(location.hash) && this.begin(experimentAt(location.hash)));
    this.begin(experimentAt(location.hash));
  }

  private begin(experiment: Experiment): void {
    const other = experiment.task !== (this.experiment as Experiment | undefined)?.task;
    this.experiment = experiment;
    history.replaceState(null, "", `#${addressOf(experiment)}`);
    this.command.textContent = commandOf(experiment);
    [this.rows, this.lines, this.config] = [[], [], undefined];
    this.charts.forEach((chart) => chart.show([]));
    this.panel.begin(experiment);
    this.working("starting");
    if (other) this.stage(experiment.task);
    this.trainer?.end();
    this.trainer = startWorker({ be: "trainer", threads: threadsHere(), experiment }, (report) => this.hear(report));
  }

  /** Puts a robot into the viewer. */
  private stage(task: string): void {
    this.player?.end();
    this.player = startWorker({ be: "player", threads: 1, task }, (report) => {
      if (report.is === "scene") this.robot.replaceChildren(this.viewerOf(report.scene));
      else if (report.is === "frames") this.viewer?.push(report.frames, report.restart);
      else this.fail(report.message);
    });
  }

  private get viewer(): ViewerElement | null {
    return this.robot.querySelector<ViewerElement>("dmo-viewer");
  }

  private viewerOf(scene: object): ViewerElement {
    const viewer = document.createElement("dmo-viewer") as ViewerElement;
    viewer.setAttribute("pushable", "");
    viewer.append(make("script", { type: "application/json" }, JSON.stringify([scene])));
    viewer.addEventListener("push", (event) =>
      this.player!.tell({ do: "push", velocity: (event as CustomEvent<[number, number, number]>).detail }),
    );
    return viewer;
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
  }

  private took({ row, line, policy }: Extract<TrainerReport, { is: "row" }>): void {
    this.rows.push(row);
    this.lines.push(line);
    this.newest(policy);
    this.charts.forEach((chart) => chart.show(this.rows));
    this.tell();
  }

  private newest(policy: string): void {
    this.policy = policy;
    this.player!.tell({ do: "play", policy });
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

customElements.define("dmo-try", TryElement);

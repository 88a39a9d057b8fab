/** The page's controls. */
import { make } from "../viewer/dom.js";
import { METHODS, TASKS, usualSettings, type Experiment, type MethodName, type TaskName } from "./experiment.js";
import { positionOf, SLIDERS, type PageConfig, type Slider } from "./sliders.js";

export type Actions = {
  /** Another experiment was chosen. */
  choose(experiment: Experiment): void;
  /** Train so many epochs; 0 is a pause. */
  train(epochs: number): void;
  reset(): void;
  compare(on: boolean): void;
  download(file: "metrics.csv" | "policy.json"): void;
  /** A robot's file was chosen. */
  open(file: File): void;
};

export type Work = "starting" | "waiting" | "training" | "pausing" | "failed";

type Shown = { readonly slider: Slider; readonly input: HTMLInputElement; readonly value: HTMLOutputElement };

export class Panel {
  readonly element: HTMLElement;
  readonly status = make("p", { className: "status", role: "status" });
  private experiment!: Experiment;
  private work: Work = "starting";
  private readonly task = choice("Robot", TASKS);
  private readonly method = choice("Method", METHODS);
  private readonly train = make("button", { type: "button", className: "main" });
  private readonly step = make("button", { type: "button" }, "One epoch");
  private readonly compare = make("button", { type: "button", "aria-pressed": "false" }, "Cosine");
  private readonly sliders: readonly Shown[];

  constructor(private readonly actions: Actions) {
    this.sliders = SLIDERS.map((slider) => this.slide(slider));
    const reset = make("button", { type: "button" }, "Reset");
    const rows = make("button", { type: "button" }, "Rows (CSV)");
    const policy = make("button", { type: "button" }, "Policy (JSON)");
    this.task.select.addEventListener("change", () => this.choose({ task: this.task.select.value as TaskName }));
    this.method.select.addEventListener("change", () =>
      this.choose({ method: this.method.select.value as MethodName }),
    );
    this.train.addEventListener("click", () => actions.train(this.work === "training" ? 0 : Infinity));
    this.step.addEventListener("click", () => actions.train(1));
    reset.addEventListener("click", () => actions.reset());
    this.compare.title = "Compare the policy gradient with the simulator's own in every epoch";
    this.compare.addEventListener("click", () => this.toggle());
    rows.addEventListener("click", () => actions.download("metrics.csv"));
    policy.addEventListener("click", () => actions.download("policy.json"));
    const own = make("input", { type: "file", accept: ".xml,.mjcf", "aria-label": "Your own robot (MJCF)" });
    own.addEventListener("change", () => own.files?.[0] && actions.open(own.files[0]));
    const yours = make("label", {}, make("span", {}, "or your own, an MJCF file:"), own);
    const choices = make("div", { className: "choices" }, this.task.element, yours, this.method.element);
    const buttons = make("div", { className: "buttons" }, this.train, this.step, reset, this.compare, rows, policy);
    const sliders = make("div", { className: "sliders" }, ...this.sliders.map(({ input }) => input.parentElement!));
    this.element = make("div", { className: "panel" }, choices, buttons, sliders, this.status);
  }

  /** Another robot to choose. */
  offer(value: string, name: string): void {
    this.task.select.querySelector(`[value="${value}"]`)?.remove();
    this.task.select.append(make("option", { value }, name));
  }

  /** Of a run that is about to begin. */
  begin(experiment: Experiment): void {
    this.experiment = experiment;
    this.task.select.value = experiment.task;
    this.method.select.value = experiment.method;
    this.compare.setAttribute("aria-pressed", "false");
  }

  /** What the run's settings turned out to be. */
  configured(config: PageConfig): void {
    this.compare.disabled = !config.dynamics;
    for (const { slider, input, value } of this.sliders) {
      const now = slider.of(config);
      input.disabled = now === undefined;
      value.textContent = now === undefined ? "–" : String(now);
      if (now !== undefined) input.value = String(positionOf(slider, now));
    }
  }

  working(work: Work): void {
    this.work = work;
    this.train.textContent = { training: "Pause", pausing: "Pausing" }[work as string] ?? "Train";
    this.train.disabled = work !== "waiting" && work !== "training";
    this.step.disabled = work !== "waiting";
  }

  private choose(other: Partial<Experiment>): void {
    const chosen = { ...this.experiment, ...other };
    this.actions.choose({ ...chosen, set: usualSettings(chosen) });
  }

  private toggle(): void {
    const on = this.compare.getAttribute("aria-pressed") === "false";
    this.compare.setAttribute("aria-pressed", String(on));
    this.actions.compare(on);
  }

  private slide(slider: Slider): Shown {
    const last = String(slider.values.length - 1);
    const input = make("input", { type: "range", min: "0", max: last, step: "1", "aria-label": slider.name });
    const value = make("output");
    const chosen = (): number => slider.values[Number(input.value)];
    input.addEventListener("input", () => (value.textContent = String(chosen())));
    input.addEventListener("change", () => this.actions.choose(slider.set(this.experiment, chosen())));
    make("label", {}, make("span", {}, slider.name), input, value);
    return { slider, input, value };
  }
}

function choice(name: string, names: { readonly [value: string]: string }) {
  const select = make("select");
  select.append(...Object.entries(names).map(([value, text]) => make("option", { value }, text)));
  return { select, element: make("label", {}, make("span", {}, name), select) };
}

/** `<dmo-cells notebook="01_quickstart">`: runs the cells of the notebook that is the page, in a worker, each where it stands. */
import type { DisplayData } from "../../lib/kernel.js";
import { make } from "../../viewer/dom.js";
import { loadScript } from "../script.js";
import { missingHere } from "../support.js";
import { type TextWorker, textWorker } from "../text-worker.js";
import type { CellsReport } from "./worker.js";

/** The folder of this script, beside which lie those of the notebooks and what draws. */
const FOLDER = (document.currentScript as HTMLScriptElement).src.replace(/[^/]*$/, "");

declare global {
  /** Set by the script of a notebook: the text of its worker's. */
  var cellsWorker: string | undefined;
  var Plotly: { react(place: HTMLElement, data: unknown, layout: unknown, config: unknown): unknown };
}

class CellsElement extends HTMLElement {
  private readonly next = make("button", { type: "button" }, "Run the next cell");
  private readonly all = make("button", { type: "button" }, "Run all cells");
  private readonly stop = make("button", { type: "button", disabled: true }, "Stop");
  private readonly status = make("p", { className: "status", role: "status" });
  private cells: readonly HTMLElement[] = [];
  private worker?: TextWorker<"next">;
  /** Of the cell that runs, or of the one to run next. */
  private at = 0;
  private going = false;
  private places = new Map<string, HTMLElement>();

  connectedCallback(): void {
    this.cells = [...document.querySelectorAll<HTMLElement>(".cell")];
    const missing = missingHere();
    this.status.textContent = missing.length > 0 ? `This browser lacks what cells need: ${missing.join(", ")}.` : FIRST;
    this.next.disabled = this.all.disabled = missing.length > 0;
    this.next.addEventListener("click", () => void this.run(false));
    this.all.addEventListener("click", () => void this.run(true));
    this.stop.addEventListener("click", () => this.end("Stopped: the next run begins with the first cell."));
    this.replaceChildren(make("div", { className: "buttons" }, this.next, this.all, this.stop), this.status);
  }

  private async run(all: boolean): Promise<void> {
    this.going = all;
    this.busy(true);
    this.status.textContent = "Loading what runs the cells …";
    try {
      this.worker ??= await this.start();
    } catch (error) {
      return this.end((error as Error).message);
    }
    this.begin();
  }

  /** Begins with the first cell. */
  private async start(): Promise<TextWorker<"next">> {
    await Promise.all([load("plotly"), load("replay"), load(`cells-${this.getAttribute("notebook")}`)]);
    const hear = (report: CellsReport): void => this.hear(report);
    const worker = textWorker<"next">(globalThis.cellsWorker!, hear, (message) => hear({ is: "failed", message }));
    this.at = 0;
    this.cells.forEach((cell) => cell.classList.remove("ran"));
    return worker;
  }

  /** Runs the cell that is next: what it showed makes room. */
  private begin(): void {
    const cell = this.cells[this.at];
    this.places = new Map();
    cell.replaceChildren(cell.firstElementChild!);
    cell.classList.add("running");
    this.status.textContent = `Cell ${this.at + 1} of ${this.cells.length} runs.`;
    this.worker!.tell("next");
  }

  private hear(report: CellsReport): void {
    const cell = this.cells[this.at];
    if (report.is === "shown") return this.show(cell, report.content);
    if (report.is === "text") return this.write(cell, report.text);
    cell.classList.remove("running");
    if (report.is === "failed") {
      cell.append(make("pre", { className: "stderr" }, report.message));
      return this.end(`Cell ${this.at + 1} failed. The next run begins with the first cell.`);
    }
    cell.classList.add("ran");
    this.at++;
    if (report.last) this.end("All cells ran.");
    else if (this.going) this.begin();
    else {
      this.busy(false);
      this.status.textContent = `${this.at} of ${this.cells.length} cells ran.`;
    }
  }

  /** Shows in its place, or in a new one, the richest form that a page can. */
  private show(cell: HTMLElement, { data, transient }: DisplayData): void {
    const name = transient.display_id ?? "";
    const place = this.places.get(name) ?? cell.appendChild(make("div", { className: "wide" }));
    this.places.set(name, place);
    const figure = data["application/vnd.plotly.v1+json"] as { data: unknown; layout: object } | undefined;
    if (figure)
      Plotly.react(place, figure.data, { ...figure.layout, ...PAPER }, { responsive: true, displaylogo: false });
    else if (data["text/html"] !== undefined) place.innerHTML = data["text/html"] as string;
    else place.replaceChildren(make("pre", {}, data["text/plain"] as string));
  }

  private write(cell: HTMLElement, text: string): void {
    const last = cell.lastElementChild!;
    if (last.matches("pre.stdout")) last.append(text);
    else cell.append(make("pre", { className: "stdout" }, text));
  }

  private end(why: string): void {
    this.worker?.end();
    this.worker = undefined;
    this.cells[this.at]?.classList.remove("running");
    this.busy(false);
    this.status.textContent = why;
  }

  private busy(busy: boolean): void {
    this.next.disabled = this.all.disabled = busy;
    this.stop.disabled = !busy;
  }
}

const FIRST = "These cells also run here, in your browser, with nothing installed: 9 MB to load.";

/** A figure does not learn whether the page is dark: it brings its paper along. */
const PAPER = { paper_bgcolor: "#ffffff", font: { color: "#1b1f24" } };

const load = (file: string): Promise<void> => loadScript(`${FOLDER}${file}.js`);

customElements.define("dmo-cells", CellsElement);

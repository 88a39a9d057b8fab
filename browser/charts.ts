/** Curves that grow while the page trains. */
import uPlot from "uplot";
import type { Row } from "../lib/training/metrics.js";

type Column = keyof Row;

/** A chart of some columns over epochs, by the names in its legend, in this order of {@link COLORS}. */
export type Curves = { readonly title: string; readonly columns: { readonly [name: string]: Column } };

const COLORS = ["#1f6fc4", "#c4591b"];
const HEIGHT = 190;

export class Chart {
  readonly element = document.createElement("div");
  private readonly plot: uPlot;
  private readonly sizes: ResizeObserver;

  constructor(private readonly curves: Curves) {
    const series = Object.keys(curves.columns).map((label, i) => ({
      ...{ label, stroke: COLORS[i], width: 2, points: { show: false } },
      value: (_: uPlot, value: number | null) => (value === null ? "–" : String(Number(value.toPrecision(4)))),
    }));
    const thin = { stroke: "#80808040", width: 1 }; // on light and on dark pages
    const axis = { stroke: "#7a8490", grid: thin, ticks: thin };
    const options: uPlot.Options = {
      ...{ title: curves.title, width: 300, height: HEIGHT },
      scales: { x: { time: false, range: (_, low, high) => [low ?? 0, Math.max(high ?? 0, (low ?? 0) + 10)] } },
      axes: [
        { ...axis, size: 34 },
        { ...axis, size: 58 },
      ],
      series: [{ label: "epoch" }, ...series],
      cursor: { drag: { x: false, y: false } },
    };
    this.element.className = "chart";
    this.plot = new uPlot(options, this.data([]), this.element);
    this.sizes = new ResizeObserver(() => this.plot.setSize({ width: this.element.clientWidth, height: HEIGHT }));
    this.sizes.observe(this.element);
  }

  /** Grows with the rows; one without any value is not shown. */
  show(rows: readonly Row[]): void {
    const known = (name: Column) => rows.some((row) => Number.isFinite(row[name]));
    this.element.hidden = !Object.values(this.curves.columns).some(known);
    this.plot.setData(this.data(rows));
  }

  private data(rows: readonly Row[]): uPlot.AlignedData {
    const column = (name: Column) => rows.map((row) => (Number.isFinite(row[name]) ? row[name]! : null));
    return [rows.map((row) => row.epoch!), ...Object.values(this.curves.columns).map(column)];
  }
}

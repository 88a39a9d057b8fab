import type { Signal } from "../lib/report/recording.js";
import { make, number, type Theme } from "./dom.js";
import { rewardOf, type Track } from "./track.js";

const GROUPS = { joint: "Joints", action: "Actions", reward: "Reward" } as const;
type GroupName = keyof typeof GROUPS;

type Row = { signal: Signal; index: number; canvas: HTMLCanvasElement; value: HTMLElement };

/** The signals of an episode as lines over its whole time, a mark at the time shown, and the values there. */
export class Traces {
  readonly element = make("div", { className: "traces", "aria-label": "Joints, actions and reward" });
  private readonly rows: Row[];
  private readonly total = make("span", { className: "total" });

  /** @param seek is told a time that the user points at */
  constructor(
    private readonly track: Track,
    seek: (time: number) => void,
  ) {
    this.rows = track.scene.signals.map((signal, index) => ({
      signal,
      index,
      canvas: make("canvas"),
      value: make("span", { className: "value" }),
    }));
    for (const group of Object.keys(GROUPS) as GroupName[]) {
      const rows = this.rows.filter(({ signal }) => signal.group === group);
      if (rows.length > 0) this.element.append(this.section(group, rows, seek));
    }
  }

  /** Shows the values of a time. */
  show(time: number): void {
    const { track } = this;
    const frame = track.frameAt(time);
    this.element.style.setProperty("--part", String(time / (track.duration || 1)));
    for (const { index, signal, value } of this.rows) {
      const x = track.frames > 0 ? track.value(index, frame) : NaN;
      value.textContent = signal.unit ? `${number(x, 2)} ${signal.unit}` : number(x, 2);
    }
    this.total.textContent = `return so far ${number(track.sum(rewardOf(track.scene.signals), frame), 0)}`;
  }

  /** Draws the lines anew: after new frames, another size or other colours. */
  draw(theme: Theme): void {
    for (const row of this.rows) drawTrace(row, this.track, theme);
  }

  private section(group: GroupName, rows: readonly Row[], seek: (time: number) => void): HTMLElement {
    const lines = rows.map(({ signal, canvas, value }) =>
      make(
        "div",
        { className: "row" },
        make("span", { className: "name", title: signal.name }, readable(signal.name)),
        canvas,
        value,
      ),
    );
    const plots = make("div", { className: "plots" }, ...lines, make("div", { className: "mark" }));
    const point = (event: PointerEvent): void => {
      if (event.buttons !== 1) return;
      const { left, width } = rows[0].canvas.getBoundingClientRect();
      const part = (event.clientX - left) / width;
      if (part >= 0 && part <= 1) seek(part * this.track.duration);
    };
    plots.addEventListener("pointerdown", point);
    plots.addEventListener("pointermove", point);
    const heading = make("h2", {}, GROUPS[group], ...(group === "reward" ? [this.total] : []));
    return make("section", { className: group }, heading, plots);
  }
}

/** `front_left_leg` and `poleVelocity` as words. */
const readable = (name: string): string =>
  name.replaceAll("_", " ").replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

function drawTrace({ canvas, signal, index }: Row, track: Track, theme: Theme): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = Math.min(devicePixelRatio, 2);
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext("2d")!;
  context.scale(ratio, ratio);
  const values = Array.from({ length: track.frames }, (_, frame) => track.value(index, frame));
  const [low, high] = rangeOf(values, signal.range);
  const x = (frame: number): number => (frame / Math.max(1, track.frames - 1)) * width;
  const y = (value: number): number => 2 + (1 - (value - low) / (high - low)) * (height - 4);
  const level = (value: number, dashes: number[]): void => {
    if (value < low || value > high) return;
    context.setLineDash(dashes);
    context.beginPath();
    context.moveTo(0, y(value));
    context.lineTo(width, y(value));
    context.stroke();
    context.setLineDash([]);
  };
  context.strokeStyle = theme("--line");
  level(0, []);
  signal.range?.forEach((limit) => level(limit, [2, 3]));
  context.strokeStyle = theme(`--${signal.group}`);
  context.lineWidth = 1.4;
  context.lineJoin = "round";
  context.beginPath();
  values.forEach((value, frame) => Number.isFinite(value) && context.lineTo(x(frame), y(value)));
  context.stroke();
}

/** What a trace's height spans: all values and limits. */
function rangeOf(values: readonly number[], limits: readonly number[] = []): [number, number] {
  const known = [...limits, ...values.filter(Number.isFinite)];
  const [low, high] = known.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  if (!(high > low)) return [(low || 0) - 1, (high || 0) + 1];
  return [low, high];
}

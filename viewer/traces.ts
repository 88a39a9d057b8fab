import type { Signal } from "../tools/report/recording.js";
import { make, number } from "./dom.js";
import type { Theme } from "./theme.js";
import { rewardOf, type Track } from "./track.js";

const GROUPS = { measure: "Motion", reward: "Reward and its terms", joint: "Joints", action: "Actions" } as const;
type GroupName = keyof typeof GROUPS;

/** How much time is shown at once [s]. */
const WINDOW = 4;

type ShownSignal = Signal & { group: GroupName };

/** Targets are drawn with what follows them. */
const isShown = (signal: Signal): signal is ShownSignal => signal.group in GROUPS;

type Row = {
  signal: ShownSignal;
  index: number;
  element: HTMLElement;
  canvas: HTMLCanvasElement;
  value: HTMLElement;
  /** What the values of so many frames span, with the signal's limits. */
  extent: { readonly low: number; readonly high: number; readonly frames: number };
};

/** The signals of an episode about the time shown, which a mark stands for, and their values there. */
export class Traces {
  readonly element = make("div", { className: "traces", "aria-label": "Joints, actions and reward" });
  private readonly rows: Row[];
  private readonly window = make("span", { className: "note" });
  private readonly total = make("span", { className: "note" });
  private theme!: Theme;
  private begin = 0;

  /** @param seek is told a time that the user points at */
  constructor(
    private readonly track: Track,
    private readonly seek: (time: number) => void,
  ) {
    this.rows = track.scene.signals.flatMap((signal, index) => (isShown(signal) ? makeRow(signal, index) : []));
    for (const group of Object.keys(GROUPS) as GroupName[]) {
      const rows = this.rows.filter(({ signal }) => signal.group === group);
      if (rows.length > 0) this.element.append(this.section(group, rows));
    }
  }

  /** Gets ready to show another size or other colours. */
  prepare(theme: Theme): void {
    this.theme = theme;
    const ratio = Math.min(devicePixelRatio, 2);
    for (const { canvas } of this.rows) {
      canvas.width = canvas.clientWidth * ratio;
      canvas.height = canvas.clientHeight * ratio;
    }
  }

  /** Another episode begins. */
  clear(): void {
    for (const row of this.rows) row.extent = NOTHING;
  }

  /** Gets ready to show new frames. */
  extend(): void {
    for (const row of this.rows) {
      row.extent = extentOf(row, this.track);
      const [low, high] = rangeOf(row);
      row.element.title = `${row.signal.name}: ${number(low, 2)} to ${number(high, 2)} ${row.signal.unit}`;
    }
  }

  /** Shows a time in the middle of what is drawn, but for the ends of the episode. */
  show(time: number): void {
    const { track } = this;
    const { duration } = track;
    const shown = this.rows.filter(isInView(this.element));
    this.begin = Math.max(0, Math.min(time - WINDOW / 2, duration - WINDOW));
    this.element.style.setProperty("--part", String((time - this.begin) / this.span));
    const frame = track.frameAt(time);
    for (const row of shown) {
      this.draw(row);
      const value = number(track.frames > 0 ? track.value(row.index, frame) : NaN, 2);
      row.value.textContent = row.signal.unit ? `${value} ${row.signal.unit}` : value;
    }
    this.window.textContent = `${number(this.span, 1)} s`;
    this.total.textContent = `return so far ${number(track.sum(rewardOf(track.scene.signals), frame), 0)}`;
  }

  /** The time drawn [s]. */
  private get span(): number {
    return Math.min(WINDOW, this.track.duration) || 1;
  }

  private draw(row: Row): void {
    const { canvas, signal, index } = row;
    const [low, high] = rangeOf(row);
    const { track, theme, begin, span } = this;
    const context = canvas.getContext("2d")!;
    const ratio = Math.min(devicePixelRatio, 2);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const [width, height] = [canvas.width / ratio, canvas.height / ratio];
    context.clearRect(0, 0, width, height);
    const y = (value: number): number => 2 + (1 - (value - low) / (high - low)) * (height - 4);
    const line = (color: string, thickness: number, dashes: number[], points: Iterable<[number, number]>): void => {
      context.beginPath();
      for (const [x, value] of points) context.lineTo(x, y(value));
      context.setLineDash(dashes);
      context.strokeStyle = color;
      context.lineWidth = thickness;
      context.stroke();
    };
    const level = (value: number, dashes: number[]): void => {
      const inside = value >= low && value <= high;
      if (inside) line(theme["--line"], 1, dashes, [[0, value], [width, value]]); // prettier-ignore
    };
    level(0, []);
    signal.range?.forEach((limit) => level(limit, [2, 3]));
    const last = Math.min(track.frameAt(begin + span) + 1, track.frames - 1);
    const points = (of: number): [number, number][] => {
      const found: [number, number][] = [];
      for (let frame = track.frameAt(begin); frame <= last; frame++) {
        const value = track.value(of, frame);
        if (Number.isFinite(value)) found.push([((frame * track.scene.dt - begin) / span) * width, value]);
      }
      return found;
    };
    if (signal.target !== undefined) line(theme["--soft"], 1.5, [4, 3], points(signal.target));
    line(theme[`--${signal.group}`], 1.5, [], points(index));
  }

  private section(group: GroupName, rows: readonly Row[]): HTMLElement {
    const lines = rows.map(({ element }) => element);
    const plots = make("div", { className: "plots" }, ...lines, make("div", { className: "mark" }));
    this.takePointer(plots, rows[0].canvas);
    const dashed = rows.some(({ signal }) => signal.target !== undefined);
    const commanded = make("span", { className: "note" }, dashed ? "dashed: commanded" : "");
    const notes = { measure: commanded, reward: this.total, joint: this.window, action: "" };
    const heading = make("h2", {}, GROUPS[group], notes[group]);
    const section = make("section", { className: group }, heading, plots);
    section.style.setProperty("--rows", String(rows.length));
    return section;
  }

  /** Pointing goes to the time pointed at; pulling goes on from there, on the axis as it was. */
  private takePointer(plots: HTMLElement, canvas: HTMLCanvasElement): void {
    let begin = 0;
    const go = ({ clientX }: PointerEvent): void => {
      const { left, width } = canvas.getBoundingClientRect();
      this.seek(begin + ((clientX - left) / width) * this.span);
    };
    plots.addEventListener("pointerdown", (event) => {
      begin = this.begin;
      plots.setPointerCapture(event.pointerId);
      go(event);
    });
    plots.addEventListener("pointermove", (event) => event.buttons === 1 && go(event));
  }
}

function makeRow(signal: ShownSignal, index: number): Row {
  const [canvas, value] = [make("canvas"), make("span", { className: "value" })];
  const element = make(
    "div",
    { className: "row" },
    make("span", { className: "name" }, readable(signal.name)),
    canvas,
    value,
  );
  return { signal, index, element, canvas, value, extent: NOTHING };
}

/** `front_left_leg`, `poleVelocity` and the joint of `thigh/hip_x` as words. */
const readable = (name: string): string =>
  name
    .replace(/^.*\//, "")
    .replaceAll("_", " ")
    .replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

/** Whether a row is in the part of the list that is scrolled into view. */
function isInView(list: HTMLElement): (row: Row) => boolean {
  const { top, bottom } = list.getBoundingClientRect();
  return ({ element }) => {
    const row = element.getBoundingClientRect();
    return row.bottom > top && row.top < bottom;
  };
}

const NOTHING = { low: Infinity, high: -Infinity, frames: 0 };

/** All values of the episode and the limits; frames that were looked at before are not looked at again. */
function extentOf({ signal, index, extent: { low, high, frames } }: Row, track: Track): Row["extent"] {
  const add = (value: number): void => {
    if (value < low) low = value;
    if (value > high) high = value;
  };
  signal.range?.forEach(add);
  for (const of of signal.target === undefined ? [index] : [index, signal.target])
    for (let frame = frames; frame < track.frames; frame++) add(track.value(of, frame));
  return { low, high, frames: track.frames };
}

/** What the height of a row's canvas spans. */
function rangeOf({ extent: { low, high } }: Row): [low: number, high: number] {
  const only = Number.isFinite(low) ? low : 0;
  return high > low ? [low, high] : [only - 1, only + 1];
}

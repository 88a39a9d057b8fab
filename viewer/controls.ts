import { make, number } from "./dom.js";
import { type Playback, SPEEDS } from "./playback.js";
import type { Track } from "./track.js";

/** What the user can ask for besides the time. */
export type UserActions = {
  toggle(): void;
  seek(time: number): void;
  speed(value: number): void;
  follow(): void;
  look(): void;
  panel(): void;
};

const icon = (path: string): string => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
const ICONS = {
  play: icon("M7 4.5v15l12.5-7.5z"),
  pause: icon("M6 4.5h4.2v15H6zM13.8 4.5H18v15h-4.2z"),
  follow: icon(
    "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2a7 7 0 1 1 0 14 7 7 0 0 1 0-14zm0 4a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  ),
  look: icon("M3 9V3h6v2H5v4zm12-6h6v6h-2V5h-4zM3 15h2v4h4v2H3zm16 0h2v6h-6v-2h4z"),
  panel: icon("M3 17l5-6 4 4 5-8 4 5-1.6 1.2-2.3-2.9-4.8 7.7-4.2-4.2-3.5 4.4z"),
};

/** The bar with play, time line, speed and what else there is to press. */
export class Controls {
  readonly element: HTMLElement;
  private readonly play: HTMLButtonElement;
  private readonly followed: HTMLButtonElement;
  private readonly line = make("input", {
    type: "range",
    min: "0",
    step: "any",
    className: "time",
    "aria-label": "Time",
  });
  private readonly clock = make("output", { className: "clock" });
  private readonly speed = make("select", { title: "Speed (up and down keys)", "aria-label": "Speed" });

  constructor(actions: UserActions) {
    this.play = button("play", "Play or pause (space)", () => actions.toggle());
    this.followed = button("follow", "Follow the robot (F)", () => actions.follow());
    this.speed.append(...SPEEDS.map((value) => make("option", { value: String(value) }, `${value}×`)));
    this.speed.addEventListener("change", () => actions.speed(Number(this.speed.value)));
    this.line.addEventListener("input", () => actions.seek(Number(this.line.value)));
    const look = button("look", "Look at the robot from the side (R)", () => actions.look());
    const panel = button("panel", "Show or hide the traces (T)", () => actions.panel());
    this.element = make("div", { className: "bar" }, this.play, this.line, this.clock, this.speed);
    this.element.append(this.followed, look, panel);
    // The keys belong to the viewer; a button that was clicked would take the space bar.
    this.element.addEventListener("mousedown", (event) => {
      if ((event.target as Element).closest("button")) event.preventDefault();
    });
  }

  show({ time, playing, speed, live }: Playback, { duration }: Track, follow: boolean): void {
    setIcon(this.play, playing ? "pause" : "play");
    this.play.setAttribute("aria-pressed", String(playing));
    this.followed.setAttribute("aria-pressed", String(follow));
    this.line.max = String(duration);
    this.line.value = String(time);
    this.line.style.setProperty("--part", String(time / (duration || 1)));
    this.line.setAttribute("aria-valuetext", `${number(time, 2)} s of ${number(duration, 2)} s`);
    this.clock.textContent = live ? `${number(time, 2)} s, live` : `${number(time, 2)} / ${number(duration, 2)} s`;
    this.speed.value = String(speed);
  }
}

function button(name: keyof typeof ICONS, title: string, press: () => void): HTMLButtonElement {
  const element = make("button", { type: "button", title, "aria-label": title });
  setIcon(element, name);
  element.addEventListener("click", press);
  return element;
}

function setIcon(element: HTMLButtonElement, name: keyof typeof ICONS): void {
  if (element.dataset.icon === name) return;
  element.dataset.icon = name;
  element.innerHTML = ICONS[name];
}

import type { Packed, Recording } from "../tools/report/recording.js";
import { make } from "./dom.js";
import { STYLE } from "./style.js";
import type { PackedFrames, PackedRecording } from "./track.js";
import { Viewer } from "./viewer.js";

/**
 * `<dmo-viewer>`: shows the first of the recordings that a script element inside of it holds as JSON, and lets the user
 * choose among them. One without frames waits for live ones. The page gives the element its size. With the attribute
 * `pushable`, dragging the robot makes a `push` event, whose detail is a velocity `[x, y, z]` in the task's axes [m/s].
 */
export class ViewerElement extends HTMLElement {
  viewer!: Viewer;
  private recordings: readonly PackedRecording[] = [];
  private readonly root = this.attachShadow({ mode: "open" });

  connectedCallback(): void {
    this.recordings = JSON.parse(this.querySelector("script")!.text) as Packed<Recording>[];
    this.root.replaceChildren(make("style", {}, STYLE));
    this.tabIndex = 0;
    this.show(0);
    this.addEventListener("keydown", (event) => !isTyping(event) && this.viewer.key(event));
  }

  disconnectedCallback(): void {
    this.viewer.dispose();
  }

  /** Adds live frames; `restart` begins a new episode with them. */
  push(frames: PackedFrames, restart: boolean): void {
    this.viewer.push(frames, restart);
  }

  private show(index: number): void {
    (this.viewer as Viewer | undefined)?.dispose();
    this.viewer = new Viewer(this, this.recordings[index], this.heading(index));
    this.root.append(this.viewer.element);
  }

  /** The recording's title, or a choice among all of them. */
  private heading(index: number): HTMLElement {
    if (this.recordings.length === 1) return make("span", {}, this.recordings[0].title);
    const choice = make("select", { "aria-label": "Run" });
    choice.append(
      ...this.recordings.map(({ title }, i) => make("option", { value: String(i), selected: i === index }, title)),
    );
    choice.addEventListener("change", () => {
      this.show(choice.selectedIndex);
      this.focus();
    });
    return choice;
  }
}

/** Keys that mean something to the control that has the focus stay with it. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLButtonElement && [" ", "Enter"].includes(event.key);
}

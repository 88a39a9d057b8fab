import type { Vector3 } from "three";
import { Controls } from "./controls.js";
import { make, number } from "./dom.js";
import { Pace } from "./pace.js";
import { Playback } from "./playback.js";
import { RobotView } from "./robot-view.js";
import { type PackedFrames, type PackedRecording, Track } from "./track.js";
import { themeOf } from "./theme.js";
import { Traces } from "./traces.js";

/** One episode on show: the robot, its traces and the controls, in a host element whose style sheet gives the colours. */
export class Viewer {
  readonly element: HTMLElement;
  readonly playback: Playback;
  private readonly track: Track;
  private readonly stage?: RobotView;
  private readonly traces: Traces;
  private readonly controls: Controls;
  private readonly stop = new AbortController();
  private readonly pace: Pace;
  private visible = true;
  private scheduled = 0;
  private resting = false;
  /** Where pictures are slow, robot and traces take turns. */
  private robotsTurn = false;
  private last?: number;
  private fresh = true;
  private grown = true;

  /** @param heading stands over the robot */
  constructor(
    private readonly host: HTMLElement,
    recording: PackedRecording,
    heading: HTMLElement,
  ) {
    this.track = new Track(recording);
    this.track.append(recording);
    this.playback = new Playback(this.track, recording.frames === 0);
    this.playback.playing = this.playback.live || !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.traces = new Traces(this.track, (time) => this.seek(time));
    this.controls = new Controls({
      toggle: () => this.change(() => this.playback.toggle()),
      seek: (time) => this.seek(time),
      speed: (value) => this.change(() => (this.playback.speed = value)),
      follow: () => this.follow(),
      look: () => this.look(),
      panel: () => this.element.classList.toggle("bare"),
    });
    const view = make("div", { className: "view" }, make("div", { className: "title" }, heading, summary(recording)));
    const by = drawing();
    this.pace = new Pace(this.playback.live && by === "processor");
    if (by !== "none")
      this.stage = new RobotView(this.track, this.playback.live, this.pace.scale, () => this.request());
    if (host.hasAttribute("pushable"))
      this.stage?.allowPush(
        (velocity) => this.tellPush(velocity),
        () => this.request(),
      );
    view.append(
      this.stage?.element ?? make("p", { className: "failure" }, "This browser has no WebGL, so no 3D view."),
    );
    this.element = make("div", { className: "viewer" }, view, this.traces.element, this.controls.element);
    this.watch(view);
  }

  /** Where a body is drawn: position and quaternion (x, y, z, w) in the task's axes. */
  pose(body: string): number[] | undefined {
    const group = this.stage?.bodies[this.track.scene.bodies.indexOf(body)];
    return group && [...group.position.toArray(), ...group.quaternion.toArray()];
  }

  /** The canvas of the robot, for a video of this size in pixels: {@link draw} draws it. @throws Error without WebGL */
  filmed(width: number, height: number): HTMLCanvasElement {
    if (!this.stage) throw new Error("This browser has no WebGL, so no 3D view.");
    this.visible = false;
    this.stage.resize(width, height);
    this.paint();
    return this.stage.element;
  }

  /** Of the episode [s]. */
  get duration(): number {
    return this.track.duration;
  }

  /** Draws the robot as it is at a time [s], now. */
  draw(time: number): void {
    this.stage?.draw(time);
  }

  /** Goes to a time [s]. */
  seek(time: number): void {
    this.change(() => this.playback.seek(time));
  }

  /** Adds live frames; `restart` begins a new episode with them. */
  push(frames: PackedFrames, restart: boolean): void {
    if (restart) [this.track, this.traces].forEach((each) => each.clear());
    const first = this.track.frames === 0;
    this.track.append(frames);
    if (first) this.stage?.begin();
    this.grown = true;
    this.request();
  }

  /** Does what a key stands for. */
  key(event: KeyboardEvent): void {
    const action =
      event.ctrlKey || event.metaKey || event.altKey ? undefined : this.keys(event)[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    this.change(action);
  }

  dispose(): void {
    this.stop.abort();
    cancelAnimationFrame(this.scheduled);
    this.stage?.dispose();
    this.element.remove();
  }

  private keys({ shiftKey }: KeyboardEvent): { [key: string]: (() => void) | undefined } {
    const frames = shiftKey ? 10 : 1;
    return {
      " ": () => this.playback.toggle(),
      arrowleft: () => this.playback.step(-frames),
      arrowright: () => this.playback.step(frames),
      arrowup: () => this.playback.shift(1),
      arrowdown: () => this.playback.shift(-1),
      home: () => this.playback.seek(0),
      end: () => this.playback.seek(this.track.duration),
      f: () => this.follow(),
      r: () => this.look(),
      t: () => this.element.classList.toggle("bare"),
    };
  }

  private change(action: () => void): void {
    action();
    this.request();
  }

  private tellPush(velocity: Vector3): void {
    this.host.dispatchEvent(new CustomEvent("push", { detail: velocity.toArray() }));
  }

  private follow(): void {
    this.stage?.toggleFollow(this.playback.time);
    this.request();
  }

  private look(): void {
    this.stage?.look(this.playback.time);
    this.request();
  }

  /** Draws when the page can. */
  private request(): void {
    if (!this.visible || this.resting || this.stop.signal.aborted) return;
    this.scheduled ||= requestAnimationFrame((now) => this.tick(now));
  }

  private tick(now: number): void {
    this.scheduled = 0;
    if (this.last !== undefined) this.advance(now - this.last);
    const { time, playing } = this.playback;
    this.last = playing ? now : undefined;
    if (this.fresh) this.paint();
    if (this.grown) this.traces.extend();
    this.grown = false;
    const slow = playing && this.pace.rest > 0;
    this.robotsTurn = !slow || !this.robotsTurn;
    if (this.robotsTurn) this.stage?.draw(time);
    if (!slow || !this.robotsTurn) this.traces.show(time);
    this.controls.show(this.playback, this.track, this.stage?.follow ?? false);
    if (slow) this.rest();
    else if (playing) this.request();
  }

  /** Draws nothing for a while, whatever is new. */
  private rest(): void {
    this.resting = true;
    setTimeout(() => {
      this.resting = false;
      this.request();
    }, this.pace.rest);
  }

  /** Lets the time between two pictures [ms] pass. */
  private advance(gap: number): void {
    this.playback.advance(gap / 1000);
    if (this.playback.live && this.pace.note(gap)) this.stage?.coarsen(this.pace.scale);
  }

  private paint(): void {
    const theme = themeOf(this.host);
    this.stage?.paint(theme);
    this.traces.prepare(theme);
    this.fresh = false;
  }

  /** Follows the element's size, whether it can be seen, and the system's colour scheme. */
  private watch(view: HTMLElement): void {
    const repaint = (): void => this.change(() => (this.fresh = true));
    const size = new ResizeObserver(() => {
      if (view.clientWidth > 0 && view.clientHeight > 0) this.stage?.resize(view.clientWidth, view.clientHeight);
      repaint();
    });
    size.observe(view);
    const sight = new IntersectionObserver(([entry]) => {
      this.visible = entry.isIntersecting;
      this.last = undefined;
      this.request();
    });
    sight.observe(this.host);
    const { signal } = this.stop;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint, { signal });
    const scrolls = (): boolean => document.documentElement.scrollHeight > innerHeight;
    view.addEventListener("wheel", () => this.stage?.allowZoom(!scrolls() || this.host.matches(":focus-within")), {
      signal,
      capture: true,
      passive: true,
    });
    signal.addEventListener("abort", () => [size, sight].forEach((observer) => observer.disconnect()));
  }
}

/** What the episode came to. */
function summary({ frames, dt, return: total, endedEarly }: PackedRecording): HTMLElement {
  const seconds = number((frames - 1) * dt, 1);
  const text = `return ${number(total, 0)} in ${seconds} s${endedEarly ? ", ended early" : ""}`;
  return make("div", { className: "summary" }, frames > 0 ? text : "");
}

/** What draws in 3D here: nothing, a graphics card, or the processor, as far as the browser tells. */
function drawing(): "none" | "card" | "processor" {
  const context = document.createElement("canvas").getContext("webgl2");
  if (!context) return "none";
  const names = context.getExtension("WEBGL_debug_renderer_info");
  const name = names ? String(context.getParameter(names.UNMASKED_RENDERER_WEBGL)) : "";
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name) ? "processor" : "card";
}

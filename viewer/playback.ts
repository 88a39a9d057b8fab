import type { Track } from "./track.js";

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];
/** How long the end of an episode stays before it starts anew, and how far a live view may lag behind [s]. */
const [REST, LAG] = [1, 1];

/** Where in its episode a view is and how it moves on. */
export class Playback {
  playing = false;
  speed = 1;
  private now = 0;

  constructor(
    private readonly track: Track,
    /** Frames are still coming: the end is a place to wait. */
    readonly live: boolean,
  ) {}

  /** Time in the episode [s]. */
  get time(): number {
    return Math.min(this.now, this.track.duration);
  }

  /** Goes to a time [s]. */
  seek(time: number): void {
    this.now = Math.min(Math.max(0, time), this.track.duration);
  }

  /** Goes some frames forwards or back, and pauses. */
  step(frames: number): void {
    this.playing = false;
    const { dt } = this.track.scene;
    this.seek((this.track.frameAt(this.time) + frames) * dt);
  }

  toggle(): void {
    this.playing = !this.playing;
  }

  /** Chooses the next faster (1) or slower (-1) speed. */
  shift(direction: number): void {
    const index = SPEEDS.indexOf(this.speed) + direction;
    this.speed = SPEEDS[Math.min(Math.max(0, index), SPEEDS.length - 1)];
  }

  /** Lets `seconds` pass. */
  advance(seconds: number): void {
    if (!this.playing) return;
    const { duration } = this.track;
    this.now += seconds * this.speed;
    if (this.live) this.now = Math.min(Math.max(this.now, duration - LAG), duration);
    else if (this.now > duration + REST * this.speed) this.now = 0;
  }
}

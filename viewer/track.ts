import { type Object3D, Quaternion, Vector3 } from "three";
import type { Packed, Recording, Scene, Signal } from "../tools/report/recording.js";

/** What a page holds of a recording; a live one starts without frames. */
export type PackedRecording = Packed<Recording>;
export type PackedFrames = Packed<Pick<Recording, "frames" | "poses" | "values">>;

const [from, to] = [new Vector3(), new Vector3()];
const [fromTurn, toTurn] = [new Quaternion(), new Quaternion()];

/** The frames of an episode, which may still grow. */
export class Track {
  frames = 0;
  private poses: ArrayLike<number> = [];
  private values: ArrayLike<number> = [];

  constructor(readonly scene: Scene) {}

  append({ frames, poses, values }: PackedFrames): void {
    this.poses = joined(this.poses, unpack(poses));
    this.values = joined(this.values, unpack(values));
    this.frames += frames;
  }

  clear(): void {
    this.frames = 0;
    this.poses = this.values = [];
  }

  /** Time of the last frame [s]. */
  get duration(): number {
    return Math.max(0, this.frames - 1) * this.scene.dt;
  }

  /** The frame at a time, rounded down. */
  frameAt(time: number): number {
    return Math.min(Math.max(0, Math.floor(time / this.scene.dt + 1e-6)), Math.max(0, this.frames - 1));
  }

  value(signal: number, frame: number): number {
    return this.values[frame * this.scene.signals.length + signal];
  }

  /** Sum of a signal over the frames up to this one. */
  sum(signal: number, frame: number): number {
    let total = 0;
    for (let i = 0; i <= frame; i++) total += this.value(signal, i) || 0;
    return total;
  }

  /** Puts an object where a body is at a time, between two frames where need be. */
  place(body: number, time: number, object: Pick<Object3D, "position" | "quaternion">): void {
    if (this.frames === 0) return;
    const frame = this.frameAt(time);
    const next = Math.min(frame + 1, this.frames - 1);
    const part = Math.min(Math.max(0, time / this.scene.dt - frame), 1);
    this.read(body, frame, from, fromTurn);
    this.read(body, next, to, toTurn);
    object.position.lerpVectors(from, to, part);
    object.quaternion.slerpQuaternions(fromTurn, toTurn, part);
  }

  private read(body: number, frame: number, position: Vector3, quaternion: Quaternion): void {
    const at = (frame * this.scene.bodies.length + body) * 7;
    position.fromArray(this.poses, at);
    quaternion.fromArray(this.poses, at + 3);
  }
}

/** Index of the reward among the signals; its terms follow. */
export const rewardOf = (signals: readonly Signal[]): number => signals.findIndex(({ group }) => group === "reward");

function unpack(text: string): Float32Array {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

function joined(a: ArrayLike<number>, b: ArrayLike<number>): Float32Array {
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

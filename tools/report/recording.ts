/** A recorded episode as data, and as text for a page: what the recorder gives and the viewer reads. */
import type { Form, Meshes, Point } from "@dmo-lab/physics/model";
import { toBase64 } from "@dmo-lab/storage/base64";

/** A number that is shown as a trace; `range` holds a joint's limits, or what an action may be. */
export type Signal = {
  /** Signals of a group share an axis. */
  readonly group: "joint" | "action" | "reward" | "measure" | "target";
  /** Of the joint, actuator, reward term or measure. */
  readonly name: string;
  /** Empty for plain numbers. */
  readonly unit: string;
  /** A joint's limits, or what an action may be; absent: none is known. */
  readonly range?: readonly [lower: number, upper: number];
  /** Index of the signal that this one should follow, which has no trace of its own. */
  readonly target?: number;
};

/** A muscle to draw: through these points of bodies (indices), coloured by the signal of that index. */
export type DrawnMuscle = {
  /** Index of the signal that colours it. */
  readonly signal: number;
  /** The points that it goes through, each in its body's frame [m]. */
  readonly path: readonly { readonly body: number; readonly position: Point }[];
};

/** What there is to see of a task: bodies with their shapes, and the signals that go with them. */
export type Scene = {
  /** Stands above the viewer. */
  readonly title: string;
  /** Name of the task. */
  readonly task: string;
  /** The vertical axis; the ground is the plane through the origin. */
  readonly up: "y" | "z";
  /** Time from frame to frame [s]. */
  readonly dt: number;
  /** Their names; poses are in this order. */
  readonly bodies: readonly string[];
  /** Indices of the bodies that never move, such as a rail. */
  readonly fixed: readonly number[];
  /** In the frame of the body with index `body`. */
  readonly shapes: readonly (Form & { readonly body: number; readonly color: string })[];
  /** Those that shapes name. */
  readonly meshes: Meshes;
  /** Strings through points of bodies, with the index of the signal that pulls them. */
  readonly muscles: readonly DrawnMuscle[];
  /** The body that a camera follows: the first one that moves. */
  readonly focus: number;
  /** Joints in the order of q, actions, the reward and then its weighted terms, measures and then their targets. */
  readonly signals: readonly Signal[];
};

/** A state of the episode and how it was reached. Consecutive frames are one control step apart. */
export type Frame = {
  /** 0 at the start of an episode. */
  readonly step: number;
  /** `[body][x, y, z, quaternion x, y, z, w]`, in the world [m]. */
  readonly poses: readonly number[];
  /** `[signal]`; actions and rewards are those of the step that led here, NaN at the start. */
  readonly values: readonly number[];
};

/** An episode: `frames` states with their `poses` `[frame][body][7]` and `values` `[frame][signal]`. */
export type Recording = Scene & {
  /** How many states there are, the first one included. */
  readonly frames: number;
  /** `[frame][body][7]`: position [m] and quaternion (x, y, z, w) in the world. */
  readonly poses: Float32Array;
  /** `[frame][signal]`, in the signals' units. */
  readonly values: Float32Array;
  /** Sum of the rewards. */
  readonly return: number;
  /** Whether it ended before the task's episode length. */
  readonly endedEarly: boolean;
};

/** Poses and values of frames in a text: base64 of little-endian float32. */
export type Packed<T> = Omit<T, "poses" | "values"> & { readonly poses: string; readonly values: string };

export const packFrames = <T extends { poses: ArrayLike<number>; values: ArrayLike<number> }>(
  frames: T,
): Packed<T> => ({
  ...frames,
  poses: toBase64(frames.poses),
  values: toBase64(frames.values),
});

/** What a live viewer starts from: a recording without frames. */
export const withoutFrames = (scene: Scene): Recording => ({ ...scene, ...join([]), return: 0, endedEarly: false });

/** Live frames for a viewer, packed: where an episode starts among them (`restart`), those from its newest start on. */
export function packLive(frames: readonly Frame[]) {
  const begin = frames.findLastIndex(({ step }) => step === 0);
  return { restart: begin >= 0, frames: packFrames(join(frames.slice(Math.max(0, begin)))) };
}

/** Frames one after another, in the arrays of a {@link Recording}. @param frames of one episode, in their order */
export const join = (frames: readonly Frame[]): Pick<Recording, "frames" | "poses" | "values"> => ({
  frames: frames.length,
  poses: Float32Array.from(frames.flatMap((frame) => frame.poses)),
  values: Float32Array.from(frames.flatMap((frame) => frame.values)),
});

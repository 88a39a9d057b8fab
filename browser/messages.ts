/** What the page and its workers say to each other. */
import type { RunConfig } from "../lib/training/config.js";
import type { Row } from "../lib/training/metrics.js";
import type { PackedFrames, PackedRecording } from "../viewer/track.js";
import type { Experiment } from "./experiment.js";
import type { OwnRobot } from "./own-task.js";

/** What a worker is to be: the first message that it gets. */
export type WorkerStart =
  | { readonly be: "trainer"; readonly threads: number; readonly experiment: Experiment; readonly robot?: OwnRobot }
  | { readonly be: "player"; readonly threads: number; readonly task: string; readonly robot?: OwnRobot };

export type TrainerCommand =
  /** So many epochs from now on; 0 is a pause. */
  | { readonly do: "train"; readonly epochs: number }
  /** Compare gradients from the next epoch on, or no longer. */
  | { readonly do: "compare"; readonly on: boolean };

/** Of policies the text of their files, of rows that of metrics.csv. */
export type TrainerReport =
  | { readonly is: "ready"; readonly config: RunConfig; readonly header: string; readonly policy: string }
  | { readonly is: "row"; readonly row: Row; readonly line: string; readonly policy: string }
  | { readonly is: "paused" }
  | Failure;

export type PlayerCommand =
  | { readonly do: "play"; readonly policy: string }
  /** A push of the robot's base: change of its velocity in the task's axes [m/s]. */
  | { readonly do: "push"; readonly velocity: readonly [number, number, number] };

export type PlayerReport =
  | { readonly is: "scene"; readonly scene: PackedRecording }
  | { readonly is: "frames"; readonly frames: PackedFrames; readonly restart: boolean }
  | Failure;

export type Failure = { readonly is: "failed"; readonly message: string };

// What a robot needs beside a Go2 policy's ONNX file: what its numbers mean, in an order and in units that are said.
import { buildTree } from "@dmo-lab/physics/tree";
import { GAIT_FREQUENCY, type CommandRange } from "../../robots/go2/go2-conditions.js";
import { OFFSETS } from "../../robots/go2/go2-robot.js";
import { whenOf } from "../../robots/memory.js";
import { strengthsOf } from "../../robots/go2/go2-safety.js";
import { go2Commands } from "../../robots/go2/go2-trials.js";
import { placed } from "../../lib/tasks/read.js";
import type { Task } from "../../lib/tasks/task.js";

/** Where components of the observation come from on the robot, by the names of the task's rows. */
const SOURCES: { [row: string]: string } = {
  "base angular velocity": "angular velocity of the base in its axes",
  "commanded velocity": "commanded velocity of the base, forward and to the left",
  "commanded turning": "commanded turning to the left",
  "direction of gravity": "unit vector of gravity in the base's axes",
  "joint angles": "joint angles",
  "joint velocities": "joint velocities",
  "previous action, doubled": "previous action, within [-1, 1]",
  "sine of the feet's phases": "phase of each foot, as sin(2 pi (phase + offset))",
};

/** Of rows whose unit does not say it. */
const SCALES: { [row: string]: number | undefined } = { "previous action, doubled": 2 };

/**
 * Observation components `first` .. `first + size - 1` are `scale` times the source in its unit, as it was `stepsAgo`
 * actions before this one; earlier than the first action it is as at that one.
 */
export type DeployedRow = {
  source: string;
  first: number;
  size: number;
  unit: string;
  scale: number;
  stepsAgo: number;
};

export type Deployment = {
  format: "dmo-lab deployment 2";
  task: string;
  model: { file: string; input: string; output: string };
  secondsBetweenActions: number;
  observation: DeployedRow[];
  joints: { name: string; rest: number; lower: number; upper: number; effort: number }[];
  /** Of the action a, cut at +-`limit`: target angle = rest + scale * a [rad]. */
  action: { limit: number; scale: number };
  /** torque = stiffness (target - angle) - damping * velocity, cut at the joint's effort; renewed every `seconds`. */
  control: { stiffness: number; damping: number; seconds: number };
  /** The phase starts at 0 and advances modulo 1; a foot should be on the ground while (phase + offset) mod 1 is below 0.5. */
  gait: { frequency: number; feet: { name: string; offset: number }[] };
  /** Largest commands of training, +- [m/s], [rad/s]. */
  commands: CommandRange;
};

/** @param model the name of the ONNX file */
export function deploymentOf(task: Task, model: string): Deployment {
  const { stiffness, damping, rest, range } = task.mujoco!.control!;
  const { timeStep, actuators } = task.model;
  const { links } = buildTree(task.model);
  const feet = OFFSETS.map((offset, i) => ({ name: ["FL", "FR", "RL", "RR"][i], offset }));
  return {
    format: "dmo-lab deployment 2",
    task: task.name,
    model: { file: model, input: "obs", output: "action" },
    secondsBetweenActions: timeStep,
    observation: placed(task.observation.filter(({ privileged }) => !privileged)).map(({ name, first, size, unit }) => {
      const [, units = "1", of] = /^([\d.]+) (.+)$/.exec(unit) ?? [undefined, undefined, unit];
      const { row, stepsAgo } = whenOf(name);
      return { source: SOURCES[row], first, size, unit: of, scale: SCALES[row] ?? 1 / Number(units), stepsAgo };
    }),
    joints: strengthsOf(task).map((effort, i) => {
      const { link } = actuators[i] as { link: string };
      const { joint } = links.find(({ name }) => name === link)!;
      const { lower, upper } = (joint as { limits: { lower: number; upper: number } }).limits;
      return { name: link, rest: rest[i], lower, upper, effort };
    }),
    action: { limit: 1, scale: range },
    control: { stiffness, damping, seconds: timeStep / task.mujoco!.steps! },
    gait: { frequency: GAIT_FREQUENCY, feet },
    commands: go2Commands[task.name as keyof typeof go2Commands],
  };
}

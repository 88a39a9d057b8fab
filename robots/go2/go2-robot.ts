/** Unitree Go2: what its tasks share. Legs FL, FR, RL, RR, each hip, thigh, calf; the base's axes are forward, left, up. */
import { type Scalar, add, div, max, mul, sin, sqrt, sub, sum } from "@dmo-lab/physics/expression";
import { poses } from "@dmo-lab/physics/kinematics";
import { type KinematicTree, buildTree } from "@dmo-lab/physics/tree";
import type { MujocoOptions } from "@dmo-lab/mujoco/mujoco-engine";
import type { SymbolicState } from "@dmo-lab/physics/routines";
import { type Quat, type Vec3, apply3, cross, plus, rotation, transpose } from "@dmo-lab/physics/vector";
import { packageFile } from "../../lib/project.js";
import { tf } from "@dmo-lab/jit/tf";
import { type CommandRange, type Conditions, between, conditions, contextRows } from "./go2-conditions.js";
import record from "../../data/models/go2/go2.json" with { type: "json" };
import { modelOf } from "../../lib/tasks/models.js";
import { column, reader } from "../../lib/tasks/read.js";
import { type Ends, type TaskDefinition, sumOfSquares } from "../../lib/tasks/task.js";

export const LEGS = ["FL", "FR", "RL", "RR"] as const;
/** Actions are doubled: position targets are rest + scale * (2 * action) [rad]. */
const DOUBLED = 2;
/** Phases of the feet, relative to the robot's: the diagonal pairs take turns. */
export const OFFSETS = [0.5, 0, 0, 0.5] as const;

/** How joints follow their targets: N m/rad, N m s/rad, how far action 1 moves a target [rad], the largest torque [N m]. */
export type Motors = Omit<NonNullable<MujocoOptions["control"]>, "rest">;

/** Those of the paper's release. */
export const MOTORS: Motors = { stiffness: 20, damping: 0.5, range: 0.25 * DOUBLED, limit: 100 };

/** What a Go2 task is, but for its rewards, ends and starts. `rest` is the pose of action 0, by joint [rad]. */
export function go2Robot(met: Conditions, rest: readonly number[], commands: CommandRange, motors = MOTORS) {
  const model = { ...modelOf(record), meshes: packageFile("data/models/go2/meshes.json") };
  return {
    model,
    engines: ["mujoco"], // feet stand on friction, and parts touch each other
    mujoco: { mjcf: packageFile("data/models/go2/go2.xml"), steps: 4, control: { ...motors, rest } } as MujocoOptions,
    episodeLength: 499, // steps
    observation: observation(met),
    context: contextRows(met),
    sensors: [
      { name: "contact forces of the feet", size: 12, unit: "N" },
      { name: "contact force of base and head", size: 3, unit: "N" },
      { name: "position of the base", size: 3, unit: "m" },
    ],
    observe: observe(buildTree(model)),
    between: between(met, commands),
  } satisfies Partial<TaskDefinition>;
}

const observation = ({ noise }: Conditions) =>
  [
    { name: "base velocity", size: 3, unit: "0.5 m/s", privileged: true },
    { name: "base angular velocity", size: 3, unit: "4 rad/s", noise: noise.spin / 4 },
    { name: "commanded velocity", size: 2, unit: "0.5 m/s" },
    { name: "commanded turning", size: 1, unit: "4 rad/s" },
    { name: "direction of gravity", size: 3, unit: "1", noise: noise.gravity },
    { name: "joint angles", size: 12, unit: "rad", noise: noise.angle },
    { name: "joint velocities", size: 12, unit: "20 rad/s", noise: noise.speed / 20 },
    { name: "previous action, doubled", size: 12, unit: "1" },
    { name: "sine of the feet's phases", size: 4, unit: "1" },
    { name: "feet from the base in its heading: forward, left", size: 8, unit: "m", privileged: true },
    { name: "contact forces of the feet", size: 4, unit: "100 N", privileged: true },
    { name: "heights of the feet", size: 4, unit: "m", privileged: true },
  ] as const;

/** Components of observations `[env, observation]` by the name of their row. */
export const read = reader(observation(conditions.nominal));

/** See the table. */
const observe =
  (tree: KinematicTree) =>
  ({ q, qd, action, context, sensors }: SymbolicState): Scalar[] => {
    const axes = rotation(q.slice(3, 7) as unknown as Quat);
    const intoBase = transpose(axes);
    const position = q.slice(0, 3) as unknown as Vec3;
    const [spin, linear] = [qd.slice(0, 3), qd.slice(3, 6)] as unknown as [Vec3, Vec3];
    const velocity = apply3(intoBase, plus(linear, cross(spin, position)));
    const scaled = (values: readonly Scalar[], by: number): Scalar[] => values.map((x) => mul(by, x));
    const [command, phase] = [context.slice(0, 3), context[3]];
    const clock = OFFSETS.map((offset) => sin(mul(2 * Math.PI, add(phase, offset))));
    const feet = footPositions(tree, q.slice(7)).map((foot) => apply3(axes, foot));
    const [x, y] = heading(q.slice(3, 7));
    return [
      ...scaled(velocity, 2),
      ...scaled(apply3(intoBase, spin), 0.25),
      ...scaled(command.slice(0, 2), 2),
      ...scaled(command.slice(2), 0.25),
      ...apply3(intoBase, [0, 0, -1]),
      ...q.slice(7),
      ...scaled(qd.slice(6), 0.05),
      ...scaled(action, DOUBLED),
      ...clock,
      ...feet.flatMap((p) => [add(mul(x, p[0]), mul(y, p[1])), sub(mul(x, p[1]), mul(y, p[0]))]),
      ...LEGS.map((_, i) => mul(0.01, length(sensors.slice(3 * i, 3 * i + 3)))),
      ...feet.map((p) => add(q[2], p[2])),
    ];
  };

const length = (v: readonly Scalar[]): Scalar => sqrt(sum(v.map((x) => mul(x, x))));

/** Direction (cos, sin) in which a base of this orientation (x, y, z, w) faces once it is turned level the shortest way. */
function heading([, , z, w]: readonly Scalar[]): [Scalar, Scalar] {
  const norm = max(add(mul(z, z), mul(w, w)), 1e-6);
  return [div(sub(mul(w, w), mul(z, z)), norm), div(mul(2, mul(z, w)), norm)];
}

/** Of all feet in the base's frame. */
function footPositions(tree: KinematicTree, joints: readonly Scalar[]): Vec3[] {
  const at = poses(tree, [0, 0, 0, 0, 0, 0, 1, ...joints]);
  return LEGS.map((leg) => {
    const { index, position } = tree.frames.get(`${leg}_foot`)!;
    return plus(at[index].position, apply3(at[index].rotation, position));
  });
}

/** The end of an episode where base or head touch something. */
export const pressedBase: Ends = {
  "base or head pressed by more than 1 N": (_, { "contact force of base and head": force }) =>
    tf.greater(sumOfSquares(force as tf.Tensor2D), 1),
};

/** The end of an episode where the base is lower than this [m]. */
export const baseBelow = (height: number): Ends => ({
  [`base below ${height} m`]: (_, { "position of the base": position }) =>
    tf.less(column(position as tf.Tensor2D, 2), height),
});

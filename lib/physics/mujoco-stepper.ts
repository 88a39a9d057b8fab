/** One model in MuJoCo, which takes canonical states through control steps. */
import type { MainModule, MjData, MjModel } from "mujoco-js";
import { InputError } from "../errors.js";
import type { MjcfSource } from "./mjcf-writer.js";
import type { MujocoBatch } from "./mujoco-batch.js";
import { fromMujoco, jointSizes, type JointMap, toMujoco } from "./mujoco-state.js";
import { compileModel, loadMujoco } from "./mujoco.js";

/** What MuJoCo simulates, and how. */
export interface MujocoPhysics extends MjcfSource {
  /** Stands for the text in errors; its folder is where the files are that the text names. */
  readonly file: string;
  /** Control step [s], and how many steps of MuJoCo it has. */
  readonly timeStep: number;
  readonly steps: number;
}

/** Arrays of a model or its data, by name, which their declarations leave untyped. */
const arrays = (of: MjModel | MjData) => of as unknown as Readonly<Record<string, Float64Array>>;

/** MuJoCo's enumeration of joint types. */
const JOINTS = ["free", "ball", "slide", "hinge"] as const;

export class MujocoStepper {
  private readonly joints: readonly JointMap[];
  /** By actuator: control = centre + scale * action. */
  private readonly controls: readonly { centre: number; scale: number }[];
  private readonly data: MjData;

  /** @throws InputError for a model that is wrong, or that does not have the sizes of the batch's states */
  static async load(physics: MujocoPhysics, batch: MujocoBatch): Promise<MujocoStepper> {
    return new MujocoStepper(await loadMujoco(), await compileModel(physics.text, physics.file), physics, batch);
  }

  private constructor(
    private readonly mujoco: MainModule,
    private readonly model: MjModel,
    private readonly physics: MujocoPhysics,
    private readonly batch: MujocoBatch,
  ) {
    this.data = new mujoco.MjData(model);
    model.opt.timestep = physics.timeStep / physics.steps;
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET.value; // a state that explodes is to be seen
    const ids = physics.joints?.map((name) => mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_JOINT.value, name));
    this.restoreInertia(ids ?? []);
    this.joints = jointMaps(model, ids ?? Array.from({ length: model.njnt }, (_, i) => i));
    this.controls = Array.from({ length: model.nu }, (_, i) => controlRange(model, i));
    this.checkSizes();
  }

  /** Control steps of the environments that fall to this thread, from their states and actions in the batch. */
  step(): void {
    const { batch, data, mujoco, model, joints, physics } = this;
    const { q, qd, action, sizes } = batch;
    const { qpos, qvel, ctrl, qacc_warmstart: warmStart } = arrays(data);
    for (const env of batch.share()) {
      const [a, b, c] = [env * sizes.nq, env * sizes.nqd, env * sizes.action];
      toMujoco(joints, q, a, qd, b, qpos, qvel);
      warmStart.fill(0);
      for (let i = 0; i < sizes.action; i++) {
        const { centre, scale } = this.controls[i];
        ctrl[i] = centre + scale * Math.min(Math.max(action[c + i], -1), 1);
      }
      for (let k = 0; k < physics.steps; k++) mujoco.mj_step(model, data);
      fromMujoco(joints, qpos, qvel, q, a, qd, b);
    }
  }

  /** Takes back what `writeMjcf` added so that the model could be read. */
  private restoreInertia(joints: readonly number[]): void {
    const { jnt_bodyid: bodies, body_inertia: moments } = arrays(this.model);
    joints.forEach((joint, i) => {
      for (let k = 0; k < 3; k++) moments[3 * bodies[joint] + k] -= this.physics.inertiaExcess?.[i] ?? 0;
    });
    this.mujoco.mj_setConst(this.model, this.data);
  }

  private checkSizes(): void {
    const { joints, model, batch, physics } = this;
    const count = (i: 0 | 1): number => joints.reduce((sum, { type }) => sum + jointSizes[type][i], 0);
    const there = { nq: count(0), nqd: count(1), action: model.nu };
    for (const [name, value] of Object.entries(batch.sizes))
      if (there[name as keyof typeof there] !== value)
        throw new InputError(
          `${physics.file}: its ${name} in MuJoCo is ${there[name as keyof typeof there]}, the task's is ${value}.`,
        );
    if (model.na > 0)
      throw new InputError(`${physics.file}: actuators with a state of their own can't be simulated here.`);
  }
}

/** The joints in the order of the canonical coordinates. */
export function jointMaps(model: MjModel, ids: readonly number[]): JointMap[] {
  const { jnt_type, jnt_qposadr, jnt_dofadr, qpos0 } = arrays(model);
  let [q, qd] = [0, 0];
  return ids.map((id) => {
    const type = JOINTS[jnt_type[id]];
    const map = { type, q, qd, qpos: jnt_qposadr[id], qvel: jnt_dofadr[id], rest: qpos0[jnt_qposadr[id]] };
    q += jointSizes[type][0];
    qd += jointSizes[type][1];
    return map;
  });
}

/** An action from -1 to 1 covers an actuator's control range; without one it is the control. */
function controlRange(model: MjModel, actuator: number): { centre: number; scale: number } {
  const { actuator_ctrllimited: limited, actuator_ctrlrange: range } = arrays(model);
  if (!limited[actuator]) return { centre: 0, scale: 1 };
  const [low, high] = [range[2 * actuator], range[2 * actuator + 1]];
  return { centre: (low + high) / 2, scale: (high - low) / 2 };
}

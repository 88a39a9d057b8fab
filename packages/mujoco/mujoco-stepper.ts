/** One model in MuJoCo, which takes canonical states through control steps. */
import type { MainModule, MjData, MjModel } from "mujoco-js";
import { InputError } from "@dmo-lab/input/errors";
import type { MjcfSource } from "./mjcf-writer.js";
import type { MujocoBatch } from "./mujoco-batch.js";
import type { Variations } from "@dmo-lab/physics/engine";
import { constantsOf } from "./mujoco-constants.js";
import {
  type MotorsOfRound,
  type PositionControl,
  forceMotors,
  positionMotors,
  surroundings,
} from "./mujoco-motors.js";
import { jointSizes } from "@dmo-lab/physics/model";
import { fromMujoco, type JointMap, toMujoco } from "./mujoco-state.js";
import { arrays, compileModel, JOINTS, loadMujoco, range } from "./mujoco.js";

/** What MuJoCo simulates, and how. */
export interface MujocoPhysics extends MjcfSource {
  /** Stands for the text in errors; its folder is where the files are that the text names. */
  readonly file: string;
  /** Control step [s], and how many steps of MuJoCo it has. */
  readonly timeStep: number;
  readonly steps: number;
  /** Makes torques of actions; absent: actions are forces. */
  readonly control?: PositionControl;
}

export class MujocoStepper {
  private readonly joints: readonly JointMap[];
  private readonly motors: MotorsOfRound;
  /** Makes the model that of an environment. */
  private readonly surround: (env: number) => void;
  private readonly data: MjData;

  /** @throws InputError for a model that is wrong, or that does not have the sizes of the batch's states */
  static async load(physics: MujocoPhysics, batch: MujocoBatch, variations: Variations): Promise<MujocoStepper> {
    const model = await compileModel(physics.text, physics.file);
    return new MujocoStepper(await loadMujoco(), model, physics, batch, variations);
  }

  private constructor(
    private readonly mujoco: MainModule,
    private readonly model: MjModel,
    private readonly physics: MujocoPhysics,
    private readonly batch: MujocoBatch,
    private readonly variations: Variations,
  ) {
    this.data = new mujoco.MjData(model);
    this.joints = prepare(mujoco, model, physics);
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET.value; // a state that explodes is to be seen
    const deriveConstants = constantsOf(mujoco, model, this.data);
    this.checkSizes();
    this.motors = physics.control
      ? positionMotors(mujoco, model, this.data, physics.control, batch, variations)
      : forceMotors(model, this.data);
    this.surround = surroundings(model, batch, variations, deriveConstants);
  }

  /** Control steps of the environments that fall to this thread, from their states and actions in the batch. */
  step(): void {
    const { batch, data, mujoco, model, joints, physics } = this;
    const { q, qd, action, previous, sensors, sizes } = batch;
    const { qpos, qvel, act, qacc_warmstart: warmStart, sensordata } = arrays(data);
    const activations = sizes.q - model.na;
    const drive = this.motors();
    for (const env of batch.share()) {
      const [a, b, c] = [env * sizes.q, env * sizes.qd, env * sizes.action];
      this.surround(env);
      toMujoco(joints, q, a, qd, b, qpos, qvel);
      for (let i = 0; i < act.length; i++) act[i] = q[a + activations + i];
      warmStart.fill(0);
      const late = this.late(env);
      for (let k = 0; k < physics.steps; k++) {
        drive(env, k < late ? previous : action, c);
        mujoco.mj_step(model, data);
      }
      fromMujoco(joints, qpos, qvel, q, a, qd, b);
      for (let i = 0; i < act.length; i++) q[a + activations + i] = act[i];
      for (let i = 0; i < sizes.sensors; i++) sensors[env * sizes.sensors + i] = sensordata[i];
    }
  }

  /** Steps of MuJoCo in which the action before is still in force. */
  private late(env: number): number {
    const { batch, variations, physics } = this;
    if (variations.latency === undefined) return 0;
    return Math.round(
      (batch.context[env * batch.sizes.context + variations.latency] / physics.timeStep) * physics.steps,
    );
  }

  private checkSizes(): void {
    const { joints, model, batch, physics } = this;
    const count = (i: 0 | 1): number => joints.reduce((sum, { type }) => sum + jointSizes[type][i], 0);
    const { sensors } = batch.sizes;
    const there = { q: count(0) + model.na, qd: count(1), action: model.nu, sensors: sensors && model.nsensordata };
    for (const [part, value] of Object.entries(there)) {
      const wanted = batch.sizes[part as keyof typeof there];
      if (value !== wanted)
        throw new InputError(
          `${physics.file}: the size of its ${part} in MuJoCo is ${value}, the task's is ${wanted}.`,
        );
    }
  }
}

/**
 * Gives a model its time step, takes back what `writeMjcf` added so that it could be read, and tells where its joints are, in
 * the order of the canonical coordinates.
 */
export function prepare(mujoco: MainModule, model: MjModel, physics: MujocoPhysics): JointMap[] {
  model.opt.timestep = physics.timeStep / physics.steps;
  const idOf = (name: string): number => mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_JOINT.value, name);
  const ids = physics.joints?.map(idOf) ?? range(0, model.njnt);
  const { jnt_bodyid: bodies, body_inertia: moments } = arrays(model);
  physics.inertiaExcess?.forEach((excess, i) => {
    for (let k = 0; k < 3; k++) moments[3 * bodies[ids[i]] + k] -= excess;
  });
  return jointMaps(model, ids);
}

function jointMaps(model: MjModel, ids: readonly number[]): JointMap[] {
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

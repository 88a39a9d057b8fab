/** The MuJoCo engine beside a bare loop over mj_step on the same model, states and actions, and beside native MuJoCo. */
import type { MainModule, MjData, MjModel } from "mujoco-js";
import { MujocoEngine, mujocoPhysics } from "@dmo-lab/mujoco/mujoco-engine";
import { forceMotors, positionMotors } from "@dmo-lab/mujoco/mujoco-motors";
import { type MujocoPhysics, prepare as prepareModel } from "@dmo-lab/mujoco/mujoco-stepper";
import { type JointMap, toMujoco } from "@dmo-lab/mujoco/mujoco-state";
import { arrays, compileModel, loadMujoco } from "@dmo-lab/mujoco/mujoco";
import { findTask } from "../../lib/tasks/index.js";
import type { State, Task } from "../../lib/tasks/task.js";
import { streams } from "../../lib/tensor/random.js";
import { measurement, median, type Measurement, relativeTo } from "./measure.js";
import { askPeer } from "./peers.js";
import { randomActions } from "./simulators.js";

const ENVS = 16;
const STEPS = 32;

/** Seconds of a round of all environments, by the clock and of the processor (all threads). */
type Times = { wall: number; cpu: number };

/** Starts and actions `[step][env * action]`, the same for everybody. */
type Work = { task: Task; physics: MujocoPhysics; starts: State[]; actions: Float32Array[] };

/**
 * Environment steps a second of the engine with one thread and of the bare loop, which take turns so that a busy machine
 * treats them alike; the processor's time of a step, which others do not disturb; and native MuJoCo, if a Python has it.
 */
export async function mujocoSpeed(name: string, seconds: number): Promise<Measurement[]> {
  const work = prepare(name);
  const [ours, bare] = [engineRound(work), await bareRound(work)];
  const times: [Times[], Times[]] = [[], []];
  ours.run();
  bare.run();
  const began = performance.now();
  while (times[0].length < 3 || performance.now() - began < 2000 * seconds)
    [ours, bare].forEach(({ run }, i) => times[i].push(run()));
  ours.dispose();
  bare.dispose();
  const [engineName, bareName] = [`${name}/mujoco`, `${name}/mujoco/bare-${bare.version}`];
  const of = (i: number, clock: keyof Times): number => median(times[i].map((each) => each[clock])) / (ENVS * STEPS);
  const speeds = [engineName, bareName].map((each, i) => measurement(each, 1 / of(i, "wall"), "steps/s"));
  const costs = [engineName, bareName].map((each, i) => measurement(`${each}/cpu`, 1e6 * of(i, "cpu"), "us"));
  return [...besides(speeds), ...besides(costs), ...native(name, bare.nativeModel, work, seconds, speeds[0])];
}

const besides = ([ours, other]: Measurement[]): Measurement[] => [relativeTo(other, ours), other];

function prepare(name: string): Work {
  const task = findTask(name);
  const random = streams(0);
  return {
    task,
    physics: mujocoPhysics(task.model, task.mujoco),
    starts: Array.from({ length: ENVS }, () => task.reset(random("starts"))),
    actions: randomActions(task, STEPS, ENVS),
  };
}

function timed(call: () => void): Times {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  call();
  const { user, system } = process.cpuUsage(cpu);
  return { wall: (performance.now() - wall) / 1000, cpu: (user + system) / 1e6 };
}

function engineRound({ task, starts, actions }: Work) {
  const { contextSize, sensorSize, variations } = task;
  const extras = { contextSize, sensorSize, variations, threads: 1 };
  const engine = new MujocoEngine(task.model, task.observe, ENVS, { ...task.mujoco, ...extras });
  const contexts = Float32Array.from(starts.flatMap(({ context = [] }) => context));
  const run = (): Times => {
    starts.forEach(({ q, qd }, env) => engine.setState(env, q, qd));
    return timed(() => actions.forEach((action) => engine.step(action, contexts)));
  };
  return { run, dispose: () => engine.dispose() };
}

/** Everything that has to be done anyway: controls in, mj_step. */
async function bareRound(work: Work) {
  const { task, physics, starts, actions } = work;
  const mujoco = await loadMujoco();
  const model = await compileModel(physics.text, physics.file);
  const joints = prepareModel(mujoco, model, physics);
  const nativeModel = { joints, inertia: Array.from(arrays(model).body_inertia) };
  const datas = starts.map(() => new mujoco.MjData(model));
  const { actionSize } = task;
  const motors = datas.map((data) => motorsOf(mujoco, model, data, work));
  const step = (env: number, action: Float32Array): void => {
    for (let k = 0; k < physics.steps; k++) {
      motors[env](env, action, env * actionSize);
      mujoco.mj_step(model, datas[env]);
    }
  };
  const run = (): Times => {
    datas.forEach((data, env) => place(mujoco, model, data, joints, starts[env]));
    return timed(() => {
      for (const action of actions) for (let env = 0; env < ENVS; env++) step(env, action);
    });
  };
  const dispose = (): void => [...datas, model].forEach((each) => each.delete());
  return { run, dispose, nativeModel, version: mujoco.mj_versionString() };
}

/** The task's motors without friction. */
function motorsOf(mujoco: MainModule, model: MjModel, data: MjData, { task, physics: { control } }: Work) {
  if (!control) return forceMotors(model, data)();
  const sizes = { q: 0, qd: 0, action: task.actionSize, context: 0, sensors: 0 };
  return positionMotors(mujoco, model, data, control, { sizes, context: new Float32Array() }, {})();
}

/** The joints in the task's order, and the moments of inertia by body. */
type NativeModel = { joints: JointMap[]; inertia: number[] };

function place(mujoco: MainModule, model: MjModel, data: MjData, joints: readonly JointMap[], { q, qd }: State): void {
  mujoco.mj_resetData(model, data);
  const { qpos, qvel } = arrays(data);
  toMujoco(joints, Float64Array.from(q), 0, Float64Array.from(qd), 0, qpos, qvel);
}

/** The same with the native library, for a Python that has it. */
function native(name: string, { joints, inertia }: NativeModel, work: Work, seconds: number, ours: Measurement) {
  const { task, physics, starts, actions } = work;
  if (physics.control) return []; // the peer's motors are forces
  const placed = starts.map(({ q, qd }) => {
    const [qpos, qvel] = [new Float64Array(q.length), new Float64Array(qd.length)];
    toMujoco(joints, Float64Array.from(q), 0, Float64Array.from(qd), 0, qpos, qvel);
    return { qpos: Array.from(qpos), qvel: Array.from(qvel) };
  });
  const request = {
    ...{ xml: physics.text, timestep: physics.timeStep / physics.steps, steps: physics.steps, inertia, seconds },
    ...{ starts: placed, actions: actions.map((each) => Array.from(each)), actionSize: task.actionSize },
  };
  const result = askPeer("mujoco_peer.py", request) as { version?: string; microseconds: number } | undefined;
  if (!result?.version) return [];
  const speed = measurement(`${name}/mujoco/python-${result.version}`, 1e6 / result.microseconds, "steps/s");
  return [relativeTo(ours, speed)];
}

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MjData } from "mujoco-js";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { InputError } from "@dmo-lab/input/errors";
import { packageFile } from "../../lib/project.js";
import { findTask } from "../../lib/tasks/index.js";
import type { Task } from "../../lib/tasks/task.js";
import { streams } from "../../lib/tensor/random.js";
import { temporaryFolder } from "../../tests/temporary.js";
import { build } from "../../tests/command-line.js";
import { generalizedForces } from "@dmo-lab/physics/dynamics";
import { factorize, massMatrix, solve } from "@dmo-lab/physics/mass-matrix";
import { writeMjcf } from "./mjcf-writer.js";
import { type Model } from "@dmo-lab/physics/model";
import { type KinematicTree, buildTree } from "@dmo-lab/physics/tree";
import { MujocoEngine, type MujocoOptions } from "./mujoco-engine.js";
import { compileModel, loadMujoco } from "./mujoco.js";
import { Simulator } from "@dmo-lab/physics/simulator";

beforeAll(() => build()); // threads run compiled code

const open: MujocoEngine[] = [];
afterEach(() => open.splice(0).forEach((engine) => engine.dispose()));

function start(task: Task, envs: number, options: MujocoOptions & { threads?: number } = {}): MujocoEngine {
  const engine = new MujocoEngine(task.model, task.observe, envs, options);
  open.push(engine);
  return engine;
}

test("a process that was stopped while it waited for its threads goes on", () => {
  const wait = vi.spyOn(Atomics, "wait").mockReturnValueOnce("timed-out");
  const engine = start(findTask("hopper"), 2);
  expect(wait.mock.calls.length).toBeGreaterThan(1);
  wait.mockRestore();
  expect(engine.numEnvs).toBe(2);
});

const reals = (n: number, seed: number): Float32Array => streams(seed)("test").normals(n);

/** Random states of a model, its quaternions normalised. */
function randomState(tree: KinematicTree, seed: number): { q: Float32Array; qd: Float32Array } {
  const q = reals(tree.nq, seed);
  for (const { joint, q: at } of tree.links) {
    if (joint.type !== "free" && joint.type !== "ball") continue;
    const turn = q.subarray(at + (joint.type === "free" ? 3 : 0)).subarray(0, 4);
    const norm = Math.hypot(...turn);
    turn.forEach((x, i) => (turn[i] = x / norm));
  }
  return { q, qd: reals(tree.nqd, seed + 1) };
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i])));

/** A free body, a ball joint, slides and hinges, in an order that is not MuJoCo's. */
const creature = ((): Model => {
  const { model } = JSON.parse(readFileSync(packageFile("data/reference/creature.json"), "utf8")) as { model: Model };
  const springless = model.links.map((link) => ({ ...link, joint: { ...link.joint, stiffness: 0 } }));
  const hinged = (name: string, parent: string): Model["links"][number] => {
    const joint = { type: "hinge", position: [0.1, 0, 0.2], axis: [0, 0, 1] } as const;
    return { name, parent, joint, mass: 0.3, com: [0.1, 0, 0], inertia: [0.01, 0.01, 0.01, 0, 0, 0] };
  };
  return { ...model, links: [...springless, hinged("tail", "torso"), hinged("tip", "finger")] };
})();

describe("the written MJCF", () => {
  test.each(["hopper", "cheetah", "ant", "humanoid", "cartpole"])(
    "%s: MuJoCo's accelerations are those of the differentiable simulator, inertias of the benchmark included",
    async (name) => {
      const tree = buildTree({ ...findTask(name).model, contacts: [] });
      const free = { ...tree, links: tree.links.map((l) => ({ ...l, joint: { ...l.joint, limits: undefined } })) };
      const { q, qd } = randomState(tree, 5);
      const control = reals(tree.model.actuators.length, 9).map((a) => Math.tanh(a));
      const model = await compileModel(writeMjcf(free).text, name);
      const mujoco = await loadMujoco();
      const data = new mujoco.MjData(model);
      const { joints, inertiaExcess } = writeMjcf(free);
      joints!.forEach((joint, i) => {
        const id = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_JOINT.value, joint);
        for (let k = 0; k < 3; k++) model.body_inertia[3 * model.jnt_bodyid[id] + k] -= inertiaExcess![i];
      });
      const isFree = tree.links[0].joint.type === "free";
      place(data, q, qd, isFree);
      data.ctrl.set(control);
      mujoco.mj_forward(model, data);
      const ours = solve(
        factorize(massMatrix(free, Array.from(q))),
        generalizedForces(free, Array.from(q), Array.from(qd), Array.from(control)),
      ) as number[];
      const joints0 = isFree ? 6 : 0;
      const scale = Math.max(...ours.map(Math.abs));
      expect(largest(ours.slice(joints0), data.qacc.slice(joints0)) / scale).toBeLessThan(1e-6); // the quaternion is float32
      data.delete();
      model.delete();
    },
  );

  test("what MuJoCo would simulate otherwise is refused by name", () => {
    expect(() => writeMjcf(buildTree(findTask("snu").model))).toThrow("muscles");
  });
});

/** The state of a robot whose root, if it is free, is the first link: see `engine.ts` for the conventions. */
function place(data: MjData, q: Float32Array, qd: Float32Array, isFree: boolean): void {
  data.qpos.set(q);
  data.qvel.set(qd);
  if (!isFree) return;
  const [x, y, z, w] = q.slice(3, 7);
  data.qpos.set([w, x, y, z], 3);
  const spin = qd.slice(0, 3);
  data.qvel.set(
    [0, 1, 2].map((k) => qd[3 + k] + spin[(k + 1) % 3] * q[(k + 2) % 3] - spin[(k + 2) % 3] * q[(k + 1) % 3]),
  );
  // Into the body's axes: the inverse rotation, v - 2 u x (w v - u x v) with the quaternion's vector part u.
  const u = [x, y, z];
  const cross = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    [0, 1, 2].map((k) => a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3]);
  const inner = cross(u, spin).map((c, k) => w * spin[k] - c);
  const outer = cross(u, inner);
  data.qvel.set(
    Array.from(spin, (s, k) => s - 2 * outer[k]),
    3,
  );
}

describe("the engine", () => {
  test.each(["hopper", "ant", "humanoid"])("%s in free flight agrees with the differentiable engine", (name) => {
    const task = findTask(name);
    const inFlight = { ...task.model, contacts: [] };
    const q = task.start().q.map((x, i) => (name === "hopper" && (i === 3 || i === 4) ? x - 1 : x)); // away from limits
    const qd = Float32Array.from(task.start().qd, (_, i) => 0.5 * Math.sin(3 * i + 1));
    const action = Float32Array.from({ length: task.actionSize }, (_, i) => 0.2 * Math.sin(5 * i + 2));
    const after = (engine: { step(a: Float32Array): void; observe(): Float32Array }) => {
      engine.step(action);
      return engine.observe();
    };
    const reference = (substeps: number) => {
      const engine = new Simulator({ ...inFlight, substeps, massMatrixEvery: 1 }, task.observe, 1);
      engine.setState(0, q, qd);
      return after(engine);
    };
    const mujoco = (steps: number) => {
      const engine = start({ ...task, model: inFlight }, 1, { steps });
      engine.setState(0, q, qd);
      return after(engine);
    };
    expect(largest(mujoco(4), reference(task.model.substeps))).toBeLessThan(0.1);
    expect(largest(mujoco(256), reference(256))).toBeLessThan(2e-3);
  });

  test("states that are set are read back bit for bit", () => {
    const engine = start({ ...findTask("ant"), model: creature, observe: ({ q }) => [...q] }, 3);
    const { q, qd } = randomState(buildTree(creature), 1);
    engine.setState(1, q, qd, reals(engine.actionSize, 3));
    const state = engine.state();
    expect(state.q.subarray(engine.nq, 2 * engine.nq)).toEqual(q);
    expect(state.qd.subarray(engine.nqd, 2 * engine.nqd)).toEqual(qd);
  });

  test("free and ball joints keep their conventions through a step", () => {
    // Without gravity, forces and time to speak of, only the conversions are left.
    const resting = { ...creature, gravity: [0, 0, 0] as const, timeStep: 1e-7, contacts: [] };
    const engine = start({ ...findTask("ant"), model: resting, observe: ({ q }) => [...q] }, 1, { steps: 1 });
    const { q, qd } = randomState(buildTree(resting), 1);
    engine.setState(0, q, qd);
    engine.step(new Float32Array(engine.actionSize));
    expect(largest(engine.state().q, q)).toBeLessThan(1e-5);
    expect(largest(engine.state().qd, qd)).toBeLessThan(1e-3);
  });

  test("the number of threads and the neighbours change nothing", () => {
    const task = findTask("hopper");
    const play = (envs: number, threads: number): Float32Array => {
      const engine = start(task, envs, { threads });
      const random = streams(4)("starts");
      for (let env = 0; env < envs; env++) engine.setState(env, task.reset(random).q, task.start().qd);
      for (let t = 0; t < 30; t++) engine.step(Float32Array.from({ length: envs * 3 }, (_, i) => Math.sin(i + t)));
      return engine.observe();
    };
    const one = play(24, 1);
    expect(play(24, 3)).toEqual(one);
    expect(play(8, 1)).toEqual(one.subarray(0, 8 * task.observationSize));
  });

  test("a control step starts from its state alone, without what the solver found for a neighbour", () => {
    const { text } = writeMjcf(buildTree(findTask("ant").model));
    const file = join(temporaryFolder(), "ant.xml");
    writeFileSync(file, text.replace("<option", '<option iterations="1"')); // unfinished, a solution shows where it began
    const engine = start(findTask("ant"), 2, { mjcf: file, threads: 1 });
    const { q, qd } = findTask("ant").start();
    const lying = q.map((x, i) => (i === 1 ? 0.2 : x));
    engine.setState(0, q.map((x, i) => (i === 1 ? 0.1 : x)), qd.map((_, i) => i)); // prettier-ignore
    engine.setState(1, lying, qd);
    engine.step(new Float32Array(16).fill(0.5));
    const beside = engine.state().q.slice(engine.nq);
    const alone = start(findTask("ant"), 1, { mjcf: file, threads: 1 });
    alone.setState(0, lying, qd);
    alone.step(new Float32Array(8).fill(0.5));
    expect(beside).toEqual(alone.state().q);
  });

  test("a state that explodes is not hidden", () => {
    const task = findTask("hopper");
    const engine = start(task, 1);
    engine.setState(0, task.start().q, [0, 0, 0, 1e30, 0, 0]);
    engine.step(new Float32Array(3));
    expect(engine.observe().every((x) => Math.abs(x) < 1e6)).toBe(false);
  });

  test("a file that does not fit, or is missing, is one line", () => {
    const task = findTask("hopper");
    const ant = packageFile("data/models/ant.xml");
    expect(() => start(task, 1, { mjcf: ant })).toThrow(InputError);
    expect(() => start(task, 1, { mjcf: ant })).toThrow("ant.xml: the size of its q in MuJoCo is 15, the task's is 6.");
    expect(() => start(task, 1, { mjcf: "nowhere.xml" })).toThrow("nowhere.xml: there is no such file.");
    expect(() => start(task, 1, { mjcf: packageFile("package.json") })).toThrow("not well-formed XML");
  });

  test.each(["", "engine.dispose()"])("a process ends with its threads: %s", (last) => {
    const script = `import { physics, tasks } from "./dist/api/index.js";
      const task = tasks.findTask("hopper");
      const engine = new physics.MujocoEngine(task.model, task.observe, 16, { threads: 2 });
      engine.step(new Float32Array(48));
      ${last}`;
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      timeout: 30_000,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

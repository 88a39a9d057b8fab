// Known kinematics need the change of velocities alone: given the true one and its true derivative, DMO's gradient is the
// true gradient where robots touch nothing, on both engines.
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { tinyConfig, withoutClock } from "../../tests/tiny.js";
import { RunningNormalizer } from "../dynamics/normalizer.js";
import type { DifferentiableEngine } from "@dmo-lab/physics/engine";
import type { KnownKinematics } from "@dmo-lab/physics/known-kinematics";
import { createEngine, type EngineName } from "../tasks/engines.js";
import { createEnvironment, findTask } from "../tasks/index.js";
import { defineTask } from "../tasks/define-task.js";
import type { State, Task } from "../tasks/task.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import type { Params } from "../tensor/layers.js";
import { streams } from "../tensor/random.js";
import { rows } from "../tensor/rows.js";
import { tf } from "@dmo-lab/jit/tf";
import type { Row } from "../training/metrics.js";
import { Training } from "../training/train.js";
import { initActor } from "./actor.js";
import { simulatorBackward } from "./backward.js";
import { Collector } from "./collector.js";
import { simulatorForward } from "./forward.js";
import { kinematicBackward, type ChangeBackward } from "./kinematic.js";
import { rewardObjective } from "./objective.js";
import { policyGradient } from "./policy-gradient.js";
import { rollout, type Transition } from "./rollout.js";

const ENVS = 8;
const STEPS = 5;
const GAMMA = 0.99;
const HEIGHT = 3; // m, above the start: nothing is touched on the way down
const stream = streams(3);
const disposables: { dispose?(): void }[] = [];
afterEach(() => disposables.splice(0).forEach((each) => each.dispose?.()));
beforeAll(async () => {
  await useBackend();
});

/** A task in the air, whose observation tells the state before all else. */
function inTheAir(name: string): Task {
  const task = findTask(name);
  const { q, qd } = task.start();
  const state = q.length + qd.length;
  const lift = (at: State): State => ({ ...at, q: at.q.map((x, i) => (i === 1 ? x + HEIGHT : x)) });
  return defineTask({
    ...task,
    observation: [{ name: "state", size: state, unit: "1" }, ...task.observation],
    observe: (at) => [...at.q, ...at.qd, ...task.observe(at)],
    rewardTerms: { reward: { weight: 1, term: (obs, ...more) => task.reward(tf.slice(obs, [0, state]), ...more) } },
    ends: {},
    start: () => lift(task.start()),
    reset: (random) => lift(task.reset(random)),
  });
}

function setting(name: string, engineName: EngineName) {
  const task = inTheAir(name);
  const environment = createEnvironment(task, ENVS, stream("environment"), engineName);
  disposables.push(environment);
  const { engine } = environment;
  const normalizer = new RunningNormalizer(task.observationSize);
  const collector = new Collector(environment, normalizer);
  const random = stream("noise");
  for (let t = 0; t < 2; t++) collector.step(random.normals(ENVS * task.actionSize).map(Math.tanh));
  const frozen = normalizer.tensors();
  const start = environment.save();
  const noise = Array.from({ length: STEPS }, () => rows(ENVS, random.normals(ENVS * task.actionSize)));
  const roll = (actor: Params, count = STEPS) => {
    environment.load(start);
    return rollout(actor, frozen, simulatorForward(collector), noise.slice(0, count));
  };
  const actor = initActor(task.observationSize, [16, 16], task.actionSize, stream("actor"));
  const kinematics = engine.kinematics(task);
  return { task, engine, collector, actor, frozen, roll, kinematics };
}

/** The true derivative of the change of velocities, by differences of single steps; nothing of what integration leaves over. */
function trueChange(task: Task, engineName: EngineName, kinematics: KnownKinematics): ChangeBackward {
  const engine = createEngine(task, ENVS, engineName);
  disposables.push(engine);
  const { nq, nqd, actionSize } = engine;
  const part = (values: Float32Array, env: number, size: number) => values.subarray(env * size, (env + 1) * size);
  const changeAt = (q: Float32Array, qd: Float32Array, action: Float32Array): Float32Array => {
    for (let env = 0; env < ENVS; env++) engine.setState(env, part(q, env, nq), part(qd, env, nqd));
    const before = { ...engine.state(), obs: engine.observe() };
    engine.step(action);
    return kinematics.change(before, { ...engine.state(), obs: engine.observe() });
  };
  return ({ coordinates: { q, qd }, actions: { action }, obs, memory }, gradient) => {
    const a = action.dataSync() as Float32Array;
    const g = gradient.change.dataSync();
    const sizes = { q: nq, qd: nqd, a: actionSize };
    const derivative = (name: keyof typeof sizes): Float32Array => {
      const [at, size] = [{ q, qd, a }, sizes[name]];
      const result = new Float32Array(ENVS * size);
      for (let j = 0; j < size; j++) {
        const [up, down] = [EPSILON, -EPSILON].map((by) => {
          const moved = { ...at, [name]: at[name].map((x, i) => (i % size === j ? x + by : x)) };
          return changeAt(moved.q, moved.qd, moved.a);
        });
        for (let env = 0; env < ENVS; env++)
          for (let k = env * kinematics.size; k < env * kinematics.size + nqd; k++)
            result[env * size + j] += (g[k] * (up[k] - down[k])) / (2 * EPSILON);
      }
      return result;
    };
    const state = tf.concat([rows(ENVS, derivative("q")), rows(ENVS, derivative("qd"))], 1);
    const rest = tf.zeros<tf.Rank.R2>([ENVS, obs.shape[1] - nq - nqd]);
    return { obs: tf.concat([state, rest], 1), action: rows(ENVS, derivative("a")), memory };
  };
}

const EPSILON = 5e-3;

const flat = (grads: Params): Float32Array =>
  tf.concat(Object.values(grads).map((g) => g.flatten())).dataSync() as Float32Array;
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);

describe("given the true changes of velocities", () => {
  it.each(["hopper", "ant", "humanoid"])("the gradient is the true one on %s", (name) => {
    const { task, engine, actor, frozen, roll, kinematics } = setting(name, "differentiable");
    const backward = kinematicBackward(kinematics, trueChange(task, "differentiable", kinematics), task);
    const truth = simulatorBackward(engine as DifferentiableEngine, task);
    truth.begin(STEPS);
    backward.begin(STEPS);
    const steps = roll(actor);
    const [a, b] = [truth, backward].map((each) => {
      const gradient = policyGradient(rewardObjective(task), each, GAMMA);
      return flat(gradient(steps, actor, { targets: [], normalizer: frozen }).grads);
    });
    expect(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))).toBeGreaterThan(0.995);
    expect(Math.sqrt(dot(b, b) / dot(a, a))).toBeCloseTo(1, 1.7);
  });

  // MuJoCo's limits of joints come and go: a robot where none does in the difference is one that counts, so the median.
  it.each(["hopper", "ant"])("it is that of MuJoCo on %s, by differences of the return", (name) => {
    const { task, actor, roll, collector, kinematics } = setting(name, "mujoco");
    const backward = kinematicBackward(kinematics, trueChange(task, "mujoco", kinematics), task);
    backward.begin(STEPS);
    const steps = roll(actor);
    const back = (t: number): tf.Tensor2D => {
      const { nextObs, actions, context } = steps[t];
      const reward = ({ nextObs, actions }: Pick<Transition, "nextObs" | "actions">) =>
        tf.sum<tf.Scalar>(task.reward(nextObs, actions, context));
      const { grad } = valueAndGrad(reward, { nextObs, actions });
      return grad.actions.action.add(backward.back(t, steps[t], { obs: grad.nextObs, memory: [] }));
    };
    const gradient = steps.map((_, i) => back(STEPS - 1 - i))[STEPS - 1].dataSync() as Float32Array;

    const first = steps[0].actions.action.dataSync();
    const direction = stream("direction").normals(first.length);
    const returns = (by: number): Float32Array => {
      roll(actor, 0);
      const rewards = steps.map(({ actions }, t) => {
        const action = t === 0 ? first.map((a, i) => a + by * direction[i]) : actions.action.dataSync();
        return collector.step(Float32Array.from(action)).reward;
      });
      return rewards.reduce((sum, r) => sum.map((x, i) => x + r[i]));
    };
    const [up, down] = [returns(EPSILON), returns(-EPSILON)];
    const errors = Array.from(up, (r, i) => {
      const part = (values: Float32Array) => values.subarray(i * task.actionSize, (i + 1) * task.actionSize);
      const predicted = dot(part(gradient), part(direction));
      return Math.abs((r - down[i]) / (2 * EPSILON) / predicted - 1);
    }).sort((x, y) => x - y);
    expect(errors[Math.floor(ENVS / 2)]).toBeLessThan(0.05);
  });
});

describe("runs", () => {
  const rowsOf = async (algorithm: "dmo" | "imagination", ...settings: string[]) => {
    const training = new Training(tinyConfig(algorithm, 4, "dynamics.prediction=kinematic", ...settings));
    disposables.push(training);
    const rows: Row[] = [];
    for await (const row of training.rows()) rows.push(row);
    return { rows: withoutClock(rows), training };
  };

  it.each([
    ["dmo", []],
    ["imagination", []],
    ["dmo", ["dynamics.recurrent.width=8", "dynamics.recurrent.sequence=5"]],
    ["dmo", ["forward=model", "critic.forward=model", "reward=learned"]],
  ] as const)(
    "%s %s fits its model, and goes on from a checkpoint as if it had not stopped",
    async (name, settings) => {
      const { rows } = await rowsOf(name, ...settings);
      expect(rows[3].model_loss!).toBeLessThan(rows[0].model_loss!);
      const config = (epochs: number) => tinyConfig(name, epochs, "dynamics.prediction=kinematic", ...settings);
      const [first, second] = [new Training(config(2)), new Training(config(4))];
      disposables.push(first, second);
      for await (const _ of first.rows());
      second.load(first.save() as never);
      const rest: Row[] = [];
      for await (const row of second.rows()) rest.push(row);
      expect(withoutClock(rest)).toEqual(rows.slice(2));
    },
  );

  it("MAAC, whose rollouts are one graph, says that it has no such model", () => {
    expect(() => new Training(tinyConfig("maac", 1, "dynamics.prediction=kinematic"))).toThrow(
      'setting dynamics.prediction is "kinematic"; allowed for MAAC: residual, absolute.',
    );
  });
});

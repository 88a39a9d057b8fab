// A model that is exact makes DMO's gradient the true one: it maps the observation to the state, steps the simulator and
// observes. Its Jacobians come from a second simulator, one step at a time.
import { beforeAll, describe, expect, it } from "vitest";
import { tinyConfig, withoutClock } from "../../tests/tiny.js";
import { RunningNormalizer } from "../../lib/dynamics/normalizer.js";
import { initDynamics } from "../../lib/dynamics/model.js";
import { Simulator } from "@dmo-lab/physics/simulator";
import { createEnvironment, findTask } from "../../lib/tasks/index.js";
import type { Task } from "../../lib/tasks/task.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import "../../robots/index.js";
import { resolveConfig } from "../../lib/training/config.js";
import type { Row } from "../../lib/training/metrics.js";
import { Training } from "../../lib/training/train.js";
import { initActor } from "../../lib/algorithms/actor.js";
import { simulatorBackward, type Backward } from "../../lib/algorithms/backward.js";
import { Collector } from "../../lib/algorithms/collector.js";
import { initCritic } from "../../lib/algorithms/critic.js";
import { simulatorForward } from "../../lib/algorithms/forward.js";
import { comparison, GradientProbe, spread } from "./gradient-quality.js";
import { rewardAndValueObjective } from "../../lib/algorithms/objective.js";
import { policyGradient, robotGradients } from "../../lib/algorithms/policy-gradient.js";
import { rollout } from "../../lib/algorithms/rollout.js";

const ENVS = 6;
const stream = streams(3);

beforeAll(async () => {
  await useBackend();
});

/** The state of an observation, and the gradient at the observation of one at the state. */
type Inverse = {
  state: (obs: number[]) => { q: number[]; qd: number[] };
  pull: (g: { q: number[]; qd: number[] }, obs: number[]) => number[];
};

const inverses: { [task: string]: Inverse } = {
  cartpole: {
    state: ([x, velocity, sin, cos, rate]) => ({ q: [x, Math.atan2(sin, cos)], qd: [velocity, rate] }),
    pull: ({ q: [gx, gAngle], qd: [gVelocity, gRate] }, [, , sin, cos]) => [
      gx,
      gVelocity,
      gAngle * cos,
      -gAngle * sin,
      gRate,
    ],
  },
  // where the robot is along the floor changes nothing
  hopper: {
    state: (obs) => ({ q: [0, ...obs.slice(0, 5)], qd: obs.slice(5) }),
    pull: ({ q, qd }) => [...q.slice(1), ...qd],
  },
};

/** The backward pass through the exact model. */
function exactModelBackward(task: Task, { state, pull }: Inverse): Backward {
  const simulator = new Simulator(task.model, task.observe, ENVS);
  let carry: Float32Array | undefined;
  return {
    begin: () => (carry = undefined),
    back: (_t, { obs, actions, running }, { obs: direct }) => {
      const later = carry ? tf.tensor2d(carry, direct.shape).mul(running) : tf.zerosLike(direct);
      const rows = obs.arraySync();
      rows.forEach((row, env) => {
        const { q, qd } = state(row);
        simulator.setState(env, q, qd);
      });
      simulator.startTape(1);
      simulator.step(actions.action.dataSync());
      const into = direct.add(later).dataSync() as Float32Array;
      const gAction = simulator.back(0, into, new Uint8Array(ENVS));
      const { q, qd } = simulator.stateGradient();
      const row = (values: Float32Array, env: number) =>
        Array.from(values.subarray((env * values.length) / ENVS, ((env + 1) * values.length) / ENVS));
      carry = Float32Array.from(rows.flatMap((o, env) => pull({ q: row(q, env), qd: row(qd, env) }, o)));
      return tf.tensor2d(gAction, actions.action.shape);
    },
    dropped: () => 0,
  };
}

/** Environments that have moved, an untrained policy and critic, and a normaliser that has seen them. */
function setting(name: string) {
  const task = findTask(name);
  const environment = createEnvironment(task, ENVS, stream("environment"));
  const normalizer = new RunningNormalizer(task.observationSize);
  const collector = new Collector(environment, normalizer);
  const random = stream("moves");
  for (let t = 0; t < 20; t++) collector.step(random.normals(ENVS * task.actionSize).map(Math.tanh));
  const actor = initActor(task.observationSize, [16, 16], task.actionSize, stream("actor"));
  const target = initCritic(task.observationSize, [16], stream("critic"));
  const noise = Array.from({ length: 8 }, () =>
    tf.tensor2d(random.normals(ENVS * task.actionSize), [ENVS, task.actionSize]),
  );
  return { task, environment, collector, frozen: normalizer.tensors(), actor, target, noise };
}

describe.each(["cartpole", "hopper"])("on %s", (name) => {
  it("DMO with an exact model gives the true gradient", () => {
    const { task, environment, collector, frozen, actor, target, noise } = setting(name);
    const truth = simulatorBackward(environment.engine as never, task);
    const exact = exactModelBackward(task, inverses[name]);
    truth.begin(noise.length);
    exact.begin(noise.length);
    const steps = rollout(actor, frozen, simulatorForward(collector), noise);
    const [a, b] = [truth, exact].map((backward) => {
      const { grads } = policyGradient(rewardAndValueObjective(task), backward, 0.99)(steps, actor, {
        targets: [target],
        normalizer: frozen,
      });
      return tf.concat(Object.values(grads).map((g) => g.flatten())).dataSync() as Float32Array;
    });
    const { cosine, normRatio } = comparison(b, a);
    expect(cosine).toBeGreaterThan(1 - 1e-6);
    expect(Math.abs(normRatio - 1)).toBeLessThan(1e-3);
  });

  it("the probe compares at the states it is given, and gives the same again", () => {
    const { task, environment, frozen, actor, target, noise } = setting(name);
    const probe = new GradientProbe(task, { ...resolveConfig(name, "dmo", 0), envs: ENVS });
    const params = initDynamics(task.observationSize, task.actionSize, [16, 16], stream("model"));
    const constants = { targets: [target], normalizer: frozen, temperature: tf.scalar(0), reward: {} };
    const point = { start: environment.save(), actor, model: { params, normalizer: frozen, reward: {} }, constants };
    const first = probe.compare(point, noise);
    expect(probe.compare(point, noise)).toEqual(first);
    expect(first.dmo.cosine).toBeLessThan(0.999); // the model knows nothing yet
    expect(first.imagination.cosine).not.toBeCloseTo(first.dmo.cosine, 3);
    const short = probe.compare(point, noise.slice(0, 1));
    expect(short.trueNorm).not.toBeCloseTo(first.trueNorm, 3);
    probe.dispose();
  });
});

it("a gradient is the sum of its robots' parts, each of which is that of a robot alone", () => {
  const { task, environment, collector, frozen, actor, target, noise } = setting("hopper");
  const backward = simulatorBackward(environment.engine as never, task);
  backward.begin(noise.length);
  const steps = rollout(actor, frozen, simulatorForward(collector), noise);
  const constants = { targets: [target], normalizer: frozen };
  const objective = rewardAndValueObjective(task);
  const { grads, actions } = policyGradient(objective, backward, 0.99)(steps, actor, constants);
  const split = robotGradients(objective, 0.99);
  const robots = split(steps, actor, constants, actions);
  expect(robots).toHaveLength(ENVS);
  const whole = tf.concat(Object.values(grads).map((g) => g.flatten())).dataSync();
  const sum = robots.reduce((a, b) => a.map((x, i) => x + b[i]));
  const largest = Math.max(...whole.map(Math.abs));
  whole.forEach((x, i) => expect(Math.abs(sum[i] - x)).toBeLessThan(1e-5 * largest));
  const silent = actions.map((g) => tf.mul<tf.Tensor2D>(g, tf.tensor2d([1, 0, 0, 0, 0, 0], [ENVS, 1]))); // nothing is asked of the others
  const alone = split(steps, actor, constants, silent);
  expect(alone[0]).toEqual(robots[0]);
  expect(Math.max(...alone[1].map(Math.abs))).toBe(0);
});

it("the spread of robots leaves out those that have no gradient", () => {
  const robots = [0.1, 0.5, NaN, 0.9, 0.7, 0.3].map((cosine) => ({ cosine, normRatio: cosine * 2 }));
  const { cosine, normRatio } = spread(robots);
  expect([cosine.lower, cosine.median, cosine.upper, normRatio]).toEqual([0.3, 0.5, 0.7, 1]);
});

it("models are fitted beside a policy that follows the true gradient, and it is the same whatever they are", async () => {
  const recipe = (...more: string[]) => {
    const beside = ["backward=simulator", "dynamics.gradientEvery=1", ...more];
    return new Training(tinyConfig("dmo", 3, ...beside));
  };
  const runs = [recipe(), recipe("dynamics.prediction=kinematic", "dynamics.updates=7")];
  const rows = await Promise.all(
    runs.map(async (run) => {
      const rows: Row[] = [];
      for await (const row of run.rows()) rows.push(row);
      run.dispose();
      return rows;
    }),
  );
  const same = rows.map((run) => run.map(({ actor_loss, true_gradient_norm }) => [actor_loss, true_gradient_norm]));
  expect(same[1]).toEqual(same[0]);
  expect(rows[1][2].model_loss).not.toBe(rows[0][2].model_loss);
  expect(rows[1][2].dmo_cosine).not.toBe(rows[0][2].dmo_cosine);
});

it("compares directions and lengths", () => {
  expect(comparison(Float32Array.of(0, 2), Float32Array.of(0, 1))).toEqual({ cosine: 1, normRatio: 2 });
  expect(comparison(Float32Array.of(3, 0), Float32Array.of(0, -1))).toEqual({ cosine: 0, normRatio: 3 });
});

it("the log of a run fills its columns in the epochs it is asked for, and changes nothing else", async () => {
  const rowsOf = async (...more: string[]): Promise<Row[]> => {
    const training = new Training(tinyConfig("dmo", 3, ...more));
    const rows: Row[] = [];
    for await (const row of training.rows()) rows.push(row);
    training.dispose();
    return withoutClock(rows);
  };
  const [plain, logged] = [await rowsOf(), await rowsOf("dynamics.gradientEvery=2")];
  const each = ["cosine", "norm_ratio", "cosine_lower", "cosine_median", "cosine_upper", "norm_ratio_median"];
  const columns = [
    "true_gradient_norm",
    ...["dmo", "imagination"].flatMap((of) => each.map((name) => `${of}_${name}`)),
  ];
  expect(logged.map((row) => columns.filter((name) => name in row).length)).toEqual([13, 0, 13]);
  const others = (row: Row): Row => Object.fromEntries(Object.entries(row).filter(([name]) => !columns.includes(name)));
  expect(logged.map(others)).toEqual(plain);
});

it("a task or a model without a true gradient to compare with is refused", () => {
  expect(() => new GradientProbe(findTask("allegro"), resolveConfig("allegro", "dmo", 0))).toThrow(
    /no differentiable engine/,
  );
  expect(() => new GradientProbe(findTask("humanoid"), resolveConfig("humanoid", "dmo", 0))).toThrow(
    /recurrent.width has to be 0/,
  );
});

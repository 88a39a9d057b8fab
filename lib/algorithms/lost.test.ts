// A state beyond its task's limit: an early end with reward 0, whose gradients vanish and are counted.
import { beforeAll, describe, expect, it } from "vitest";
import { expectClose, flat } from "../../tests/reference.js";
import { initDynamics } from "../dynamics/model.js";
import { RunningNormalizer } from "../dynamics/normalizer.js";
import { ReplayBuffer, transitionColumns } from "../dynamics/replay-buffer.js";
import type { DifferentiableEngine } from "@dmo-lab/physics/engine";
import { createEnvironment, findTask } from "../tasks/index.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { initActor } from "./actor.js";
import { type Backward, modelBackward, simulatorBackward } from "./backward.js";
import { Collector } from "./collector.js";
import { initCritic } from "./critic.js";
import { simulatorForward } from "./forward.js";
import { kinematicBackward, learnedChangeBackward } from "./kinematic.js";
import { rewardAndValueObjective } from "./objective.js";
import { policyGradient } from "./policy-gradient.js";
import { rollout } from "./rollout.js";

const task = findTask("humanoid");
const { observationSize: obs, actionSize: act } = task;
const stream = streams(5);

beforeAll(async () => {
  await useBackend();
});

/** One step of `count` humanoids, the last of which may fly apart, and its gradient summed over them. */
function step(count: number, apart: boolean, backwardOf: (engine: DifferentiableEngine) => Backward) {
  const environment = createEnvironment(task, count, streams(6)("environment"));
  const replay = new ReplayBuffer(100, transitionColumns(obs, act));
  const collector = new Collector(environment, new RunningNormalizer(obs), replay);
  const { q, qd } = task.start();
  if (apart) environment.move(count - 1, { q, qd: qd.with(20, 1e7) });
  const [actor, target] = [initActor(obs, [16], act, streams(7)("a")), initCritic(obs, [16], streams(8)("c"))];
  const normalizer = collector.normalizer.tensors();
  const backward = backwardOf(environment.engine as DifferentiableEngine);
  backward.begin(1);
  const noise = tf.tensor2d(streams(9)("noise").normals(count * act), [count, act]);
  const steps = rollout(actor, normalizer, simulatorForward(collector), [noise]);
  const { grads } = policyGradient(rewardAndValueObjective(task), backward, 0.99)(steps, actor, {
    targets: [target],
    normalizer,
  });
  environment.dispose();
  return { transition: steps[0], grads: flat(grads).map((g) => g * count), dropped: backward.dropped(), replay };
}

const model = () => ({
  params: initDynamics(obs, act, [16, 16], stream("model")),
  normalizer: new RunningNormalizer(obs).tensors(),
});
const backwards: Record<string, () => (engine: DifferentiableEngine) => Backward> = {
  "the simulator's adjoint": () => (engine) => simulatorBackward(engine, task),
  "the learned model's": () => {
    const learned = model();
    return () => modelBackward("residual", () => learned, task);
  },
  "known kinematics and the learned model's": () => {
    const params = initDynamics(obs, act, [16, 16], stream("model"), 0, 2 * task.start().qd.length);
    const learned = { ...model(), params };
    const through = learnedChangeBackward(() => learned);
    return (engine) => kinematicBackward(engine.kinematics(task), through, task);
  },
};

describe.each(Object.entries(backwards))("%s", (name, make) => {
  it("gives the gradient of the others", () => {
    const backwardOf = make();
    const [three, four] = [step(3, false, backwardOf), step(4, true, backwardOf)];
    expect([...three.transition.lost, ...three.transition.terminated]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...four.transition.lost]).toEqual([0, 0, 0, 1]);
    expect([...four.transition.terminated]).toEqual([0, 0, 0, 1]);
    expect(four.transition.reward[3]).toBe(0);
    const rows = (x: tf.Tensor2D) => [...x.dataSync().slice(3 * obs)];
    expect(rows(four.transition.nextObs).every((x) => x === 0)).toBe(true);
    expect(rows(four.transition.resetObs)[0]).toBeCloseTo(1.35, 0);
    expect(Math.hypot(...three.grads)).toBeGreaterThan(0);
    expectClose(four.grads, three.grads, 1e-5);
    if (name.startsWith("the simulator")) expect(four.dropped).toBeGreaterThan(0);
    expect(three.dropped).toBe(0);
    expect([three.replay.size, four.replay.size]).toEqual([3, 3]);
  });
});

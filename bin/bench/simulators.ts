/** Environments without a policy: physics, observation, reward, end of episode and reset. */
import { isDifferentiable, type DifferentiableEngine } from "@dmo-lab/physics/engine";
import type { Step } from "../../lib/tasks/environment.js";
import { createEnvironment, findTask } from "../../lib/tasks/index.js";
import type { Task } from "../../lib/tasks/task.js";
import { jit } from "@dmo-lab/jit/jit";
import { streams } from "../../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import { measurement, medianMilliseconds, type Measurement } from "./measure.js";

const ENVS = 256;
const STEPS = 32;

/** Environment steps a second with random actions. */
export function forwardSpeed(taskName: string, seconds: number): Measurement {
  const { environment, actions } = setUp(taskName);
  const milliseconds = medianMilliseconds(() => actions.forEach((action) => environment.step(action)), seconds);
  environment.dispose();
  return measurement(`${taskName}/forward`, (ENVS * STEPS) / (milliseconds / 1000), "steps/s");
}

/** The same with every step recorded and differentiated: the gradient of the summed reward at all actions. */
export function adjointSpeed(taskName: string, seconds: number): Measurement {
  const { environment, actions } = setUp(taskName);
  const { task, engine } = environment;
  if (!isDifferentiable(engine)) throw new Error(`${taskName} has no differentiable engine.`);
  const gradient = rewardGradient(task);
  const milliseconds = medianMilliseconds(() => {
    engine.startTape(STEPS);
    const results = actions.map((action) => environment.step(action));
    walkBack(engine, results, gradient(results, actions));
  }, seconds);
  environment.dispose();
  gradient.dispose();
  return measurement(`${taskName}/adjoint`, (ENVS * STEPS) / (milliseconds / 1000), "steps/s");
}

function setUp(taskName: string) {
  const random = streams(0);
  const task = findTask(taskName);
  const environment = createEnvironment(task, ENVS, random("environment"));
  environment.reset();
  return { environment, actions: randomActions(task, STEPS, ENVS) };
}

/** Actions `[step][env * action]`, the same every time. */
export function randomActions({ actionSize }: Task, steps: number, envs: number): Float32Array[] {
  const stream = streams(0)("actions");
  const ofStep = (): Float32Array => Float32Array.from({ length: envs * actionSize }, () => stream.uniform(-1, 1));
  return Array.from({ length: steps }, ofStep);
}

/** The rewards' gradient at all observations [step * env * obs] (and actions, which costs the same and is dropped). */
function rewardGradient(task: Task) {
  const differentiate = jit("reward gradient", (nextObs: tf.Tensor2D, action: tf.Tensor2D) => {
    const reward = (x: { nextObs: tf.Tensor2D; action: tf.Tensor2D }): tf.Scalar => {
      const zeros = tf.zerosLike(x.action);
      return task.reward(x.nextObs, { action: x.action, previous: zeros, beforePrevious: zeros }, {}).sum();
    };
    return valueAndGrad(reward, { nextObs, action }).grad;
  });
  const call = (results: readonly Step[], actions: readonly Float32Array[]): Float32Array =>
    tf.tidy(() => {
      const obs = tf.tensor2d(joined(results.map((result) => result.nextObs)), [STEPS * ENVS, task.observationSize]);
      const action = tf.tensor2d(joined(actions), [STEPS * ENVS, task.actionSize]);
      return differentiate(obs, action).nextObs.dataSync() as Float32Array;
    });
  return Object.assign(call, { dispose: () => differentiate.dispose() });
}

function walkBack(engine: DifferentiableEngine, results: readonly Step[], gradient: Float32Array): void {
  const size = ENVS * engine.observationSize;
  for (let t = STEPS - 1; t >= 0; t--) {
    engine.back(t, gradient.subarray(t * size, (t + 1) * size), results[t].ended);
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.length * parts[0].length);
  parts.forEach((part, i) => all.set(part, i * part.length));
  return all;
}

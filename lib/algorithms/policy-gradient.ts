// The backward pass of every first-order method: the gradient of
//   loss = -(1 / (horizon * robots)) * sum over segments of (sum_k gamma^k r_k + gamma^n v)
// with respect to the actor, walked from the last step to the first. A segment ends with its episode or the rollout.
// What r_k and v are is a value, the StepObjective.
import { normalize, normalizerOf } from "../dynamics/normalizer.js";
import type { ActorPart, Context } from "../tasks/task.js";
import { valueAndGrad, vjp } from "@dmo-lab/jit/grad";
import { jit } from "@dmo-lab/jit/jit";
import type { Params } from "../tensor/layers.js";
import { swap } from "../tensor/swap.js";
import { tf } from "@dmo-lab/jit/tf";
import { mapTree } from "@dmo-lab/jit/tree";
import type { Backward } from "./backward.js";
import type { Bootstrap, StepInputs, StepObjective, StepWeights } from "./objective.js";
import type { Transition } from "./rollout.js";

/** Weights of each step's `reward` and terminal `value` in the loss, [t][robots]. */
export type SegmentWeights = { reward: Float32Array[]; value: Float32Array[] };

/** In T `steps` of N robots -gamma^k / (T N) for rewards (k from a segment's start; 0 if lost), -gamma^n / (T N) for values where cut, else 0. */
export function segmentWeights(
  steps: readonly Pick<Transition, "terminated" | "lost" | "truncated" | "ended">[],
  gamma: number,
): SegmentWeights {
  const robots = steps[0].terminated.length;
  const scale = -1 / (steps.length * robots);
  const discount = new Float64Array(robots).fill(scale);
  const weights: SegmentWeights = { reward: [], value: [] };
  steps.forEach(({ terminated, lost, truncated, ended }, t) => {
    weights.reward.push(Float32Array.from(discount, (d, i) => (lost[i] ? 0 : d)));
    const atHorizon = t === steps.length - 1;
    weights.value.push(
      Float32Array.from(discount, (d, i) => (!terminated[i] && (truncated[i] || atHorizon) ? d * gamma : 0)),
    );
    discount.forEach((d, i) => (discount[i] = ended[i] ? scale : d * gamma));
  });
  return weights;
}

/** Gradients that later steps leave for step t: at its next observation (through the policy) and at its last two actions. */
type Later = { obs: tf.Tensor2D; previous: tf.Tensor2D; beforePrevious: tf.Tensor2D };

/** The `loss`, and its gradient with respect to the actor (`grads`), before clipping, and to each step's `actions` [robots, act]. */
export type PolicyGradient = { loss: tf.Scalar; grads: Params; actions: tf.Tensor2D[] };

/**
 * Builds the backward pass for one `objective`, a `backward` and the discount `gamma`; call the result inside tf.tidy.
 * `actorPart` is what the actor sees of an observation but for the noise of its sensors, which is a constant.
 */
export function policyGradient<B extends Bootstrap>(
  objective: StepObjective<B>,
  backward: Backward,
  gamma: number,
  actorPart: ActorPart = (obs) => obs,
) {
  const throughOutcome = outcomeBackward(objective);
  const throughPolicy = policyBackward(objective, actorPart);
  return (steps: readonly Transition[], actor: Params, bootstrap: B): PolicyGradient => {
    const weights = segmentWeights(steps, gamma);
    let grads = mapTree(actor, (p) => tf.zerosLike(p));
    let loss = tf.scalar(0);
    let later = nothingLater(steps[0]);
    const byAction: tf.Tensor2D[] = [];
    for (let t = steps.length - 1; t >= 0; t--) {
      const { obs, seen, noise, nextObs, nextMemory, actions, context, running } = steps[t];
      const next = { obs: nextObs, memory: nextMemory };
      const w = { reward: tf.tensor1d(weights.reward[t]), value: tf.tensor1d(weights.value[t]) };
      const at = throughOutcome({ next, actions }, context, w, bootstrap, later, running);
      const gAction = tf.add<tf.Tensor2D>(at.action, backward.back(t, steps[t], at.next));
      const policy = throughPolicy(actor, { obs, seen, noise }, w, bootstrap, gAction, grads);
      later = { obs: policy.obs, previous: at.previous, beforePrevious: at.beforePrevious };
      grads = policy.grads;
      byAction[t] = gAction;
      loss = loss.add(at.loss).add(policy.loss);
    }
    return { loss, grads, actions: byAction };
  };
}

/**
 * Builds what splits a policy gradient into its robots' parts, [robots][parameters], by the gradients at their actions; call
 * the result inside tf.tidy.
 */
export function robotGradients<B extends Bootstrap>(
  objective: StepObjective<B>,
  gamma: number,
  actorPart: ActorPart = (obs) => obs,
) {
  const throughPolicy = policyBackward(objective, actorPart);
  return (steps: readonly Transition[], actor: Params, bootstrap: B, actions: readonly tf.Tensor2D[]) => {
    const weights = segmentWeights(steps, gamma);
    const none = mapTree(actor, (p) => tf.zerosLike(p));
    const byRobot = (x: readonly tf.Tensor2D[]) => tf.unstack(tf.stack(x as tf.Tensor2D[], 1)) as tf.Tensor2D[];
    const column = (x: Float32Array[], i: number) => tf.tensor1d(Float32Array.from(x, (row) => row[i]));
    const [obs, seen, noise] = (["obs", "seen", "noise"] as const).map((part) => byRobot(steps.map((s) => s[part])));
    return byRobot(actions).map((gAction, i) => {
      const w = { reward: column(weights.reward, i), value: column(weights.value, i) };
      const at = { obs: obs[i], seen: seen[i], noise: noise[i] };
      const { grads } = throughPolicy(actor, at, w, bootstrap, gAction, none);
      return flattened(grads);
    });
  };
}

/** A gradient as one vector. */
export const flattened = (grads: Params): Float32Array =>
  tf.concat(Object.values(grads).map((g) => g.flatten())).dataSync() as Float32Array;

const nothingLater = ({ obs, actions: { action } }: Transition): Later => ({
  obs: tf.zerosLike(obs),
  previous: tf.zerosLike(action),
  beforePrevious: tf.zerosLike(action),
});

/** A step's outcome in the loss, and the gradient at its next observation and actions; what later steps leave ends with an episode. */
const outcomeBackward = <B extends Bootstrap>({ outcome }: StepObjective<B>) =>
  jit(
    "direct gradient",
    (inputs: StepInputs, context: Context, weights: StepWeights, bootstrap: B, later: Later, running: tf.Tensor2D) => {
      const { value: loss, grad } = valueAndGrad((x: StepInputs) => outcome(x, context, weights, bootstrap), inputs);
      const owed = (g: tf.Tensor2D, fromLater: tf.Tensor2D): tf.Tensor2D => tf.add(g, tf.mul(fromLater, running));
      return {
        loss,
        next: { obs: owed(grad.next.obs, later.obs), memory: grad.next.memory },
        action: owed(grad.actions.action, later.previous),
        previous: owed(grad.actions.previous, later.beforePrevious),
        beforePrevious: grad.actions.beforePrevious,
      };
    },
  );

/** From the gradient at a step's action to those at the actor, added to `sum`, and at the observation. */
const policyBackward = <B extends Bootstrap>({ decision }: StepObjective<B>, actorPart: ActorPart) =>
  jit(
    "policy backward",
    (
      actor: Params,
      { obs, seen, noise }: { obs: tf.Tensor2D; seen: tf.Tensor2D; noise: tf.Tensor2D },
      weights: StepWeights,
      bootstrap: B,
      gAction: tf.Tensor2D,
      sum: Params,
    ) => {
      const at = { actor, obs };
      const decide = (x: typeof at) => {
        const normalized = normalize(swap(actorPart(x.obs), seen), normalizerOf(actorPart, bootstrap.normalizer));
        return decision({ ...x, normalized, noise }, weights, bootstrap);
      };
      const { value, grad } = vjp(decide, at, { action: gAction, loss: tf.scalar(1) });
      const grads = Object.fromEntries(Object.entries(sum).map(([name, s]) => [name, s.add(grad.actor[name])]));
      return { loss: value.loss, obs: grad.obs, grads };
    },
  );

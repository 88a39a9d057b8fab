// SAC (Haarnoja et al. 2018, arXiv 1812.05905). After every step of all environments, on a batch of the replay buffer:
//   Q_i    descends mean (Q_i(s, a) - y)^2,  y = r + gamma (1 - terminated) (min_j target_j(s', a') - alpha log pi(a'|s'))
//   pi     descends mean (alpha log pi(a|s) - min_i Q_i(s, a)),  a = tanh(mu(s) + sigma(s) noise)
//   alpha  descends -alpha mean (log pi(a|s) + target entropy),  target entropy = -dim(a)
//   target_i <- (1 - tau) target_i + tau Q_i
import { count, fraction, keysOf, pick, type Values } from "@dmo-lab/input/setting";
import { normalize, type NormalizerTensors } from "../lib/dynamics/normalizer.js";
import type { OutcomeBatch } from "../lib/dynamics/replay-buffer.js";
import type { Task } from "../lib/tasks/task.js";
import { descend, globalNorm, untrained, type Trained } from "../lib/tensor/adam.js";
import { lossAndGrad, valueAndGrad } from "@dmo-lab/jit/grad";
import { jit } from "@dmo-lab/jit/jit";
import type { Params } from "../lib/tensor/layers.js";
import { initNetwork } from "../lib/tensor/networks.js";
import type { RandomStream } from "../lib/tensor/random.js";
import { NOTHING } from "../lib/tensor/state.js";
import { tf } from "@dmo-lab/jit/tf";
import { cloneTree, leaves, type Tree } from "@dmo-lab/jit/tree";
import { moveTarget } from "../lib/algorithms/critic.js";
import { actorSettings, criticSettings, temperatureSettings } from "../lib/algorithms/first-order-settings.js";
import { learnerColumns, type LearnerConfig } from "../lib/algorithms/learner.js";
import { actionNoise } from "../lib/algorithms/policies.js";
import * as q from "./q-functions.js";
import { both, type Soft, type Twin } from "./q-functions.js";
import { temperatureLoss } from "../lib/algorithms/temperature.js";

export const sacSettings = {
  actor: pick(actorSettings, "hidden", "learningRate"),
  critic: {
    ...pick(criticSettings, "hidden", "learningRate"),
    tau: fraction("target Q function <- (1 - tau) target + tau Q after each update (SAC, MAAC)"),
  },
  temperature: pick(temperatureSettings, "initial", "learningRate"),
  replay: {
    capacity: count("transitions that the replay buffer holds", 100_000_000),
    initial: count("transitions of random actions collected before the first epoch", 100_000_000),
    batch: count("transitions in an update of Q functions (SAC: of the actor as well)"),
  },
};

/** Settings of SAC. */
export type SacConfig = LearnerConfig & Values<typeof sacSettings>;

/** Everything that an update moves; the temperature is held as its logarithm. */
export type SacState = {
  /** And its optimiser. */
  actor: Trained;
  /** The Q functions and their optimisers. */
  critics: Twin<Trained>;
  /** Slowly moving copies of the Q functions. */
  targets: Twin<Params>;
  /** `log` alpha, and its optimiser. */
  temperature: Trained;
};

/**
 * Fresh networks for a task: actor, two Q functions and their targets, log of the temperature.
 * @param config widths of the networks, and the first temperature @param task sizes of observations and actions
 * @param random draws the weights
 */
export function initSac(config: SacConfig, task: Task, random: RandomStream): SacState {
  const { actor, critic, temperature } = config;
  const { observationSize, actionSize, actorSees } = task;
  const twin = q.initTwin(observationSize, actionSize, critic.hidden, random);
  return {
    actor: untrained(initNetwork([actorSees.length, ...actor.hidden, 2 * actionSize], q.SOFT_ACTOR, random)),
    critics: both(twin, untrained),
    targets: both(twin, cloneTree),
    temperature: untrained({ log: tf.scalar(Math.log(temperature.initial)) }),
  };
}

/** What the actor climbs, [batch], and log pi [batch] of the actions that it takes at first. */
export type ActorObjective<I extends Tree> = (
  actor: Params,
  soft: Soft,
  inputs: I,
) => { value: tf.Tensor1D; logProbability: tf.Tensor1D };

/** SAC's: the soft value of observations of the batch. */
export const sacObjective: ActorObjective<{ obs: tf.Tensor2D; noise: tf.Tensor2D }> = (actor, soft, { obs, noise }) =>
  q.softValue(actor, soft, obs, noise);

/** What an update reports, in this order; a row has the means over the epoch's updates. */
const report = {
  critic_loss: "mean squared error of both Q functions together, mean over the updates",
  critic_grad_norm: "norm of the critics' gradient, mean over the updates",
  q_value: "both Q functions' mean on transitions of the replay buffer; mean over the updates",
  actor_loss: "minus the soft value, mean over the updates",
  actor_grad_norm: "norm of the actor's gradient, which is not clipped; mean over the updates",
  entropy: "minus the mean log-density of the policy's actions [nats], mean over the updates",
  temperature: "weight of the entropy, before it is tuned; mean over the updates",
};
export const SAC_REPORT = keysOf(report);

/** What SAC measures in an epoch, as columns of metrics.csv. */
export const sacColumns = { ...learnerColumns, ...report, actor_seconds: "seconds of all updates" };

/** One update of Q functions, actor, temperature and targets, compiled as one; `noise` [batch, act] makes a' ~ pi(s'). */
export function sacUpdate<I extends Tree>(
  config: SacConfig,
  objective: ActorObjective<I>,
  { actionSize, actorPart }: Pick<Task, "actionSize" | "actorPart">,
) {
  type Args = [state: SacState, normalizer: NormalizerTensors, batch: OutcomeBatch, noise: tf.Tensor2D, inputs: I];
  return jit("sac update", (...[state, normalizer, batch, noise, inputs]: Args) => {
    const temperature = tf.exp(state.temperature.params["log"] as tf.Scalar);
    const soft = (twin: Twin<Params>): Soft => ({ twin, temperature, normalizer, actorPart });

    const next = q.softValue(state.actor.params, soft(state.targets), batch.nextObs, noise);
    const target = q.tdTarget(batch, next.value, config.gamma);
    const normalized = normalize(batch.obs, normalizer);
    const critic = lossAndGrad(
      (twin: Twin<Params>) => q.twinLoss(twin, normalized, batch.action, target),
      both(state.critics, ({ params }) => params),
    );
    const critics = both(state.critics, (each, i) => descend(each, critic.grad[i], config.critic.learningRate));
    const twin = both(critics, ({ params }) => params);

    const actor = lossAndGrad((params: Params) => {
      const { value, logProbability } = objective(params, soft(twin), inputs);
      return { loss: tf.neg(tf.mean<tf.Scalar>(value)), logProbability };
    }, state.actor.params);
    const { logProbability } = actor.value;
    const log = valueAndGrad(
      (params: Params) => temperatureLoss(params, logProbability, -actionSize),
      state.temperature.params,
    );

    const moved: SacState = {
      actor: descend(state.actor, actor.grad, config.actor.learningRate),
      critics,
      targets: both(state.targets, (old, i) => moveTarget(old, twin[i], tf.scalar(1 - config.critic.tau))),
      temperature: descend(state.temperature, log.grad, config.temperature.learningRate),
    };
    const [criticNorm, actorNorm] = [critic.grad, actor.grad].map((grad: Tree) => globalNorm(leaves(grad)));
    const entropy = tf.neg(tf.mean(logProbability));
    const report = [critic.value.loss, criticNorm, critic.value.q, actor.value.loss, actorNorm, entropy, temperature];
    return { state: moved, report: tf.stack(report) };
  });
}

/** SAC (arXiv 1812.05905): two Q functions, an actor that climbs the smaller one, a tuned temperature. */
export const sac = () => ({
  objective: sacObjective,
  inputs: ({ obs, action }: OutcomeBatch, random: RandomStream) => ({ obs, noise: actionNoise(action.shape, random) }),
  models: { ...NOTHING, fit: () => ({}) },
});

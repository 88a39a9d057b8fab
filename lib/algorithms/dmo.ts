// DMO (Amigo et al., CoRL 2025): roll out the simulator, backpropagate through the learned model. In its textbook form, as one
// differentiable program (tests/swap-form.ts), with the simulator's value and the model's gradient:
//   s_{t+1} = swap(m(s_t, a_t), simulator(s_t, a_t)),  maximise  sum_k gamma^k r_k + gamma^n V(s_n)
import { linearDecay } from "../tensor/adam.js";
import { backwards, entropies, forwards, rewards, values, type Choices } from "./choices.js";
import type { Metrics } from "./learner.js";
import { requireFinite, stopwatch, taskColumns } from "./measure.js";
import type { FirstOrderParts } from "./parts.js";

/** DMO-SHAC, the paper's main method. */
export const dmo: Choices = {
  forward: forwards.simulator,
  backward: backwards.model,
  value: values.critic,
  reward: rewards.given,
  entropy: entropies.none,
};

/** DMO-BPTT: the same without a critic. */
export const dmoBptt: Choices = { ...dmo, value: values.none };

/**
 * One epoch, of DMO and of all methods that differ from it in their choices: a part that one lacks is there and does
 * nothing. Run it inside tf.tidy. @throws NonFiniteError that names the value
 */
export function dmoEpoch(learner: FirstOrderParts, epoch: number): Metrics {
  const { config, task, observer } = learner;
  const { collector, world, actor, critics, temperature } = learner.parts;
  const { envs, horizon, gamma, decayEpochs, finalLearningRate } = config;
  const decayed = (rate: number) => linearDecay(rate, finalLearningRate, Math.min(epoch, decayEpochs), decayEpochs);
  const time = stopwatch();

  const normalizer = learner.freezeNormalizer();
  const fit = world.fit(epoch, normalizer);
  time("fit_seconds");
  const observed = observer.measure(epoch, () => learner.comparisonPoint(normalizer), time);

  const steps = learner.rollOut();
  const lessons = learner.lessons(steps);
  time("rollout_seconds");

  const { loss, grads } = learner.walkBack(steps);
  const rate = decayed(actor.config.learningRate);
  const norm = actor.step(grads, rate);
  requireFinite(norm, `the norm of the actor's gradient over ${horizon} steps (horizon)`);
  time("actor_seconds");

  const critic = critics.fit(lessons, normalizer, gamma, decayed);
  critics.moveTargets();
  const tuned = temperature.tune();
  time("critic_seconds");

  const progress = { samples: (epoch + 1) * envs * horizon, return: collector.meter.mean };
  const improved = { actor_loss: loss, actor_grad_norm: norm, actor_learning_rate: rate, ...critic, ...tuned };
  const counted = { ...taskColumns(task, steps), ...learner.dropped(), ...world.heldBack() };
  return { ...progress, ...improved, ...counted, ...fit, ...observed, ...time.seconds };
}

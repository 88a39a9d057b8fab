import { learnerColumns } from "./learner.js";

/** What a first-order method measures in an epoch, as columns of metrics.csv. */
export const firstOrderColumns = {
  ...learnerColumns,
  actor_loss: "minus the mean discounted objective of a step (rewards and terminal values), before the update",
  actor_grad_norm: "norm of the actor's gradient over all its parameters, log-std included, before clipping",
  actor_learning_rate: "learning rate of the actor's update",
  gradient_nonfinite:
    "entries of gradients at observations, states and actions that were not finite and set to 0 (tasks with a limit of their state; otherwise such a gradient stops the run)",
  critic_loss: "mean squared error of the last critic minibatch",
  critic_grad_norm: "norm of the last critic gradient, before clipping",
  critic_nonfinite: "critic gradient entries that were not finite and set to 0",
  entropy: "minus the mean log-density of the policy's actions [nats] (methods with maximum entropy)",
  temperature: "weight of the entropy, before it is tuned",
  model_loss: "mean loss of the dynamics model over the epoch's updates",
  reward_loss: "mean cross-entropy of the learned reward over the epoch's updates",
  outliers:
    "transitions of the rollout (and of the initial collection) that dynamics.outlierSigmas kept from the model",
  true_gradient_norm: "norm of the true policy gradient, in epochs that compare gradients (dynamics.gradientEvery)",
  dmo_cosine: "cosine of DMO's gradient with the true one, from the same states and noise, log-std included, unclipped",
  dmo_norm_ratio: "norm of DMO's gradient / norm of the true one",
  dmo_cosine_lower:
    "lower quartile over robots of the cosine of DMO's gradient with the true one, each of a robot alone: a mean over robots is ruled by the few whose gradient explodes",
  dmo_cosine_median: "its median",
  dmo_cosine_upper: "its upper quartile",
  dmo_norm_ratio_median: "median over robots of the norm of DMO's gradient / norm of the true one",
  imagination_cosine: "cosine of imagination's gradient with the true one",
  imagination_norm_ratio: "norm of imagination's gradient / norm of the true one",
  imagination_cosine_lower: "lower quartile over robots of the cosine of imagination's gradient with the true one",
  imagination_cosine_median: "its median",
  imagination_cosine_upper: "its upper quartile",
  imagination_norm_ratio_median: "median over robots of the norm of imagination's gradient / norm of the true one",
  actor_seconds: "seconds of the backward pass and the actor's update",
  gradient_log_seconds: "seconds of comparing gradients (dynamics.gradientEvery)",
  critic_seconds: "seconds of TD targets and the critic's fit",
};

import type { Metrics } from "../algorithms/learner.js";
import { InputError } from "../errors.js";

/**
 * The schema of metrics.csv: one row an epoch, every column in every run, empty where an algorithm has no such value.
 * Columns that depend on the clock or the machine end in `_seconds`, `_per_second` or `_bytes`.
 */
export const COLUMNS = {
  epoch: "epoch, from 0",
  samples: "environment steps so far, all environments together, the initial collection not counted",
  return: "moving mean of the undiscounted returns of the stochastic policy over about the last 100 finished episodes",
  actor_loss:
    "minus the mean discounted objective of a step (rewards and terminal values), before the update; PPO: the clipped surrogate; SAC, MAAC: minus the soft value; means over the updates",
  actor_grad_norm:
    "norm of the actor's gradient over all its parameters, log-std included, before clipping; PPO: of the whole network; SAC, MAAC: nothing is clipped; means over the updates",
  actor_learning_rate: "learning rate of the actor's update; PPO: after the last one",
  gradient_nonfinite:
    "entries of gradients at observations, states and actions that were not finite and set to 0 (tasks with a limit of their state; otherwise such a gradient stops the run)",
  floored_rewards:
    "fraction of the rollout's rewards that count as the task's floor, where their gradient is 0 (tasks with a floor)",
  lost_states: "environments whose state left the task's limit in the epoch's rollout, and started anew",
  critic_loss:
    "mean squared error of the last critic minibatch; PPO: the clipped one of normalised values; SAC, MAAC: of both Q functions together; means over the updates",
  critic_grad_norm: "norm of the last critic gradient, before clipping; SAC, MAAC: mean over the updates",
  critic_nonfinite: "critic gradient entries that were not finite and set to 0",
  bound_loss:
    "PPO: how far means of actions lie beyond [-1.1, 1.1], squared, summed over the action; mean over the updates",
  clip_fraction: "PPO: fraction of samples whose probability ratio is clipped; mean over the updates",
  kl: "PPO: KL divergence of the policy from the one of the pass before, on a minibatch; mean over the updates",
  action_std: "PPO: standard deviation of the policy before its action is clipped, mean over the components",
  q_value: "SAC, MAAC: both Q functions' mean on transitions of the replay buffer; mean over the updates",
  entropy:
    "SAPO, SAC, MAAC: minus the mean log-density of the policy's actions [nats]; SAC, MAAC: mean over the updates",
  temperature: "SAPO, SAC, MAAC: weight of the entropy, before it is tuned; SAC, MAAC: mean over the updates",
  model_loss: "mean loss of the dynamics model over the epoch's updates",
  reward_loss: "mean cross-entropy of the learned reward over the epoch's updates",
  outliers:
    "transitions of the rollout (and of the initial collection) that dynamics.outlierSigmas kept from the model",
  true_gradient_norm: "norm of the true policy gradient, in epochs that compare gradients (dynamics.gradientEvery)",
  dmo_cosine: "cosine of DMO's gradient with the true one, from the same states and noise, log-std included, unclipped",
  dmo_norm_ratio: "norm of DMO's gradient / norm of the true one",
  imagination_cosine: "cosine of imagination's gradient with the true one",
  imagination_norm_ratio: "norm of imagination's gradient / norm of the true one",
  wall_seconds: "seconds since training began",
  cpu_seconds:
    "processor time since training began, of all threads: near wall_seconds for one thread that had a core to itself",
  samples_per_second: "samples of this epoch / its seconds",
  fit_seconds: "seconds of fitting the dynamics model",
  rollout_seconds: "seconds of the rollout: policy, simulation, reward",
  actor_seconds:
    "seconds of the backward pass and the actor's update; PPO: of advantages and all updates; SAC, MAAC: of all updates",
  gradient_log_seconds: "seconds of comparing gradients (dynamics.gradientEvery)",
  critic_seconds: "seconds of TD targets and the critic's fit",
  rss_bytes: "resident memory of the process",
} as const;

export type Column = keyof typeof COLUMNS;

/** A row of metrics.csv. */
export type Row = { [column in Column]?: number };

const names = Object.keys(COLUMNS) as Column[];

export const csvHeader = (): string => names.join(",") + "\n";

/** A row as text; values that are absent or not a number stay empty. */
export function csvRow(row: Row): string {
  return names.map((name) => format(row[name])).join(",") + "\n";
}

const format = (value: number | undefined): string => (value === undefined || Number.isNaN(value) ? "" : String(value));

/**
 * Reads rows back from the text of a metrics.csv. A last line without its end is left out: it is still being written.
 * @param name stands for the file in errors
 * @throws InputError
 */
export function parseCsv(text: string, name = "metrics.csv"): Row[] {
  const refuse = (line: number, why: string): never => {
    throw new InputError(`"${name}", line ${line}: ${why}.`);
  };
  const [header, ...lines] = text.split("\n").slice(0, -1);
  const columns = (header ?? "").split(",") as Column[];
  if (!columns.includes("epoch")) refuse(1, "there is no column epoch, so these are not the metrics of a run");
  return lines.map((line, at) => {
    const fields = line.split(",");
    if (fields.length !== columns.length) refuse(at + 2, `${fields.length} fields instead of ${columns.length}`);
    const entries = fields.map((field, i) => [columns[i], Number(field)] as const);
    entries.forEach(([column, value], i) => {
      if (Number.isNaN(value)) refuse(at + 2, `${column} is "${fields[i]}" and not a number`);
    });
    return Object.fromEntries(entries.filter((_, i) => fields[i] !== "")) as Row;
  });
}

/** Times that go by while training works [s]. */
export type Times = { wall: number; cpu: number };

export function timesNow(): Times {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1000, cpu: (user + system) / 1e6 };
}

export const timesBetween = (from: Times, to: Times): Times => ({ wall: to.wall - from.wall, cpu: to.cpu - from.cpu });

/** A learner's measurements of an epoch of `samples` steps as a row, with the columns of clock and machine. */
export function completeRow(epoch: number, metrics: Metrics, began: Times, epochBegan: Times, samples: number): Row {
  const now = timesNow();
  const spent = timesBetween(began, now);
  return {
    epoch,
    ...metrics,
    wall_seconds: spent.wall,
    cpu_seconds: spent.cpu,
    samples_per_second: samples / timesBetween(epochBegan, now).wall,
    rss_bytes: process.memoryUsage.rss(),
  };
}

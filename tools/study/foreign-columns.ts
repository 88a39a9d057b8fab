// Curves of other software: which of its columns are ours (docs/studies.md). The first of a list that is there counts.

/** Environment steps so far; of TensorBoard's scalars, the step. */
const SAMPLES = ["samples", "time/total_timesteps", "total_timesteps", "timesteps", "global_step", "frames", "step"];
/** Undiscounted returns. */
const RETURN = ["return", "rollout/ep_rew_mean", "charts/episodic_return", "rewards/step", "ep_rew_mean", "episodic_return", "episode_reward", "mean_reward", "reward", "value"]; // prettier-ignore
/** Seconds since the beginning. */
const SECONDS = ["wall_seconds", "time/time_elapsed", "time_elapsed", "relative time"];

/** Lower-case names, as columns and tags are compared. */
export const FOREIGN = { samples: SAMPLES, return: RETURN, wall_seconds: SECONDS } as const;

/** Steps and seconds where a software logs an episode a row: its length, and when it ended (Stable-Baselines3's Monitor). */
export const MONITOR = { return: "r", length: "l", wall_seconds: "t" } as const;

/** The first of these names that is there. */
export const firstOf = (names: readonly string[], there: readonly string[]): string | undefined =>
  names.find((name) => there.includes(name));

import { TRUST, defineCommand, wholeNumber } from "../command.js";

/** All episodes are run at once. */
const MAX_EPISODES = 100_000;

export const command = defineCommand({
  name: "evaluate",
  summary: "score the policy of a run",
  usage: "DIR [options]",
  operands: { min: 1, max: 1 },
  options: {
    episodes: { value: "N", help: "episodes to run (default: as many as the run's final score)" },
    seed: { value: "K", help: "seed of starts and noise (default: the run's, which repeats its final score exactly)" },
    stochastic: { help: "sample actions as in training; otherwise the policy is deterministic" },
    ...TRUST,
    json: { help: 'print {"mean", "std", "episodes", "returns", "interval"} alone; one episode has no interval' },
  },

  async run({ options, operands: [directory] }) {
    const episodes =
      options.episodes === undefined ? undefined : wholeNumber("episodes", options.episodes, 1, MAX_EPISODES);
    const seed = options.seed === undefined ? undefined : wholeNumber("seed", options.seed, 0);
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { backendLine, openRun, scoreLine } = await import("../session.js");
    const backend = await useBackend();
    const folder = await openRun(directory, options);
    const config = folder.config();
    const { evaluatePolicy } = await import("../../lib/training/train.js");
    const { bootstrapInterval } = await import("../../tools/study/statistics.js");
    const { streams } = await import("../../lib/tensor/random.js");
    const { numericsDigest } = await import("@dmo-lab/jit/numerics");
    const { number } = await import("../../tools/report/format.js");
    const policy = folder.policy();
    if (!options.json) console.log(backendLine(backend));
    const [there, here] = [folder.machine().numerics, numericsDigest()];
    if (there !== here)
      console.error(
        `This run was computed where numbers are rounded in another way (digest ${there}, here ${here}): its own score is not repeated exactly.`,
      );
    const stochastic = options.stochastic ?? false;
    const { engine, evaluationEpisodes } = config;
    const evaluation = evaluatePolicy(policy, episodes ?? evaluationEpisodes, seed ?? config.seed, {
      stochastic,
      engine,
    });
    policy.dispose();
    const interval = bootstrapInterval(evaluation.returns, streams(seed ?? config.seed)("bootstrap"));
    if (options.json) console.log(JSON.stringify({ ...evaluation, interval }));
    else {
      console.log(scoreLine(evaluation, stochastic ? "stochastic" : "deterministic"));
      const [low, high] = interval?.map((x) => number(x, 1)) ?? [];
      console.log(
        interval ? `95 % bootstrap interval of the mean: ${low} to ${high}` : "One episode gives no interval.",
      );
    }
    return 0;
  },
});

import type { RunConfig } from "../../lib/training/config.js";
import type { RunFolder } from "../../lib/training/run-folder.js";
import { BEST, TRUST, defineCommand, wholeNumber } from "../command.js";

/** All episodes are run at once. */
const MAX_EPISODES = 100_000;

export const command = defineCommand({
  name: "evaluate",
  summary: "score a policy",
  usage: "POLICY [options]",
  operands: { min: 1, max: 1 },
  options: {
    episodes: { value: "N", help: "episodes to run (default: as many as the run's final score; of a policy file 32)" },
    seed: {
      value: "K",
      help: "seed of starts and noise (default: the run's, which repeats its final score exactly; of a policy file 0)",
    },
    stochastic: { help: "sample actions as in training; otherwise the policy is deterministic" },
    ...BEST,
    ...TRUST,
    json: { help: 'print {"mean", "std", "episodes", "returns", "interval"} alone; one episode has no interval' },
  },
  notes: () => "POLICY is the folder of a run or a policy file (data/policies/go2.json).",

  async run({ options, operands: [from] }) {
    const episodes =
      options.episodes === undefined ? undefined : wholeNumber("episodes", options.episodes, 1, MAX_EPISODES);
    const seed = options.seed === undefined ? undefined : wholeNumber("seed", options.seed, 0);
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { backendLine, openPolicy, scoreLine } = await import("../session.js");
    const backend = await useBackend();
    const { policy, folder } = await openPolicy(from, options);
    if (folder) await sayNumerics(folder);
    const usual = folder?.config() ?? OF_A_FILE;
    const { evaluatePolicy } = await import("../../lib/training/train.js");
    const { bootstrapInterval } = await import("../../tools/study/statistics.js");
    const { streams } = await import("../../lib/tensor/random.js");
    const { number } = await import("../../tools/report/format.js");
    if (!options.json) console.log(backendLine(backend));
    const stochastic = options.stochastic ?? false;
    const { engine } = usual;
    const evaluation = evaluatePolicy(policy, episodes ?? usual.evaluationEpisodes, seed ?? usual.seed, {
      stochastic,
      engine,
    });
    policy.dispose();
    const interval = bootstrapInterval(evaluation.returns, streams(seed ?? usual.seed)("bootstrap"));
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

/** How a policy file is scored unless options say otherwise. */
const OF_A_FILE: Partial<RunConfig> & Pick<RunConfig, "evaluationEpisodes" | "seed"> = {
  evaluationEpisodes: 32,
  seed: 0,
};

/** Says where a run's own score can't be repeated. */
async function sayNumerics(folder: RunFolder): Promise<void> {
  const { numericsDigest } = await import("@dmo-lab/jit/numerics");
  const [there, here] = [folder.machine().numerics, numericsDigest()];
  if (there !== here)
    console.error(
      `This run was computed where numbers are rounded in another way (digest ${there}, here ${here}): its own score is not repeated exactly.`,
    );
}

import { defineCommand, wholeNumber } from "../command.js";

export const command = defineCommand({
  name: "evaluate",
  summary: "score the policy of a run",
  usage: "DIR [options]",
  operands: { min: 1, max: 1 },
  options: {
    episodes: { value: "N", help: "episodes to run (default: as many as the run's final score)" },
    seed: { value: "K", help: "seed of starts and noise (default: the run's, which repeats its final score exactly)" },
    stochastic: { help: "sample actions as in training; otherwise the policy is deterministic" },
    json: { help: 'print {"mean", "std", "episodes", "returns"} alone' },
  },

  async run({ options, operands: [directory] }) {
    const episodes = options.episodes === undefined ? undefined : wholeNumber("episodes", options.episodes, 1);
    const seed = options.seed === undefined ? undefined : wholeNumber("seed", options.seed, 0);
    const { RunFolder } = await import("../../lib/training/run-folder.js");
    const folder = RunFolder.open(directory);
    const config = folder.config();
    const { useBackend } = await import("../../lib/tensor/backend.js");
    const { evaluatePolicy } = await import("../../lib/training/train.js");
    const { backendLine, scoreLine } = await import("../session.js");
    const backend = await useBackend();
    const policy = folder.policy();
    if (!options.json) console.log(backendLine(backend));
    const stochastic = options.stochastic ?? false;
    const evaluation = evaluatePolicy(policy, episodes ?? config.evaluationEpisodes, seed ?? config.seed, stochastic);
    policy.dispose();
    if (options.json) console.log(JSON.stringify(evaluation));
    else console.log(scoreLine(evaluation, stochastic ? "stochastic" : "deterministic"));
    return 0;
  },
});

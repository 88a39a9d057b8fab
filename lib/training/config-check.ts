import { needsOf } from "../algorithms/choices.js";
import { checkSettings, settingsOf } from "@dmo-lab/input/configuration";
import { InputError } from "@dmo-lab/input/errors";
import type { Settings } from "@dmo-lab/input/setting";

/** What has to divide what. */
type Divided = {
  horizon: number;
  imagination?: { steps: number };
  critic?: { hidden: number[]; minibatches?: number };
};

/** Checks every setting of a configuration and what has to hold between them. @throws InputError */
export function checkConfig(config: Divided, known: Settings): void {
  checkSettings(config, known);
  const chosen = new Map(settingsOf(config));
  for (const [setting, value] of chosen)
    for (const section of needsOf(setting, value))
      if (!(section in config))
        throw new InputError(
          `setting ${setting} is "${String(value)}", which needs settings ${section}.* that this algorithm does not have.`,
        );
  if (chosen.has("temperature.targetEntropy") && chosen.get("actor.policy") === "deterministic")
    throw new InputError(`setting actor.policy is "deterministic"; allowed: stochastic, because the entropy counts.`);
  const { horizon, imagination, critic } = config;
  const [name, steps] = imagination ? ["imagination.steps", imagination.steps] : ["horizon", horizon];
  if (critic?.minibatches && steps % critic.minibatches)
    throw new InputError(
      `setting critic.minibatches is "${critic.minibatches}"; allowed: a divisor of ${name} (${steps}), so that a minibatch holds whole time steps.`,
    );
}

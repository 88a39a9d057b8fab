// DMO (Amigo et al., CoRL 2025): roll out the simulator, backpropagate through the learned model.
//   for each epoch:
//     fit the model m on the replay buffer
//     s_{t+1} = swap(m(s_t, a_t), simulator(s_t, a_t)):  the simulator's value, the model's gradient
//     update the actor by the gradient of sum gamma^k r_k + gamma^n V(s_n), then the critic on TD(lambda) targets
import { modelBackward } from "./backward.js";
import type { FirstOrderMethod } from "./first-order.js";
import { simulatorForward } from "./forward.js";
import { rewardAndValueObjective, rewardObjective } from "./policy-gradient.js";

/** DMO-SHAC, the paper's main method. */
export const dmo: FirstOrderMethod = {
  forward: ({ collector }) => simulatorForward(collector),
  backward: ({ config, model, task }) => modelBackward(config.dynamics!.prediction, model, task),
  objective: rewardAndValueObjective,
};

/** DMO-BPTT: the same without a critic. */
export const dmoBptt: FirstOrderMethod = { ...dmo, objective: rewardObjective };

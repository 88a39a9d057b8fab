// DMO (Amigo et al., CoRL 2025): roll out the simulator, backpropagate through the learned model.
//   for each epoch:
//     fit the model m on the replay buffer
//     s_{t+1} = swap(m(s_t, a_t), simulator(s_t, a_t)):  the simulator's value, the model's gradient
//     update the actor by the gradient of sum gamma^k r_k + gamma^n V(s_n), then the critic on TD(lambda) targets
import type { Choices } from "./first-order-settings.js";

/** DMO-SHAC, the paper's main method. */
export const dmo: Choices = { forward: "simulator", backward: "model", value: "critic", reward: "given" };

/** DMO-BPTT: the same without a critic. */
export const dmoBptt: Choices = { ...dmo, value: "none" };

// SAPO (Xing et al. 2024, arXiv 2412.12089): SHAC with maximum entropy; DMO-SAPO: the same with DMO's backward.
//   for each epoch:
//     roll out;  h_t = -log pi(a_t|s_t)
//     update the actor by the gradient of sum gamma^k (r_k + alpha h_k) + gamma^n V(s_n), V the mean of two target critics
//     fit both critics on TD(lambda) targets of the soft rewards r_t + alpha h_t
//     alpha descends alpha (mean h - target entropy),  target entropy = -dim(a) / 2
import { entropies, type Choices } from "./choices.js";
import { dmo } from "./dmo.js";
import { shac } from "./shac.js";

/** SAPO (arXiv 2412.12089): SHAC with entropy. */
export const sapo: Choices = { ...shac, entropy: entropies.tuned };

/** SAPO with a learned model for the derivative. */
export const dmoSapo: Choices = { ...dmo, entropy: entropies.tuned };

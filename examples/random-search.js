/**
 * Augmented random search (Mania et al. 2018, arXiv 1803.07055): an algorithm of one's own in one file, without gradients.
 * theta are the weights of a linear policy, a = tanh([normalised observation, 1] theta).
 *
 *   for each epoch:
 *     pairs of environments try theta + sigma delta_i and theta - sigma delta_i from a reset, for `horizon` steps
 *     theta <- theta + rate / std(returns of the best) * mean over the best pairs of (R_i+ - R_i-) delta_i
 *
 *   npx dmo-lab train --task cartpole --algorithm ./examples/random-search.js
 *
 * docs/your-own-algorithm.md explains it part by part.
 */
import { dynamics, tensor, training } from "dmo-lab";

const { tf } = tensor;

export default training.defineAlgorithm({
  summary: "augmented random search for a linear policy: returns alone, no gradient",
  // Any task's; a horizon beyond the task's episodes becomes their length.
  preset: () => ({
    envs: 64,
    horizon: 1000,
    gamma: 1,
    epochs: 100,
    search: { sigma: 0.3, rate: 0.3, best: 16 },
  }),
  settings: {
    "search.sigma": training.positive("standard deviation of what is added to the weights"),
    "search.rate": training.positive("step size"),
    "search.best": training.count("pairs that count: those with the highest returns"),
  },
  create: ({ envs, horizon, search }, environment, stream) => {
    const { observationSize: obs, actionSize: act } = environment.task;
    const random = stream("search");
    const normalizer = new dynamics.RunningNormalizer(obs);
    const theta = new Float32Array((obs + 1) * act); // [observation and 1][action]

    /** Returns of the policies, one for each environment, in their first episode or its first `horizon` steps. */
    const tryOut = (/** @type {Float32Array[]} */ policies) => {
      const { mean, variance } = normalizer.save(); // as it was before the epoch
      const action = (/** @type {Float32Array} */ seen) =>
        Float32Array.from({ length: envs * act }, (_, k) => {
          const [env, a] = [Math.floor(k / act), k % act];
          let u = policies[env][obs * act + a];
          for (let j = 0; j < obs; j++)
            u += (policies[env][j * act + a] * (seen[env * obs + j] - mean[j])) / Math.sqrt(variance[j] + 1e-5);
          return Math.tanh(u);
        });
      const returns = new Float64Array(envs);
      const over = new Uint8Array(envs);
      let seen = environment.reset();
      for (let t = 0; t < horizon; t++) {
        const { earned, ended, resetObs } = environment.step(action(seen));
        for (let i = 0; i < envs; i++) {
          if (!over[i]) returns[i] += earned[i];
          over[i] |= ended[i];
        }
        normalizer.update(resetObs);
        seen = resetObs;
      }
      return returns;
    };

    const climb = (/** @type {{ delta: Float32Array, plus: number, minus: number }[]} */ pairs) => {
      const best = pairs.sort((a, b) => Math.max(b.plus, b.minus) - Math.max(a.plus, a.minus)).slice(0, search.best);
      const returns = best.flatMap(({ plus, minus }) => [plus, minus]);
      const mean = returns.reduce((sum, r) => sum + r) / returns.length;
      const spread = Math.sqrt(returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / returns.length);
      const step = search.rate / (best.length * (spread + 1e-8));
      for (const { delta, plus, minus } of best) delta.forEach((d, k) => (theta[k] += step * (plus - minus) * d));
    };

    const actor = () => ({
      "output.weight": tf.keep(tf.tensor2d(theta.slice(0, obs * act), [obs, act])),
      "output.bias": tf.keep(tf.tensor1d(theta.slice(obs * act))),
    });
    let current = actor();
    const dispose = () => tensor.disposeTree(current);

    return {
      epoch(epoch) {
        const deltas = Array.from({ length: envs / 2 }, () => random.normals(theta.length));
        const shifted = (/** @type {Float32Array} */ delta, /** @type {number} */ by) =>
          theta.map((w, k) => w + by * delta[k]);
        const { sigma } = search;
        const returns = tryOut(deltas.flatMap((delta) => [shifted(delta, sigma), shifted(delta, -sigma)]));
        climb(deltas.map((delta, i) => ({ delta, plus: returns[2 * i], minus: returns[2 * i + 1] })));
        dispose();
        current = actor();
        return { samples: (epoch + 1) * envs * horizon, return: returns.reduce((sum, r) => sum + r) / envs };
      },
      policy: () => ({ network: "elu-norm-tanh-mean", actor: current, normalizer: normalizer.save() }),
      save: () => ({
        theta: theta.slice(),
        normalizer: normalizer.save(),
        random: random.save(),
        environment: environment.save(),
      }),
      load(/** @type {any} */ saved) {
        theta.set(saved.theta);
        normalizer.load(saved.normalizer);
        random.load(saved.random);
        environment.load(saved.environment);
        dispose();
        current = actor();
      },
      dispose,
    };
  },
});

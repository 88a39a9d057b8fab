// %% [markdown]
// # Exercise: the loss of the dynamics model
//
// The learned model predicts a distribution of the next state: a mean and a log-variance for each component of the
// observation (notebook 3). You write its target, its loss and the bounds of its log-variance, and see it learn how noisy a
// simulator is.
//
// Write where it says `YOUR CODE HERE`, and run the cells from the top. The cells behind are checks: they say what is
// wrong. There are more of them when this is graded. 10 points, about 40 minutes.

// %%
import { tensor } from "dmo-lab";

await tensor.useBackend();
const { tf } = tensor;
type Tensor = tensor.tf.Tensor;
type Distribution = { mean: Tensor; logVariance: Tensor };

// %% [markdown]
// What the checks use:

// %%
/** The largest difference between two tensors. */
const apart = (x: Tensor, y: Tensor): number => x.sub(y).abs().max().dataSync()[0];
const number = (x: Tensor): number => x.dataSync()[0];
const close = (x: number, y: number): boolean => Math.abs(x - y) < 1e-4 * Math.max(1, Math.abs(y));

// %% [markdown]
// ## 1. The target
//
// Most of the next observation is the last one. So the mean $\mu$ predicts the *residual*, what a step adds to the
// observation.

// %% solution="target"
/** What the mean should be for these transitions, both [batch, obs]. */
function targetOf(obs: Tensor, nextObs: Tensor): Tensor {
  // BEGIN SOLUTION
  return nextObs.sub(obs);
  // END SOLUTION
}

// %% test="target-residual" points=1
const before = tf.tensor2d([[1, 2]]);
const after = tf.tensor2d([[1.5, 1]]);
const target = targetOf(before, after);
if (apart(target, after) < 1e-6)
  throw new Error("your target is the next observation itself: the residual is what it differs by from the last one.");
if (apart(target, before.sub(after)) < 1e-6)
  throw new Error("your target has the wrong sign: observation plus residual should be the next observation.");
if (apart(target, after.sub(before)) > 1e-6)
  throw new Error(`from [1, 2] to [1.5, 1] your target is [${target.dataSync()}]: the residual is [0.5, -1].`);

// %% [markdown]
// ## 2. The loss
//
// The negative logarithm of the Gaussian density, with $\ell = \log \sigma^2$ for the log-variance; twice that, without the
// constant, in the mean over the batch and the components:
//
// $$ L = \operatorname{mean}\bigl((\mu - y)^2\, e^{-\ell}\bigr) + \operatorname{mean}(\ell) $$
//
// The first term asks for a small error, less so where the model says that it is not sure. The second one makes not being
// sure cost something.

// %% solution="loss"
/** The loss of a prediction for its target, all [batch, obs]: a scalar. */
function gaussianLoss({ mean, logVariance }: Distribution, target: Tensor): Tensor {
  // BEGIN SOLUTION
  const error = mean.sub(target).square().mul(logVariance.neg().exp());
  return error.mean().add(logVariance.mean());
  // END SOLUTION
}

// %%
const y = tf.tensor2d([
  [1, 0, -2],
  [3, 1, 1],
]);
const guess = (mean: number, logVariance: number): Distribution => ({
  mean: y.add(mean),
  logVariance: tf.fill([2, 3], logVariance),
});
const lossAt = (mean: number, logVariance: number): number => number(gaussianLoss(guess(mean, logVariance), y));

// %% test="loss-error" points=2
const scalar = gaussianLoss(guess(0, 0), y);
if (scalar.size !== 1)
  throw new Error(
    `your loss has the shape [${scalar.shape}]: it should be one number, the mean over batch and components.`,
  );
if (!close(lossAt(0, 0), 0))
  throw new Error(`your loss of a perfect mean with variance 1 is ${lossAt(0, 0)}: it should be 0, without constants.`);
if (close(lossAt(2, 0), 2 * 3 * 4) || close(lossAt(2, 0), 3 * 4))
  throw new Error("your loss is a sum over components or batch: take the mean, or it grows with the robot.");
if (close(lossAt(2, 0), 2))
  throw new Error("your loss of errors of 2 with variance 1 is 2: is the error squared, and without a factor 1/2?");
if (!close(lossAt(2, 0), 4))
  throw new Error(`your loss of errors of 2 with variance 1 is ${lossAt(2, 0)}: it should be their square, 4.`);

// %% test="loss-variance" points=2
if (close(lossAt(2, 1), 4 * Math.E + 1) || close(lossAt(2, 1), 4 * Math.E))
  throw new Error("your loss multiplies the error by the variance: it should divide, exp(-logVariance).");
if (close(lossAt(2, 1), 4 / Math.E))
  throw new Error(
    "the term mean(logVariance) is missing: a model could make your loss 0 by being sure of nothing, with a huge variance.",
  );
if (close(lossAt(2, 1), 4 * Math.exp(-2) + 1))
  throw new Error("your loss squares the variance: logVariance is the logarithm of the variance, not of its root.");
if (!close(lossAt(2, 1), 4 / Math.E + 1))
  throw new Error(`with errors of 2 and log-variance 1 your loss is ${lossAt(2, 1)}: it should be ${4 / Math.E + 1}.`);
// BEGIN HIDDEN TESTS
const uneven = { mean: tf.tensor2d([[1, 2]]), logVariance: tf.tensor2d([[0, 2]]) };
const ofUneven = number(gaussianLoss(uneven, tf.tensor2d([[0, 0]])));
if (!close(ofUneven, (1 + 4 * Math.exp(-2)) / 2 + 1))
  throw new Error("your loss mixes components up: each error is divided by the variance of its own component.");
// END HIDDEN TESTS

// %% [markdown]
// Where is this loss smallest? Its derivative with respect to the log-variance is $1 - (\mu - y)^2 e^{-\ell}$: at the
// variance that equals the squared error. So the model learns how wrong it is.

// %% test="loss-gradient" points=1
const slope = (logVariance: number): number =>
  number(
    tensor.valueAndGrad(
      (l) => gaussianLoss({ mean: y.add(2), logVariance: l }, y).asScalar(),
      tf.fill([2, 3], logVariance),
    ).grad as Tensor,
  );
if (slope(1) === 0 && slope(3) === 0)
  throw new Error(
    "no gradient reaches the log-variance: is it read out of its tensor (dataSync) somewhere in your loss?",
  );
if (!close(slope(Math.log(4)), 0))
  throw new Error(
    "with errors of 2 your loss should be smallest at the variance 4, and its derivative is not 0 there.",
  );

// %% [markdown]
// ## 3. Bounds of the log-variance
//
// A network may say any number, and $e^{-\ell}$ explodes. So what it says, `raw`, is bounded: softly, with
// $\operatorname{softplus}(x) = \log(1 + e^x)$ (`tf.softplus`), which is nearly $\max(x, 0)$:
//
// $$
// u = \ell_{\max} - \operatorname{softplus}(\ell_{\max} - \text{raw}), \qquad
// \ell = \ell_{\min} + \operatorname{softplus}(u - \ell_{\min})
// $$

// %% solution="clamp"
const bounds = { min: -10, max: 0.5 };

/** Log-variances within the bounds, of what a network says. */
function clampLogVariance(raw: Tensor): Tensor {
  // BEGIN SOLUTION
  const below = tf.sub(bounds.max, tf.softplus(tf.sub(bounds.max, raw)));
  return tf.add(bounds.min, tf.softplus(below.sub(bounds.min)));
  // END SOLUTION
}

// %% test="clamp-bounds" points=1
const clamped = clampLogVariance(tf.tensor1d([-100, -5, 100])).dataSync();
if (clamped[2] > 0.5001 || clamped[0] < -10.0001)
  throw new Error(`your clamp makes -100 to ${clamped[0]} and 100 to ${clamped[2]}: they should be at -10 and 0.5.`);
if (Math.abs(clamped[0] + 10) > 1e-3 || Math.abs(clamped[2] - 0.5) > 1e-3)
  throw new Error(
    `your clamp makes -100 to ${clamped[0]} and 100 to ${clamped[2]}: they should be close to -10 and 0.5.`,
  );
if (Math.abs(clamped[1] + 5) > 0.02)
  throw new Error(`your clamp makes -5 to ${clamped[1]}: in the middle it should change next to nothing.`);

// %% test="clamp-gradient" points=1
const steep = tensor
  .valueAndGrad((raw) => clampLogVariance(raw).sum().asScalar(), tf.tensor1d([-12, 2]))
  .grad.dataSync();
if (steep.some((slope) => slope === 0))
  throw new Error(
    "your clamp has the derivative 0 beyond a bound: a model that got there never comes back. Use softplus, not clipByValue.",
  );
// BEGIN HIDDEN TESTS
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.log(1 + Math.exp(x));
for (const raw of [-12, -9.5, 0, 0.5, 2]) {
  const u = 0.5 - softplus(0.5 - raw);
  if (Math.abs(number(clampLogVariance(tf.scalar(raw))) - (-10 + softplus(u + 10))) > 1e-4)
    throw new Error(
      `your clamp of ${raw} is not that of the formulas: first the bound from above, then the one from below.`,
    );
}
if (Math.abs(steep[1] - sigmoid(-1.5) * sigmoid(0.5 - softplus(-1.5) + 10)) > 1e-3)
  throw new Error("your clamp's derivative above the upper bound is not that of the formulas.");
// END HIDDEN TESTS

// %% [markdown]
// ## It learns how noisy the simulator is
//
// A simulator that moves by 2 on average, with noise of a standard deviation of 0.3; a model of two numbers; Adam on your
// loss.

// %%
const random = tensor.streams(1)("noise");
const places = tf.tensor2d(random.normals(256), [256, 1]);
const moved = places.add(2).add(tf.tensor2d(random.normals(256), [256, 1]).mul(0.3));
const rate = tf.scalar(0.05);

function learn(): { mean: number; deviation: number } {
  let params: tensor.Params = { mean: tf.scalar(0), raw: tf.scalar(0) };
  let adam = tensor.adamInit(params);
  const loss = (p: tensor.Params) => {
    const logVariance = clampLogVariance(p.raw).add(tf.zerosLike(places));
    return gaussianLoss({ mean: p.mean.add(tf.zerosLike(places)), logVariance: logVariance }, targetOf(places, moved));
  };
  for (let update = 0; update < 200; update++) {
    const { grad } = tensor.valueAndGrad((p: tensor.Params) => loss(p).asScalar(), params);
    const next = tensor.adamUpdate(params, grad, adam, rate, { betas: [0.9, 0.999], epsilon: 1e-8 });
    params = next.params;
    adam = next.state;
  }
  return { mean: number(params.mean), deviation: Math.exp(number(clampLogVariance(params.raw)) / 2) };
}

// %% test="learning" points=2
const learned = learn();
console.log(`Learned: moves by ${learned.mean.toFixed(2)}, standard deviation ${learned.deviation.toFixed(2)}`);
if (Math.abs(learned.mean - 2) > 0.1)
  throw new Error(`with your loss the model thinks that the simulator moves by ${learned.mean.toFixed(2)}: it is 2.`);
if (Math.abs(learned.deviation - 0.3) > 0.05)
  throw new Error(`with your loss the model thinks that the noise is ${learned.deviation.toFixed(2)}: it is 0.3.`);

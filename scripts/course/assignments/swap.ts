// %% [markdown]
// # Exercise: swap
//
// DMO takes the *value* of a step from the simulator and its *derivative* from a learned model (notebook 4). You write the
// one operation that does this, and roll out a little robot with it.
//
// Write where it says `YOUR CODE HERE`, and run the cells from the top. The cells behind are checks: they say what is
// wrong. There are more of them when this is graded, and the question at the end is read by a person. 10 points, about 40
// minutes.

// %%
import { tensor } from "dmo-lab";

await tensor.useBackend();
const { tf } = tensor;
type Tensor = tensor.tf.Tensor;

// %% [markdown]
// ## 1. The operation
//
// $$
// \operatorname{swap}(m, s') = s', \qquad
// \frac{\partial \operatorname{swap}}{\partial m} = I, \qquad
// \frac{\partial \operatorname{swap}}{\partial s'} = 0
// $$
//
// `tf.customGrad(f)` makes an operation of `f(...tensors)`, which gives `{ value, gradFunc }`: the value, a new tensor, and a
// function from the gradient at the value, `dy`, to an array of the gradients at the tensors, in their order.

// %% solution="swap"
/** The simulator's value `truth`, with the gradient of the model's value; both have the same shape. */
function swap(model: Tensor, truth: Tensor): Tensor {
  // BEGIN SOLUTION
  const operation = tf.customGrad((_model, truth) => ({
    value: (truth as Tensor).clone(),
    gradFunc: (dy) => [dy.clone(), tf.zerosLike(dy)],
  }));
  return operation(model, truth);
  // END SOLUTION
}

// %% [markdown]
// What the checks use:

// %%
/** The largest difference between two tensors. */
const apart = (x: Tensor, y: Tensor): number => x.sub(y).abs().max().dataSync()[0];

/** The gradients of the weighted sum of swap(model, truth): those at the model's value and at the simulator's. */
const gradients = (model: Tensor, truth: Tensor, weight: Tensor) =>
  tensor.valueAndGrad((x) => swap(x.model, x.truth).mul(weight).sum().asScalar(), { model: model, truth: truth }).grad;

const predicted = tf.tensor2d([[1, 2, 3]]);
const simulated = tf.tensor2d([[10, 20, 30]]);
const weight = tf.tensor2d([[0.5, -1, 2]]);

// %% test="swap-value" points=1
const value = swap(predicted, simulated);
if (`${value.shape}` !== `${simulated.shape}`)
  throw new Error(
    `your swap has the shape [${value.shape}]: it should be that of its arguments, [${simulated.shape}].`,
  );
if (apart(value, predicted) < 1e-6)
  throw new Error("your swap has the model's value: forward, it should be the simulator's (the second argument).");
if (apart(value, simulated) > 1e-6)
  throw new Error(`your swap is [${value.dataSync()}]: it should be the simulator's value, [${simulated.dataSync()}].`);

// %% test="swap-gradient-model" points=2
const atModel = gradients(predicted, simulated, weight).model;
if (apart(atModel, tf.zerosLike(weight)) < 1e-6)
  throw new Error(
    "no gradient reaches the model through your swap: at the model's value it should be dy, as it comes.",
  );
if (apart(atModel, tf.onesLike(weight)) < 1e-6)
  throw new Error(
    "your swap's gradient at the model is 1 whatever comes in: it should be dy itself, for the chain rule.",
  );
if (apart(atModel, weight) > 1e-6)
  throw new Error(`your swap turns the gradient [${weight.dataSync()}] into [${atModel.dataSync()}]: it should stay.`);
// BEGIN HIDDEN TESTS
const wide = tf.linspace(-2, 3, 24).reshape([2, 3, 4]);
if (apart(gradients(wide.neg(), wide, wide).model, wide) > 1e-6)
  throw new Error(
    "your swap's gradient at the model is wrong for tensors with three axes: it should be dy for all shapes.",
  );
// END HIDDEN TESTS

// %% test="swap-gradient-simulator" points=2
const atSimulator = gradients(predicted, simulated, weight).truth;
if (apart(atSimulator, tf.zerosLike(weight)) > 1e-6)
  throw new Error(
    "your swap passes the gradient to the simulator's value as well: the simulator has no derivative here, it should be 0.",
  );
// BEGIN HIDDEN TESTS
const both = tensor.valueAndGrad((x) => swap(x.mul(3), x.mul(100)).sum().asScalar(), tf.tensor1d([1, 2])).grad;
if (apart(both, tf.tensor1d([3, 3])) > 1e-5)
  throw new Error(
    `with a model of slope 3 and a simulator of slope 100 of one action, your swap has the slope ${both.dataSync()[0]}: it should be 3.`,
  );
// END HIDDEN TESTS

// %% [markdown]
// ## 2. A rollout
//
// A simulator that moves in stairs, which has no useful derivative, and a smooth model of it, which is a bit wrong. Roll
// out: from the state $s_0$, one step for each action,
//
// $$ s_{t+1} = \operatorname{swap}\bigl(m(s_t, a_t),\; f(s_t, a_t)\bigr). $$

// %%
const simulate = (s: Tensor, a: Tensor): Tensor => s.add(s.sin().mul(a)).mul(8).round().div(8);
const predict = (s: Tensor, a: Tensor): Tensor => s.mul(0.9).add(s.sin().mul(a)).add(0.3);

// %% solution="rollout"
/** The last state of a rollout: values from `simulate`, gradients from `predict`. */
function rollout(start: Tensor, actions: readonly Tensor[]): Tensor {
  let state = start;
  // BEGIN SOLUTION
  for (const action of actions) state = swap(predict(state, action), simulate(state, action));
  // END SOLUTION
  return state;
}

// %%
const start = tf.scalar(1);
const actions = [0.5, -0.25, 0.75].map((a) => tf.scalar(a));
const slopes = (a: Tensor[]) =>
  tensor.valueAndGrad((x) => rollout(start, x as Tensor[]).asScalar(), a).grad as Tensor[];

// %% test="rollout-value" points=1
const last = rollout(start, actions).dataSync()[0];
const [real, dreamt] = [simulate, predict].map((step) => actions.reduce((s, a) => step(s, a), start).dataSync()[0]);
if (Math.abs(last - dreamt) < 1e-5)
  throw new Error("your rollout ends where the model thinks: the values of all states should be the simulator's.");
if (Math.abs(last - real) > 1e-5)
  throw new Error(
    `your rollout ends at ${last}: the simulator, from state to state with each action once, ends at ${real}.`,
  );

// %% test="rollout-gradient" points=2
const measured = slopes(actions).map((slope) => slope.dataSync()[0]);
if (measured.every((slope) => slope === 0))
  throw new Error(
    "your rollout has no gradient at the actions: does every step go through swap, and is it given the model?",
  );
if (measured.slice(0, -1).every((slope) => slope === 0))
  throw new Error(
    "only the last action has a gradient: the state of a step should go on into both predict and simulate.",
  );
// BEGIN HIDDEN TESTS
// By hand, from the last step to the first: the model's derivatives at the simulator's states.
const path = actions.reduce((path, a) => [...path, simulate(path.at(-1)!, a)], [start]).map((s) => s.dataSync()[0]);
const numbers = actions.map((a) => a.dataSync()[0]);
let carry = 1;
for (let t = 2; t >= 0; t--) {
  const expected = carry * Math.sin(path[t]);
  if (Math.abs(measured[t] - expected) > 1e-4)
    throw new Error(
      `at action ${t} your rollout has the gradient ${measured[t].toFixed(4)}: with the model's derivatives at the simulator's states it is ${expected.toFixed(4)}. The state that goes on should be the swapped one.`,
    );
  carry *= 0.9 + Math.cos(path[t]) * numbers[t];
}
// END HIDDEN TESTS

// %% [markdown]
// ## 3. In words
//
// The model of part 2 is wrong in every step. Why does the gradient of your rollout get away with that, where the gradient of a
// rollout of the model alone does not? And which of the model's errors does your gradient still suffer from? Four or five
// sentences, without formulas if you like.

// %% [markdown] answer="in-words" points=2
// The states are the simulator's, so no error of the model is an input of its next step: the model is asked at states that
// really occur, once each, and its errors do not add up. A rollout of the model alone differentiates a path that the system does
// not take; the further it goes the further off it is. (1 point.)
//
// What stays are the errors of the derivatives themselves: at each step the model's Jacobian stands for one that is not known,
// and their product over the horizon multiplies these errors, also with perfect states. A model that is right about values may be
// wrong about slopes. (1 point.)

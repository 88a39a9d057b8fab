// The critic of SHAC and DMO: regression of the state value on TD(lambda) targets, and a slowly moving copy that bootstraps.
import type { ModelState } from "../dynamics/model.js";
import { normalize, type NormalizerTensors } from "../dynamics/normalizer.js";
import { clipByGlobalNorm, descend, untrained, type Trained } from "../tensor/adam.js";
import { dropNonFinite, valueAndGrad } from "@dmo-lab/jit/grad";
import { jit } from "@dmo-lab/jit/jit";
import { orthogonal, type Params } from "../tensor/layers.js";
import { eluNetwork, initNorm } from "../tensor/networks.js";
import type { RandomStream } from "../tensor/random.js";
import { Composite, Held } from "../tensor/state.js";
import { tf } from "@dmo-lab/jit/tf";
import { cloneTree, disposeTree } from "@dmo-lab/jit/tree";
import type { CriticConfig } from "./first-order-settings.js";
import type { Transition } from "./rollout.js";

/** Fresh critic of `inputs` numbers, `hidden` widths: orthogonal weights of `random`, gain sqrt 2 on every layer, output included, biases 0. */
export function initCritic(inputs: number, hidden: readonly number[], random: RandomStream): Params {
  const sizes = [inputs, ...hidden, 1];
  const names = [...hidden.map((_, i) => `layer${i}`), "output"];
  const layers = names.map((name, i) => ({
    [`${name}.weight`]: orthogonal(sizes[i], sizes[i + 1], Math.SQRT2, random),
    [`${name}.bias`]: tf.zeros([sizes[i + 1]]),
  }));
  return Object.assign({}, ...layers, ...hidden.map((size, i) => initNorm(`norm${i}`, size))) as Params;
}

/** What the critic sees of a state: the normalised observation, and the memory of a recurrent model, [batch, in]. */
export const criticInput = ({ obs, memory }: ModelState, normalizer: NormalizerTensors): tf.Tensor2D =>
  tf.concat([normalize(obs, normalizer), ...memory], 1);

/** State values [batch] that a critic with these `params` gives to its `input` [batch, in]. */
export function value(params: Params, input: tf.Tensor2D): tf.Tensor {
  return eluNetwork(params, input).squeeze([1]);
}

/** The mean of several critics' values, [batch]. */
export const meanValue = (critics: readonly Params[], input: tf.Tensor2D): tf.Tensor =>
  tf.addN(critics.map((params) => value(params, input))).div(critics.length);

/** A rollout as TD(lambda) sees it: rewards and ends of each step, [T][N]. */
export type RewardStep = Pick<Transition, "reward" | "ended">;

/**
 * TD(lambda) targets [T][N] of `steps`: G_t = r_t + gamma (d_t v_t + (1 - d_t) ((1 - lambda) v_t + lambda G_{t+1})),
 * d = 1 at any end and on the last row, v_t the `nextValue` [T][N] of the observation after step t (0 at an early end).
 */
export function tdLambda(
  steps: readonly RewardStep[],
  nextValue: readonly Float32Array[],
  gamma: number,
  lambda: number,
): Float32Array[] {
  const last = steps.length - 1;
  const target = new Array<Float32Array>(steps.length);
  for (let t = last; t >= 0; t--) {
    const { reward, ended } = steps[t];
    target[t] = reward.map((r, i) => {
      const v = nextValue[t][i];
      const cut = t === last || ended[i];
      return r + gamma * (cut ? v : (1 - lambda) * v + lambda * target[t + 1][i]);
    });
  }
  return target;
}

/** alpha * target + (1 - alpha) * critic, parameter by parameter. */
export function moveTarget(target: Params, critic: Params, alpha: tf.Scalar): Params {
  return Object.fromEntries(
    Object.entries(target).map(([name, old]) => [name, old.mul(alpha).add(critic[name].mul(tf.sub(1, alpha)))]),
  );
}

/** Of a fit: `loss` and `gradNorm` (before clipping) of its last update, and entries of gradients that were `nonFinite` in all. */
export type CriticReport = { loss: number; gradNorm: number; nonFinite: number };

/** An Adam step (`betas`) on the mean squared error: gradient entries not finite become 0 and are counted, then the norm is clipped to `clip`. */
export function criticUpdate({ betas, clip }: Pick<CriticConfig, "betas" | "clip">) {
  return jit("critic update", (critic: Trained, input: tf.Tensor2D, target: tf.Tensor, rate: tf.Scalar) => {
    const mse = (params: Params): tf.Scalar => value(params, input).sub(target).square().mean() as tf.Scalar;
    const { value: loss, grad } = valueAndGrad(mse, critic.params);
    const { finite, dropped } = dropNonFinite(grad);
    const { grads, norm } = clipByGlobalNorm(finite, clip);
    return { critic: descend(critic, grads, rate, { betas }), report: tf.stack([loss, norm, dropped]) };
  });
}

const moveTargetCompiled = jit("move target", (target: Params, critic: Params, alpha: tf.Scalar) =>
  moveTarget(target, critic, alpha),
);
const joinedInputs = (states: readonly ModelState[], normalizer: NormalizerTensors): tf.Tensor2D =>
  tf.concat(
    states.map((state) => criticInput(state, normalizer)),
    0,
  );
const inputsCompiled = jit("critic inputs", joinedInputs);
const nextValueCompiled = jit(
  "next value",
  (params: Params, next: readonly ModelState[], normalizer: NormalizerTensors) =>
    value(params, joinedInputs(next, normalizer)),
);

/** What critics see of the states before `steps`, through a `normalizer`, time-major [T * N, in]. */
export const criticInputs = (steps: readonly Transition[], normalizer: NormalizerTensors): tf.Tensor2D =>
  inputsCompiled(
    steps.map(({ obs, memory }) => ({ obs, memory })),
    normalizer,
  );

/** A critic, its `config`, `params` and optimiser, and the `target` critic that bootstraps. */
export class Critic extends Composite<{ critic: Held<Trained>; target: Held<Params> }> {
  private readonly update: ReturnType<typeof criticUpdate>;

  constructor(
    readonly config: CriticConfig,
    params: Params,
    target: Params = cloneTree(params),
  ) {
    const update = criticUpdate(config);
    super({ critic: new Held(untrained(params)), target: new Held(target) }, [update]);
    this.update = update;
  }

  get params(): Params {
    return this.parts.critic.value.params;
  }

  get target(): Params {
    return this.parts.target.value;
  }

  /** Bootstrap values [T][N]: the target critic's at each step's next observation before a reset, 0 at an early end. */
  nextValues(steps: readonly Transition[], normalizer: NormalizerTensors): Float32Array[] {
    const next = steps.map(({ nextObs, nextMemory }) => ({ obs: nextObs, memory: nextMemory }));
    const values = nextValueCompiled(this.target, next, normalizer).dataSync() as Float32Array;
    return steps.map(({ terminated }, t) =>
      Float32Array.from(terminated, (end, i) => (end ? 0 : values[t * terminated.length + i])),
    );
  }

  /** Fits the critic: `input` [T * N, in] and `target` [T * N] are time-major. Reports the last update's loss and norm. */
  fit(input: tf.Tensor2D, target: tf.Tensor1D, learningRate: number): CriticReport {
    const { iterations, minibatches } = this.config;
    const rate = tf.scalar(learningRate);
    const inputs = tf.split<tf.Tensor2D>(input, minibatches);
    const targets = tf.split(target, minibatches);
    const total = { loss: NaN, gradNorm: NaN, nonFinite: 0 };
    for (let k = 0; k < iterations * minibatches; k++) {
      const { critic, report } = this.update(
        this.parts.critic.value,
        inputs[k % minibatches],
        targets[k % minibatches],
        rate,
      );
      this.parts.critic.replace(critic);
      const [loss, gradNorm, dropped] = report.dataSync();
      Object.assign(total, { loss, gradNorm, nonFinite: total.nonFinite + dropped });
      report.dispose();
    }
    disposeTree([rate, inputs, targets]);
    return total;
  }

  /** Moves the target critic towards the critic, at the end of an epoch. */
  moveTarget(): void {
    const alpha = tf.scalar(this.config.targetAlpha);
    this.parts.target.replace(moveTargetCompiled(this.target, this.params, alpha));
    alpha.dispose();
  }
}

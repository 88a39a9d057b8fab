/** Initial parameters of whole networks, and the network that actor and critic share. */
import { elu, layerNorm, linear, silu, uniformFanIn, type Params } from "./layers.js";
import type { RandomStream } from "./random.js";
import { tf } from "@dmo-lab/jit/tf";

/** `name.weight` [inputs, outputs] and `name.bias` [outputs], both U(-1/sqrt(inputs), 1/sqrt(inputs)), of `random`. */
export function initLinear(name: string, inputs: number, outputs: number, random: RandomStream): Params {
  return {
    [`${name}.weight`]: uniformFanIn([inputs, outputs], inputs, random),
    [`${name}.bias`]: uniformFanIn([outputs], inputs, random),
  };
}

/** A GRU's parameters, all U(-1/sqrt(width), 1/sqrt(width)). */
export function initGru(name: string, inputs: number, width: number, random: RandomStream): Params {
  const uniform = (...shape: number[]) => uniformFanIn(shape, width, random);
  return {
    [`${name}.input.weight`]: uniform(inputs, 3 * width),
    [`${name}.input.bias`]: uniform(3 * width),
    [`${name}.hidden.weight`]: uniform(width, 3 * width),
    [`${name}.hidden.bias`]: uniform(3 * width),
  };
}

/** Scale 1 and shift 0, `name.weight` and `name.bias` [size], of a LayerNorm. */
export function initNorm(name: string, size: number): Params {
  return { [`${name}.weight`]: tf.ones([size]), [`${name}.bias`]: tf.zeros([size]) };
}

/** What follows each hidden Linear: an `activation`, then with `layerNorm` LayerNorm (eps 1e-5), or nothing. */
export type HiddenLayers = { activation: keyof typeof activations; layerNorm: boolean };

const activations = { elu, silu, relu: <T extends tf.Tensor>(x: T): T => tf.relu(x) };

/** What hidden layers `layer0`, `layer1`, ... (`norm0`, ...), as many as `params` holds, make of x [batch, in]. */
export function hiddenLayers({ activation, layerNorm: normed }: HiddenLayers, params: Params, x: tf.Tensor2D) {
  let h = x;
  for (let i = 0; `layer${i}.weight` in params; i++) {
    h = activations[activation](linear(params, `layer${i}`, h));
    if (normed) h = layerNorm(params, `norm${i}`, h, 1e-5);
  }
  return h;
}

/** Hidden layers Linear -> ELU -> LayerNorm, then a linear output. x [batch, in]. */
export const eluNetwork = (params: Params, x: tf.Tensor2D): tf.Tensor2D =>
  linear(params, "output", hiddenLayers({ activation: "elu", layerNorm: true }, params, x));

/** Fresh layers of these `sizes`, with `layerNorm` or not: weights and biases U(-1/sqrt(fan_in), 1/sqrt(fan_in)) of `random`, the output's too. */
export function initNetwork(
  sizes: readonly number[],
  { layerNorm }: Pick<HiddenLayers, "layerNorm">,
  random: RandomStream,
): Params {
  const last = sizes.length - 2;
  const layers = sizes.slice(1, -1).map((size, i) => ({
    ...initLinear(`layer${i}`, sizes[i], size, random),
    ...(layerNorm && initNorm(`norm${i}`, size)),
  }));
  return Object.assign({}, ...layers, initLinear("output", sizes[last], sizes[last + 1], random)) as Params;
}

/** Initial parameters of whole networks, and the network that actor and critic share. */
import { elu, layerNorm, linear, uniformFanIn, type Params } from "./layers.js";
import type { RandomStream } from "./random.js";
import { tf } from "./tf.js";

/** `name.weight` [inputs, outputs] and `name.bias` [outputs], both U(-1/sqrt(inputs), 1/sqrt(inputs)). */
export function initLinear(name: string, inputs: number, outputs: number, random: RandomStream): Params {
  return {
    [`${name}.weight`]: uniformFanIn([inputs, outputs], inputs, random),
    [`${name}.bias`]: uniformFanIn([outputs], inputs, random),
  };
}

/** Scale 1 and shift 0 of a LayerNorm. */
export function initNorm(name: string, size: number): Params {
  return { [`${name}.weight`]: tf.ones([size]), [`${name}.bias`]: tf.zeros([size]) };
}

/** Hidden layers Linear -> ELU -> LayerNorm (eps 1e-5), as many as `params` holds, then a linear output. x [batch, in]. */
export function eluNetwork(params: Params, x: tf.Tensor2D): tf.Tensor2D {
  let h = x;
  for (let i = 0; `layer${i}.weight` in params; i++)
    h = layerNorm(params, `norm${i}`, elu(linear(params, `layer${i}`, h)), 1e-5);
  return linear(params, "output", h);
}

import { clipByGlobalNorm, descend, untrained, type Trained } from "../tensor/adam.js";
import { jit } from "@dmo-lab/jit/jit";
import { initNetwork } from "../tensor/networks.js";
import type { Params } from "../tensor/layers.js";
import type { RandomStream } from "../tensor/random.js";
import { Held } from "../tensor/state.js";
import { tf } from "@dmo-lab/jit/tf";
import type { ActorConfig, ActorPolicy } from "./first-order-settings.js";
import { meanAction, policyNetworks, sampledAction, sampleWithLogProbability, type NetworkName } from "./policies.js";

/** The networks of actors in first-order methods: a deterministic policy has no noise, and no log-std. */
export const actorNetworks = {
  stochastic: "elu-norm-tanh",
  deterministic: "elu-norm-tanh-mean",
} as const satisfies Record<ActorPolicy, NetworkName>;

/** The network that has these parameters. */
export const networkOf = (params: Params): NetworkName =>
  actorNetworks["logStd" in params ? "stochastic" : "deterministic"];

const INITIAL_LOG_STD = -1;

/** Fresh actor, `obs` numbers over `hidden` widths to `action`: `random` in U(+-1/sqrt(fan_in)); a stochastic `policy` has `logStd` [act] at -1. */
export const initActor = (
  obs: number,
  hidden: readonly number[],
  action: number,
  random: RandomStream,
  policy: ActorPolicy = "stochastic",
): Params => ({
  ...initNetwork([obs, ...hidden, action], policyNetworks[actorNetworks[policy]], random),
  ...(policy === "stochastic" && { logStd: tf.fill([action], INITIAL_LOG_STD) }),
});

/** tanh(mu + exp(logStd) * noise), of `params`; tanh(mu) without a log-std. normalized [batch, obs], noise [batch, act] standard normal. */
export const sampleAction = (params: Params, normalized: tf.Tensor2D, noise: tf.Tensor2D): tf.Tensor2D =>
  sampledAction(policyNetworks[networkOf(params)], params, normalized, noise);

/** The same action of a stochastic policy, and its log-density [batch]. */
export const sampleWithDensity = (params: Params, normalized: tf.Tensor2D, noise: tf.Tensor2D) =>
  sampleWithLogProbability(policyNetworks[actorNetworks.stochastic], params, normalized, noise);

/** tanh(mu) [batch, act], the action of the deterministic policy with these `params`; normalized [batch, obs]. */
export const deterministicAction = (params: Params, normalized: tf.Tensor2D): tf.Tensor2D =>
  meanAction(policyNetworks[networkOf(params)], params, normalized);

/** One clipped Adam step; `norm` is the gradient's global norm, log-std included, before clipping. */
function actorUpdate({ betas, clip }: Pick<ActorConfig, "betas" | "clip">) {
  return jit("actor update", (actor: Trained, gradient: Params, rate: tf.Scalar) => {
    const { grads, norm } = clipByGlobalNorm(gradient, clip);
    return { actor: descend(actor, grads, rate, { betas }), norm };
  });
}

/** An actor of this `config`, its newest `params`, and its optimiser. */
export class Actor extends Held<Trained> {
  private readonly update: ReturnType<typeof actorUpdate>;

  constructor(
    readonly config: Omit<ActorConfig, "policy">,
    params: Params,
  ) {
    super(untrained(params));
    this.update = actorUpdate(config);
  }

  get params(): Params {
    return this.value.params;
  }

  /** Steps against the gradient; returns its norm before clipping. A norm that is not finite leaves the actor as it was. */
  step(gradient: Params, learningRate: number): number {
    const { actor, norm } = this.update(this.value, gradient, tf.scalar(learningRate));
    const value = norm.dataSync()[0];
    if (Number.isFinite(value)) this.replace(actor);
    return value;
  }

  override dispose(): void {
    super.dispose();
    this.update.dispose();
  }
}

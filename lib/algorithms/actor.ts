import { adamInit, adamUpdate, clipByGlobalNorm, type AdamState } from "../tensor/adam.js";
import { jit } from "../tensor/jit.js";
import { initNetwork } from "../tensor/networks.js";
import type { Params } from "../tensor/layers.js";
import type { RandomStream } from "../tensor/random.js";
import { loadTree, saveTree, type TreeState } from "../tensor/state.js";
import { tf } from "../tensor/tf.js";
import { disposeTree, keepTree } from "../tensor/tree.js";
import { meanAction, policyNetworks, sampledAction } from "./policies.js";

/** The network of actors in first-order methods. */
const NETWORK = policyNetworks["elu-norm-tanh"];

const INITIAL_LOG_STD = -1;

/** Fresh actor: weights and biases U(-1/sqrt(fan_in), 1/sqrt(fan_in)), state-independent `logStd` [act] at -1. */
export const initActor = (obs: number, hidden: readonly number[], action: number, random: RandomStream): Params => ({
  ...initNetwork([obs, ...hidden, action], NETWORK, random),
  logStd: tf.fill([action], INITIAL_LOG_STD),
});

/** tanh(mu + exp(logStd) * noise), in (-1, 1). normalized [batch, obs], noise [batch, act] standard normal. */
export const sampleAction = (params: Params, normalized: tf.Tensor2D, noise: tf.Tensor2D): tf.Tensor2D =>
  sampledAction(NETWORK, params, normalized, noise);

/** tanh(mu): the action of the deterministic policy. normalized [batch, obs]. */
export const deterministicAction = (params: Params, normalized: tf.Tensor2D): tf.Tensor2D =>
  meanAction(NETWORK, params, normalized);

/** Settings of the actor and of its update. */
export type ActorConfig = { hidden: number[]; learningRate: number; betas: [number, number]; clip: number };

type ActorState = { params: Params; adam: AdamState };

/** One clipped Adam step; `norm` is the gradient's global norm, log-std included, before clipping. */
function actorUpdate({ betas, clip }: ActorConfig) {
  return jit("actor update", ({ params, adam }: ActorState, gradient: Params, rate: tf.Scalar) => {
    const { grads, norm } = clipByGlobalNorm(gradient, clip);
    const next = adamUpdate(params, grads, adam, rate, { betas, epsilon: 1e-8 });
    return { state: { params: next.params, adam: next.state }, norm };
  });
}

/** An actor and its optimiser. */
export class Actor {
  private state: ActorState;
  private readonly update: ReturnType<typeof actorUpdate>;

  constructor(
    readonly config: ActorConfig,
    params: Params,
  ) {
    this.state = keepTree({ params, adam: adamInit(params) });
    this.update = actorUpdate(config);
  }

  get params(): Params {
    return this.state.params;
  }

  /** Steps against the gradient; returns its norm before clipping. A norm that is not finite leaves the actor as it was. */
  step(gradient: Params, learningRate: number): number {
    const { state, norm } = this.update(this.state, gradient, tf.scalar(learningRate));
    const value = norm.dataSync()[0];
    if (!Number.isFinite(value)) return value;
    disposeTree(this.state);
    this.state = keepTree(state);
    return value;
  }

  save(): TreeState {
    return saveTree(this.state);
  }

  load(state: TreeState): void {
    this.state = loadTree(this.state, state);
  }

  dispose(): void {
    disposeTree(this.state);
    this.update.dispose();
  }
}

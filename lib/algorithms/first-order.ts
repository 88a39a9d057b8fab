import { tf } from "@dmo-lab/jit/tf";
import { networkOf } from "./actor.js";
import { dmoEpoch } from "./dmo.js";
import type { Learner, Metrics, PolicySnapshot } from "./learner.js";
import { FirstOrderParts } from "./parts.js";

/** The learner of every first-order method: DMO's epoch over the parts and functions that its settings choose. */
export class FirstOrderLearner extends FirstOrderParts implements Learner {
  epoch(epoch: number): Metrics {
    return tf.tidy(() => {
      if (epoch === 0) this.collect();
      return dmoEpoch(this, epoch);
    });
  }

  policy(): PolicySnapshot {
    const { actor, collector } = this.parts;
    return { network: networkOf(actor.params), actor: actor.params, normalizer: collector.actorStatistics() };
  }
}

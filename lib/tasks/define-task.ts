/** A task from its definition. */
import { tf } from "@dmo-lab/jit/tf";
import { placed, total } from "./read.js";
import { checkDefinition } from "./task-check.js";
import type { Task, TaskDefinition } from "./task.js";

/** Completes a `definition` with what follows from it. @throws InputError that names what is wrong in it */
export function defineTask(definition: TaskDefinition): Task {
  checkDefinition(definition);
  const { observation, context = [], sensors = [], rewardFloor: floor, rewardBonus: bonus = 0 } = definition;
  const terms = Object.values(definition.rewardTerms);
  const floored = (added: number): Task["reward"] => {
    return (nextObs, actions, context) => {
      const sum = tf.addN(terms.map(({ weight, term }) => tf.mul(term(nextObs, actions, context), weight)));
      const raised = added ? tf.add(sum, added) : sum;
      return (floor === undefined ? raised : tf.maximum(raised, floor)) as tf.Tensor1D;
    };
  };
  const earned = floored(0);
  const ends = Object.values(definition.ends ?? {});
  const seen = placed(observation).filter((row) => !row.privileged);
  return {
    ...definition,
    actionSize: definition.model.actuators.length,
    observationSize: total(observation),
    contextSize: total(context),
    sensorSize: total(sensors),
    variations: Object.fromEntries(placed(context).flatMap(({ varies, first }) => (varies ? [[varies, first]] : []))),
    actorSees: seen.flatMap(({ first, size }) => Array.from({ length: size }, (_, i) => first + i)),
    actorPart: (obs) =>
      seen.length === observation.length
        ? obs
        : tf.concat2d(
            seen.map(({ first, size }) => tf.slice(obs, [0, first], [-1, size])),
            1,
          ),
    reward: bonus ? floored(bonus) : earned,
    earned,
    terminated: (nextObs, sensors = {}) =>
      ends.reduce<tf.Tensor1D>(
        (any, end) => tf.logicalOr(any, end(nextObs, sensors)),
        tf.zeros([nextObs.shape[0]], "bool"),
      ),
  };
}

/** Whether a task's functions of tensors return what they have to. */
import { InputError } from "@dmo-lab/input/errors";
import { tf } from "@dmo-lab/jit/tf";
import { strict } from "./read.js";
import { named } from "./task-check.js";
import { type Task, contextOf, sensorsOf } from "./task.js";

/** Tasks whose functions have been tried. */
const tried = new WeakSet<Task>();

/**
 * Tries a task's functions of tensors once, for an odd number of environments. Needs a tensor backend.
 * @throws InputError that names the function, what it returned, or its error, and what is allowed
 */
export function checkFunctions(task: Task): void {
  if (tried.has(task)) return;
  tried.add(task);
  const envs = task.observationSize + 1; // no other size, so that a wrong axis shows
  tf.tidy(() => {
    const obs = tf.zeros<tf.Rank.R2>([envs, task.observationSize]);
    const action = tf.zeros<tf.Rank.R2>([envs, task.actionSize]);
    const actions = { action, previous: action, beforePrevious: action };
    const context = strict("context row", contextOf(task, new Float32Array(envs * task.contextSize)));
    const sensors = strict("sensor row", sensorsOf(task, new Float32Array(envs * task.sensorSize)));
    const tryOut = (what: string, dtypes: string[], of: () => unknown): void => {
      const wrong = (is: string): never => {
        throw new InputError(`task "${task.name}": ${what} ${is}; allowed: a tensor ${dtypes.join(" or ")} [env].`);
      };
      let value: unknown;
      try {
        value = of();
      } catch (error) {
        throw new InputError(`task "${task.name}": ${what}: ${(error as Error).message.replaceAll("\n", " ")}`, {
          cause: error,
        });
      }
      if (!(value instanceof tf.Tensor)) return wrong(`returns ${named(value)}`);
      const { shape, dtype } = value as tf.Tensor;
      if (shape.length !== 1 || shape[0] !== envs)
        wrong(`returns a tensor [${shape.map((n) => (n === envs ? "env" : n)).join(", ")}]`);
      if (!dtypes.includes(dtype)) wrong(`returns a tensor ${dtype}`);
    };
    for (const [name, { term }] of Object.entries(task.rewardTerms))
      tryOut(`reward term "${name}"`, ["float32"], () => term(obs, actions, context));
    for (const [when, end] of Object.entries(task.ends ?? {}))
      tryOut(`end "${when}"`, ["bool"], () => end(obs, sensors));
    if (task.success) tryOut("success", ["bool", "float32", "int32"], () => task.success!(obs));
  });
}

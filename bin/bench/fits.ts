/** Updates of dynamics models as training makes them: drawn from the replay buffer, with the settings of a task and a preset. */
import type { FirstOrderConfig } from "../../lib/algorithms/first-order-settings.js";
import { kinematicsOf } from "../../lib/algorithms/choices.js";
import { createDynamics } from "../../lib/dynamics/learned-dynamics.js";
import { RunningNormalizer } from "../../lib/dynamics/normalizer.js";
import { createEnvironment, findTask } from "../../lib/tasks/index.js";
import { streams } from "../../lib/tensor/random.js";
import { resolveConfig } from "../../lib/training/config.js";
import { measurement, medianMilliseconds, type Measurement } from "./measure.js";

const random = streams(0);
const ROBOTS = 64;
/** Steps of all robots in the buffer. */
const STEPS = 64;

/** DMO's update on a task, with the official settings or changed by `set`, on noise: what is learned does not change its time. */
export function fitUpdate(name: string, task: string, seconds: number, set: string[] = []): Measurement {
  const config: FirstOrderConfig = resolveConfig(task, "dmo", 0, set);
  const environment = createEnvironment(findTask(task), 1, random("environment"));
  const { observationSize: obs, actionSize: action } = environment.engine;
  const change = kinematicsOf(config, environment)?.size;
  environment.dispose();
  const settings = { ...config.dynamics!, replayCapacity: STEPS * ROBOTS };
  const { dynamics, replay } = createDynamics(settings, { robots: ROBOTS, obs, action, change }, random);
  const normals = (size = 0) => random("rows").normals(ROBOTS * size);
  for (let step = 0; step < STEPS; step++)
    replay.add({
      ...{ obs: normals(obs), action: normals(action), nextObs: normals(obs), change: normals(change) },
      ...{ memory: normals(settings.recurrent?.width), ended: new Float32Array(ROBOTS) },
    });
  const normalizer = new RunningNormalizer(obs).tensors();
  const milliseconds = medianMilliseconds(() => dynamics.fit(normalizer, 1), seconds);
  dynamics.dispose();
  return measurement(name, milliseconds, "ms");
}

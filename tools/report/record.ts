/** Episodes of a policy, frame by frame or as a whole, to be looked at. Needs a tensor backend. */
import { NonFiniteError } from "@dmo-lab/input/errors";
import type { EngineName } from "../../lib/tasks/engines.js";
import { type Advance, type Environment, rewardInputs } from "../../lib/tasks/environment.js";
import { type Act, episodes } from "../../lib/tasks/episodes.js";
import { createEnvironment } from "../../lib/tasks/index.js";
import type { Actions, Context, State, Task } from "../../lib/tasks/task.js";
import { jit } from "@dmo-lab/jit/jit";
import { streams } from "../../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { type Frame, join, type Recording } from "./recording.js";
import { stageOf, type Stage } from "./scene.js";

export type { Act };

/** Where an episode starts (default: the task's deterministic start), and in which physics (default: the task's). */
export type PlayOptions = {
  /** Coordinates and velocities, as a task's `start` gives them. */
  start?: State;
  /** One that the task runs in. */
  engine?: EngineName;
};

type Stepping = PlayOptions & {
  stage?: Stage;
  /** Called before every step, to move or push what stands in the environment. */
  before?: (environment: Environment) => void;
};

/**
 * One episode to its end, as a {@link Recording}.
 * @param task whose robot it is @param act the policy: from what one robot sees to its action, in [-1, 1]
 * @param options title of the recording (default: the task's name), start and engine
 */
export function record(task: Task, act: Act, { title, ...options }: PlayOptions & { title?: string } = {}): Recording {
  const stage = stageOf(task, title);
  const frames = [...play(task, act, { stage, ...options })];
  const reward = stage.scene.signals.findIndex(({ group }) => group === "reward");
  const total = frames.slice(1).reduce((sum, { values }) => sum + values[reward], 0);
  return { ...stage.scene, ...join(frames), return: total, endedEarly: frames.length <= task.episodeLength };
}

/**
 * The frames of one episode, each made when it is asked for; rewards are those that were earned. An episode also ends
 * where its state is lost or not finite, without a frame of that.
 * @param task whose robot it is @param act the policy: from what one robot sees to its action, in [-1, 1]
 * @param options start, engine, and what is done before every step
 */
export function* play(
  task: Task,
  act: Act,
  { stage = stageOf(task), start = task.start(), engine, before = () => undefined }: Stepping = {},
): Generator<Frame> {
  const environment = createEnvironment(task, 1, streams(0)("contexts"), engine);
  const measured = measurer(task);
  const frame = (step: number, q: Float32Array, outcome: readonly number[]): Frame => {
    return { step, poses: stage.poses(q), values: [...stage.joints(q), ...outcome] };
  };
  let count = 0;
  try {
    const unknown = Array<number>(stage.scene.signals.length - stage.joints(start.q).length).fill(NaN);
    yield frame(count, Float32Array.from(start.q), unknown);
    const next = () => {
      before(environment);
      return act(environment.seen);
    };
    const steps = episodes(environment, next, () => start);
    for (const step of steps) {
      if (step.lost[0]) return;
      yield frame(++count, step.state.q, [...step.actions.action, step.earned[0], ...measured(step)]);
    }
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error;
  } finally {
    environment.dispose();
    measured.dispose();
  }
}

/** The reward's weighted terms, the measures and their targets in a step of one environment. */
function measurer(task: Task) {
  const terms = Object.values(task.rewardTerms);
  const { measures = [] } = task;
  const targets = measures.flatMap(({ target }) => target ?? []);
  const compiled = jit(`${task.name}: terms and measures`, (obs: tf.Tensor2D, actions: Actions, context: Context) => [
    ...terms.map(({ weight, term }) => tf.mul(term(obs, actions, context), weight)),
    ...measures.map(({ of }) => of(obs)),
    ...targets.map((target) => target(context)),
  ]);
  const measured = (step: Advance): number[] =>
    tf.tidy(() => compiled(...rewardInputs(task, step)).map((value) => value.dataSync()[0]));
  return Object.assign(measured, { dispose: () => compiled.dispose() });
}

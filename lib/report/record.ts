/** Episodes of a policy, frame by frame or as a whole, to be looked at. Needs a tensor backend. */
import { type EngineName, createEngine } from "../tasks/engines.js";
import {
  type Actions,
  type Context,
  type Sensors,
  type State,
  type Task,
  advance,
  contextOf,
  sense,
  sensorsOf,
} from "../tasks/task.js";
import { jit } from "../tensor/jit.js";
import { streams } from "../tensor/random.js";
import { tf } from "../tensor/tf.js";
import { type Frame, join, type Recording } from "./recording.js";
import { stageOf, type Stage } from "./scene.js";

/** Gives the action `[action]` for what the actor sees `[task.actorSees.length]`, such as `(obs) => policy.act(obs)`. */
export type Act = (obs: Float32Array) => Float32Array;

/** Where an episode starts (default: the task's deterministic start), and in which physics (default: the task's). */
export type PlayOptions = { start?: State; engine?: EngineName };

/** One episode to its end, as a {@link Recording}. */
export function record(task: Task, act: Act, { title, ...options }: PlayOptions & { title?: string } = {}): Recording {
  const stage = stageOf(task, title);
  const frames = [...play(task, act, { stage, ...options })];
  const reward = stage.scene.signals.findIndex(({ group }) => group === "reward");
  const total = frames.slice(1).reduce((sum, { values }) => sum + values[reward], 0);
  return { ...stage.scene, ...join(frames), return: total, endedEarly: frames.length <= task.episodeLength };
}

/** The frames of one episode, each made when it is asked for. An episode also ends where its state is not finite. */
export function* play(
  task: Task,
  act: Act,
  { stage = stageOf(task), start = task.start(), engine: name }: PlayOptions & { stage?: Stage } = {},
): Generator<Frame> {
  const engine = createEngine(task, 1, name);
  const assess = assessor(task);
  const actions = [0, 1, 2].map(() => new Float32Array(task.actionSize)); // this step's, and the two before
  const random = streams(0)("contexts");
  let context = Float32Array.from(start.context ?? []);
  const frame = (step: number, outcome: readonly number[]): Frame => {
    const { q } = engine.state();
    return { step, poses: stage.poses(q), values: [...stage.joints(q), ...outcome] };
  };
  try {
    engine.setState(0, start.q, start.qd);
    yield frame(0, Array<number>(stage.scene.signals.length - stage.joints(start.q).length).fill(NaN));
    for (let step = 1; step <= task.episodeLength; step++) {
      actions.unshift(act(sense(task, engine.observe(context), random)).map((a) => Math.min(Math.max(a, -1), 1)));
      actions.pop();
      engine.step(actions[0], context);
      advance(task, context);
      const obs = engine.observe(context);
      if (!obs.every(Number.isFinite)) return;
      const { q, qd, sensors } = engine.state();
      const { reward, terms, measures, terminated } = assess(obs, actions, context, sensors);
      yield frame(step, [...actions[0], reward, ...terms, ...measures]);
      if (terminated) return;
      const next = task.between?.({ q, qd, context }, random);
      if (next?.q || next?.qd) engine.setState(0, next.q ?? q, next.qd ?? qd, actions[0], sensors);
      context = Float32Array.from(next?.context ?? context);
    }
  } finally {
    engine.dispose?.();
    assess.dispose();
  }
}

/** The reward of one step, its weighted terms, measures and their targets, and whether it ends the episode. */
function assessor(task: Task) {
  const terms = Object.values(task.rewardTerms);
  const { measures = [] } = task;
  const targets = measures.flatMap(({ target }) => target ?? []);
  const compiled = jit(
    `${task.name}: reward terms and end`,
    (obs: tf.Tensor2D, actions: Actions, context: Context, sensors: Sensors) => ({
      terms: tf.stack(terms.map(({ weight, term }) => tf.mul(term(obs, actions, context), weight))),
      measures: [...measures.map(({ of }) => of(obs)), ...targets.map((target) => target(context))],
      terminated: task.terminated(obs, sensors),
    }),
  );
  const assess = (
    obs: Float32Array,
    actions: readonly Float32Array[],
    context: Float32Array,
    sensors: Float32Array = new Float32Array(),
  ) =>
    tf.tidy(() => {
      const row = (values: Float32Array) => tf.tensor2d(values, [1, values.length]);
      const [action, previous, beforePrevious] = actions.map(row);
      const known = { action, previous, beforePrevious };
      const result = compiled(row(obs), known, contextOf(task, context), sensorsOf(task, sensors));
      const weighted = [...result.terms.dataSync()];
      const sum = weighted.reduce((total, x) => total + x, 0);
      const reward = Math.max(sum, task.rewardFloor ?? -Infinity);
      const measured = result.measures.map((measure) => measure.dataSync()[0]);
      return { reward, terms: weighted, measures: measured, terminated: result.terminated.dataSync()[0] === 1 };
    });
  return Object.assign(assess, { dispose: () => compiled.dispose() });
}

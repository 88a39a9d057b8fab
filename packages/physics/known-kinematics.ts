/**
 * What kinematics tell of a control step, without any force: coordinates follow from velocities, and the observation from
 * both. What they leave open is the step's change (f, r, e, s), for a model to predict:
 *
 *   u' = u + A f / c                               velocities
 *   q' = q (+) (dt ((1 - k) u + k u') + A r)       coordinates; r is what integration leaves over
 *   x' = x + e                                     actuators' own state, which follows the coordinates in q
 *   o' = observe(q', u', action, context)          observation; components that read sensors: o + s
 *
 * (+) adds, and turns quaternions. u is qd with the velocity of a free body's own origin; k is (n + 1) / 2n, exact for n
 * semi-implicit steps at constant acceleration. A turns a free body's part out of its own axes if the observation does not
 * tell its heading, and is 1 otherwise; c is how much of a velocity the observation shows.
 */
import { symbolicVjp } from "./autodiff.js";
import { BatchFunction, type Blocks } from "./batch-function.js";
import { type Expr, type Scalar, add, clip, inputs, reachable, sub } from "./expression.js";
import { kinematicStep } from "./kinematic-step.js";
import { type Observable, changeUnits } from "./observability.js";
import { activationsOf } from "./model.js";
import { buildTree } from "./tree.js";

/** Coordinates `[env][q]`, velocities `[env][qd]` and observations `[env][observation]`, or a gradient at them. */
export type Observed = Blocks<"q" | "qd" | "obs">;

/** Where a step begins, its actions `[env][action]`, and the context `[env][context]` that is in force in it. */
export type StepStart = Observed & Blocks<"action" | "context">;

export class KnownKinematics {
  /** Numbers of a change: f and r of every velocity, e of every actuator's own state, s of every component of the observation that reads sensors. */
  readonly size: number;
  private readonly compiled: ReturnType<typeof compile>;

  /** @param integrationSteps of the engine, in a control step */
  constructor(task: Observable, integrationSteps: number, numEnvs: number) {
    const formulas = formulasOf(task, integrationSteps);
    this.size = formulas.change.length;
    this.compiled = compile(formulas, numEnvs);
  }

  /** The change `[env][size]` that leads from one state to the other; numbers that are not finite become 0. */
  change(before: Observed, { q: q2, qd: qd2, obs: obs2 }: Observed): Float32Array {
    return this.compiled.change.call({ ...before, q2, qd2, obs2 }).change.map((x) => (Number.isFinite(x) ? x : 0));
  }

  /** Where a change leads. */
  next(start: StepStart, change: Float32Array): Observed {
    const { q2, qd2, obs2 } = this.compiled.next.call({ ...start, change });
    return { q: q2, qd: qd2, obs: obs2 };
  }

  /** The gradients at a step's start and change, of the one at where they lead. */
  back(start: StepStart, change: Float32Array, { q: gq2, qd: gqd2, obs: gobs2 }: Observed) {
    const { gq, gqd, gobs, gaction, gchange } = this.compiled.back.call({ ...start, change, gq2, gqd2, gobs2 });
    return { q: gq, qd: gqd, obs: gobs, action: gaction, change: gchange };
  }
}

/** Of one environment: what a step starts from, a change and where it leads, a step's end and the change that leads there. */
function formulasOf(task: Observable, integrationSteps: number) {
  const tree = buildTree(task.model);
  const { nqd } = tree;
  const nq = tree.nq + activationsOf(task.model);
  const step = kinematicStep(tree, integrationSteps, changeUnits(task, tree));
  const [q, qd, action] = [inputs(nq), inputs(nqd), inputs(task.model.actuators.length)];
  const [context, sensors] = [inputs(task.contextSize), inputs(task.sensorSize)];
  const senses = readers(task.observe({ q, qd, action, context, sensors }), sensors);
  const obs = inputs(senses.length);
  const { memory = [] } = task;
  const remembering = [...context.slice(0, context.length - memory.length), ...memory.map((from) => obs[from])];
  const [f, r, e, s] = [nqd, nqd, nq - tree.nq, senses.length].map((n) => inputs(n));
  const sensed = <T>(components: readonly T[]): T[] => components.filter((_, i) => senses[i]);

  const moved = step.next(q, qd, f, r);
  const after = { ...moved, q: [...moved.q, ...e.map((x, i) => add(q[tree.nq + i], x))] };
  const known = task.observe({ ...after, action: action.map((a) => clip(a, -1, 1)), context: remembering, sensors });
  const next = { ...after, obs: known.map((o, i) => (senses[i] ? add(obs[i], s[i]) : o)) };

  const end = { q: inputs(nq), qd: inputs(nqd), obs: inputs(obs.length) };
  const gained = step.change(q, qd, end.q, end.qd);
  return {
    start: { q, qd, obs, action, context },
    change: [...f, ...r, ...e, ...sensed(s)],
    next,
    end,
    changeTo: [
      ...gained.f,
      ...gained.r,
      ...e.map((_, i) => sub(end.q[tree.nq + i], q[tree.nq + i])),
      ...sensed(end.obs.map((o, i) => sub(o, obs[i]))),
    ],
  };
}

/** Which components of an observation read sensors. */
const readers = (observation: readonly Scalar[], sensors: readonly Expr[]): boolean[] =>
  observation.map((component) => reachable([component]).some((x) => sensors.includes(x)));

function compile({ start, change, next, end, changeTo }: ReturnType<typeof formulasOf>, numEnvs: number) {
  const { q, qd, obs, action } = start;
  const gradient = { gq2: inputs(q.length), gqd2: inputs(qd.length), gobs2: inputs(obs.length) };
  const variables = [q, qd, obs, action, change];
  const outputs = [...next.q, ...next.qd, ...next.obs];
  const all = symbolicVjp(outputs, Object.values(gradient).flat(), variables.flat());
  const [gq, gqd, gobs, gaction, gchange] = variables.map((block) => all.splice(0, block.length));
  const [toChange, toNext] = [
    { inputs: { q, qd, obs, q2: end.q, qd2: end.qd, obs2: end.obs }, outputs: { change: changeTo } },
    { inputs: { ...start, change }, outputs: { q2: next.q, qd2: next.qd, obs2: next.obs } },
  ];
  const back = { inputs: { ...start, change, ...gradient }, outputs: { gq, gqd, gobs, gaction, gchange } };
  return {
    change: new BatchFunction("change", toChange, numEnvs),
    next: new BatchFunction("next", toNext, numEnvs),
    back: new BatchFunction("back", back, numEnvs),
  };
}

/**
 * The parts of a control step as expressions, and their adjoints: enter -> (mass matrix -> substeps) ... -> leave.
 * A substep works on the local state, in which free joints are measured from where they were at the step's beginning
 * (horizontally): a fixed origin, so the physics is the same, and near, so that float32 holds it.
 */
import { symbolicVjp } from "./autodiff.js";
import { generalizedForces, integrate } from "./dynamics.js";
import { factorize, massMatrix, solve } from "./mass-matrix.js";
import { Expr, type Scalar, add, clip, inputs, mul, sub } from "./expression.js";
import type { KinematicTree } from "./tree.js";
import { type Vec3, cross, minus, plus } from "./vector.js";

/** One environment as expressions: coordinates, velocities, the last (clipped) action, 0 after a reset, the task's context, and its sensors. */
export type SymbolicState = {
  /** Coordinates of one environment. */
  q: readonly Scalar[];
  /** Its velocities. */
  qd: readonly Scalar[];
  /** The action of the step before, in [-1, 1]. */
  action: readonly Scalar[];
  /** The task's context. */
  context: readonly Scalar[];
  /** What the task's sensors read. */
  sensors: readonly Scalar[];
};

type Block = readonly Expr[];

/** The routines of a model; blocks of one name are one block for all of them (`loops.ts`). */
export type Routines = ReturnType<typeof buildRoutines>;

export function buildRoutines(tree: KinematicTree, observe: (state: SymbolicState) => Scalar[]) {
  const state = inputs(tree.nq + tree.nqd);
  const action = inputs(tree.model.actuators.length);
  return {
    ...dynamicsRoutines(tree, state, action),
    ...originRoutines(tree, state),
    ...observationRoutines(tree, state, action, observe),
  };
}

/**
 * The mass matrix, factored, at a local state, and a substep from it to the next one. Entries of the factor that do not
 * depend on the state are constants of the code and not stored.
 */
function dynamicsRoutines(tree: KinematicTree, local: Block, action: Block) {
  const { nq, model } = tree;
  const dt = model.timeStep / model.substeps;
  const [q, qd] = [local.slice(0, nq), local.slice(nq)];

  const matrix = massMatrix(tree, q);
  const entries = matrix.flatMap((row, i) => row.map((value, j) => ({ value, i, j })));
  const mass = entries.filter(({ value }) => value instanceof Expr);
  const factor = factorize(matrix);
  const stored = [...new Set([...factor.lower.flat(), ...factor.inverse])].filter((x) => x instanceof Expr);
  const loaded = inputs(stored.length);
  const recall = (x: Scalar): Scalar => (x instanceof Expr ? loaded[stored.indexOf(x)] : x);
  const recalled = { lower: factor.lower.map((row) => row.map(recall)), inverse: factor.inverse.map(recall) };

  const forces = generalizedForces(tree, q, qd, action);
  const acceleration = solve(recalled, forces);
  const qdNext = qd.map((x, i) => add(x, mul(dt, acceleration[i])));
  const qNext = integrate(tree, q, qdNext, dt);

  // Adjoint of a substep. Through the solve x = M^-1 b: the gradient at b is l = M^-1 g, and at M_ij, which stands
  // for M_ji as well, -l_i x_j - l_j x_i.
  const [gNext, gAction, gMass] = [inputs(local.length), inputs(action.length), inputs(mass.length)];
  const byPosition = symbolicVjp(qNext, gNext.slice(0, nq), [...q, ...(qdNext as Expr[])]);
  const gVelocity = gNext.slice(nq).map((g, i) => add(g, byPosition[nq + i]));
  const scaled = gVelocity.map((g) => mul(dt, g));
  const [l, x] = [solve(recalled, scaled), acceleration];
  const byForce = symbolicVjp(forces, l, [...local, ...action]);
  const direct = [...byPosition.slice(0, nq), ...gVelocity];
  const byMass = mass.map(({ i, j }) => (i === j ? mul(l[i], x[i]) : add(mul(l[i], x[j]), mul(l[j], x[i]))));
  const values = mass.map(({ value }) => value);

  return {
    mass: { inputs: { local }, outputs: { factor: stored } },
    substep: { inputs: { local, action, factor: loaded }, outputs: { next: [...qNext, ...qdNext] } },
    /** Adds what the mass matrix owes to the gradient at the local state, and clears the one at the mass matrix. */
    massAdjoint: {
      inputs: { local, gMass, gLocal: gNext },
      outputs: { gLocal: sums(gNext, symbolicVjp(values, gMass, local)), gMass: gMass.map(() => 0) },
    },
    /** From the gradient at the next local state; those at the action and at the mass matrix are added to. */
    substepAdjoint: {
      inputs: { local, action, factor: loaded, gNext, gAction, gMass },
      outputs: {
        gLocal: sums(direct, byForce.slice(0, local.length)),
        gAction: sums(gAction, byForce.slice(local.length)),
        gMass: gMass.map((g, k) => sub(g, byMass[k])),
      },
    },
  };
}

/** From the state before a control step to the local one, and from the last local state to the state after it. */
function originRoutines(tree: KinematicTree, local: Block) {
  const [before, gradient, gOrigin] = [inputs(local.length), inputs(local.length), inputs(local.length)];
  const entered = shift(tree, before, before, 1);
  const left = shift(tree, local, before, -1);
  return {
    enter: { inputs: { before }, outputs: { local: entered } },
    leave: { inputs: { before, local }, outputs: { after: left } },
    /** From the gradient at the local state, and the one at the state before that `leaveAdjoint` gave. */
    enterAdjoint: {
      inputs: { before, gLocal: gradient, gOrigin },
      outputs: { gState: sums(gOrigin, symbolicVjp(entered, gradient, before)) },
    },
    /** From the gradient at the state after the step. */
    leaveAdjoint: {
      inputs: { before, local, gState: gradient },
      outputs: { gLocal: symbolicVjp(left, gradient, local), gOrigin: symbolicVjp(left, gradient, before) },
    },
  };
}

/** What is observed of a state, and of the last action. */
function observationRoutines(
  tree: KinematicTree,
  state: Block,
  action: Block,
  observe: (state: SymbolicState) => Scalar[],
) {
  const clipped = action.map((a) => clip(a, -1, 1));
  const [q, qd] = [state.slice(0, tree.nq), state.slice(tree.nq)];
  const observation = observe({ q, qd, action: clipped, context: [], sensors: [] });
  const [gObservation, gState] = [inputs(observation.length), inputs(state.length)];
  const byState = sums(gState, symbolicVjp(observation, gObservation, state));
  return {
    observe: { inputs: { state, action }, outputs: { observation } },
    /** The gradient at the state is added to, the one at the action is set. */
    observeAdjoint: {
      inputs: { state, action, gObservation, gState },
      outputs: { gState: byState, gAction: symbolicVjp(observation, gObservation, action) },
    },
  };
}

const sums = (a: readonly Scalar[], b: readonly Scalar[]): Scalar[] => a.map((x, i) => add(x, b[i]));

/**
 * Free joints measured from another origin: `sign` +1 from the horizontal position h that `origin` has, -1 back again.
 * Position p - h; the twist's linear part at the new origin v + w x h.
 */
function shift(tree: KinematicTree, state: readonly Scalar[], origin: readonly Scalar[], sign: 1 | -1): Scalar[] {
  const shifted = [...state];
  const at = (values: readonly Scalar[], first: number): Vec3 => [values[first], values[first + 1], values[first + 2]];
  for (const { joint, q, qd } of tree.links) {
    if (joint.type !== "free") continue;
    const velocity = tree.nq + qd;
    const h = at(origin, q).map((x, k) => (tree.up[k] ? 0 : mul(sign, x))) as unknown as Vec3;
    shifted.splice(q, 3, ...minus(at(state, q), h));
    shifted.splice(velocity + 3, 3, ...plus(at(state, velocity + 3), cross(at(state, velocity), h)));
  }
  return shifted;
}

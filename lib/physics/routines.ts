/**
 * The parts of a control step as expressions, and their adjoints: enter -> (mass matrix -> substeps) ... -> leave.
 * A substep works on the local state, in which free joints are measured from where they were at the step's beginning
 * (horizontally): a fixed origin, so the physics is the same, and near, so that float32 holds it.
 */
import { vjp } from "./autodiff.js";
import type { Routine } from "./codegen.js";
import { factorize, generalizedForces, integrate, massMatrix, solve } from "./dynamics.js";
import { Expr, type Scalar, add, clip, inputs, mul, sub } from "./expression.js";
import type { Tree } from "./tree.js";
import { type Vec3, cross, minus, plus } from "./vector.js";

/** One environment as expressions: coordinates, velocities, the last (clipped) action, 0 after a reset, the task's context, and its sensors. */
export type SymbolicState = {
  q: readonly Scalar[];
  qd: readonly Scalar[];
  action: readonly Scalar[];
  context: readonly Scalar[];
  sensors: readonly Scalar[];
};

type Name = "enter" | "mass" | "substep" | "leave" | "observe";
export type RoutineName = Name | `${Name}Adjoint`;
type Block = readonly Expr[];

/** Routines of a model, and how many values its factored mass matrix and the gradient at its mass matrix have. */
export type Routines = { routines: Record<RoutineName, Routine>; factorSize: number; massSize: number };

export function buildRoutines(tree: Tree, observe: (state: SymbolicState) => Scalar[]): Routines {
  const state = inputs(tree.nq + tree.nqd);
  const action = inputs(tree.model.actuators.length);
  const { factorSize, massSize, ...dynamics } = dynamicsRoutines(tree, state, action);
  return {
    factorSize,
    massSize,
    routines: { ...dynamics, ...originRoutines(tree, state), ...observationRoutines(tree, state, action, observe) },
  };
}

/**
 * mass(state -> factor): the mass matrix, factored. substep(state, action, factor -> state). Entries that do not depend
 * on the state are constants of the code and not stored.
 */
function dynamicsRoutines(tree: Tree, state: Block, action: Block) {
  const { nq, model } = tree;
  const dt = model.timeStep / model.substeps;
  const [q, qd] = [state.slice(0, nq), state.slice(nq)];

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
  const [gNext, gAction, gMass] = [inputs(state.length), inputs(action.length), inputs(mass.length)];
  const byPosition = vjp(qNext, gNext.slice(0, nq), [...q, ...(qdNext as Expr[])]);
  const gVelocity = gNext.slice(nq).map((g, i) => add(g, byPosition[nq + i]));
  const scaled = gVelocity.map((g) => mul(dt, g));
  const [l, x] = [solve(recalled, scaled), acceleration];
  const byForce = vjp(forces, l, [...state, ...action]);
  const direct = [...byPosition.slice(0, nq), ...gVelocity];
  const byMass = mass.map(({ i, j }) => (i === j ? mul(l[i], x[i]) : add(mul(l[i], x[j]), mul(l[j], x[i]))));
  const values = mass.map(({ value }) => value);

  return {
    factorSize: stored.length,
    massSize: mass.length,
    mass: { name: "mass", inputs: [state], outputs: [stored] },
    substep: { name: "substep", inputs: [state, action, loaded], outputs: [[...qNext, ...qdNext]] },
    /** (state, gMass, gState -> gState, 0): adds to the gradient at the state and clears the one at the mass matrix. */
    massAdjoint: {
      name: "massAdjoint",
      inputs: [state, gMass, gNext],
      outputs: [sums(gNext, vjp(values, gMass, state)), gMass.map(() => 0)],
    },
    /** (state, action, factor, gState after, gAction, gMass -> gState, gAction, gMass): the last two are added to. */
    substepAdjoint: {
      name: "substepAdjoint",
      inputs: [state, action, loaded, gNext, gAction, gMass],
      outputs: [
        sums(direct, byForce.slice(0, state.length)),
        sums(gAction, byForce.slice(state.length)),
        gMass.map((g, k) => sub(g, byMass[k])),
      ],
    },
  };
}

/** enter(state -> local state), leave(state before the step, local state -> state). */
function originRoutines(tree: Tree, state: Block) {
  const [start, gLocal, gStart] = [inputs(state.length), inputs(state.length), inputs(state.length)];
  const [entered, left] = [shift(tree, state, state, 1), shift(tree, state, start, -1)];
  const [gLeft, gOrigin] = [vjp(left, gLocal, state), vjp(left, gLocal, start)];
  return {
    enter: { name: "enter", inputs: [state], outputs: [entered] },
    leave: { name: "leave", inputs: [start, state], outputs: [left] },
    /** (state before, gLocal, gradient at the state before from `leave` -> gradient at the state before). */
    enterAdjoint: {
      name: "enterAdjoint",
      inputs: [state, gLocal, gStart],
      outputs: [sums(gStart, vjp(entered, gLocal, state))],
    },
    /** (state before, local state, gState after -> gLocal, gradient at the state before). */
    leaveAdjoint: { name: "leaveAdjoint", inputs: [start, state, gLocal], outputs: [gLeft, gOrigin] },
  };
}

/** observe(state, action -> observation). */
function observationRoutines(tree: Tree, state: Block, action: Block, observe: (state: SymbolicState) => Scalar[]) {
  const clipped = action.map((a) => clip(a, -1, 1));
  const [q, qd] = [state.slice(0, tree.nq), state.slice(tree.nq)];
  const observation = observe({ q, qd, action: clipped, context: [], sensors: [] });
  const [gObservation, gState] = [inputs(observation.length), inputs(state.length)];
  const byState = sums(gState, vjp(observation, gObservation, state));
  return {
    observe: { name: "observe", inputs: [state, action], outputs: [observation] },
    /** (state, action, gObservation, gState -> gState, gAction): the gradient at the state is added to. */
    observeAdjoint: {
      name: "observeAdjoint",
      inputs: [state, action, gObservation, gState],
      outputs: [byState, vjp(observation, gObservation, action)],
    },
  };
}

const sums = (a: readonly Scalar[], b: readonly Scalar[]): Scalar[] => a.map((x, i) => add(x, b[i]));

/**
 * Free joints measured from another origin: `sign` +1 from the horizontal position h that `origin` has, -1 back again.
 * Position p - h; the twist's linear part at the new origin v + w x h.
 */
function shift(tree: Tree, state: readonly Scalar[], origin: readonly Scalar[], sign: 1 | -1): Scalar[] {
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

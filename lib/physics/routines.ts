/**
 * The parts of a control step as expressions, and their adjoints: enter -> (mass matrix -> substep ...) ... -> leave.
 * A substep works on the local state, in which free joints are measured from where they were at the step's beginning
 * (horizontally): a fixed origin, so the physics is the same, and near, so that float32 holds it.
 */
import { vjp } from "./autodiff.js";
import type { Routine } from "./codegen.js";
import { factorize, generalizedForces, integrate, massMatrix, solve } from "./dynamics.js";
import { Expr, type Scalar, add, clip, inputs, mul, neg } from "./expression.js";
import type { Tree } from "./model.js";
import { type Vec3, cross, minus, plus } from "./vector.js";

/** State of one environment as expressions: coordinates, velocities, and the last (clipped) action, 0 after a reset. */
export type SymbolicState = { q: readonly Scalar[]; qd: readonly Scalar[]; action: readonly Scalar[] };

const routineNames = [
  "enter",
  "mass",
  "substep",
  "leave",
  "observe",
  "enterAdjoint",
  "massAdjoint",
  "substepAdjoint",
  "leaveAdjoint",
  "observeAdjoint",
] as const;
export type RoutineName = (typeof routineNames)[number];

/** Routines of a model, and the number of values in its factored mass matrix and in the gradient at the mass matrix. */
export type Routines = { routines: Record<RoutineName, Routine>; factorSize: number; massSize: number };

export function buildRoutines(tree: Tree, observe: (state: SymbolicState) => Scalar[]): Routines {
  const { nq, nqd, model } = tree;
  const dt = model.timeStep / model.substeps;
  const state = inputs(nq + nqd);
  const next = inputs(nq + nqd); // cotangents of the state after what is differentiated
  const action = inputs(model.actuators.length);
  const [q, qd] = [state.slice(0, nq), state.slice(nq)];

  // The mass matrix and its factors are stored where they depend on the state; the rest are constants.
  const entries = massMatrix(tree, q).flatMap((row, i) => row.map((value, j) => ({ value, i, j })));
  const mass = entries.filter(({ value }) => value instanceof Expr);
  const factor = factorize(massMatrix(tree, q));
  const stored = [...new Set([...factor.lower.flat(), ...factor.inverse])].filter((x) => x instanceof Expr);
  const loaded = inputs(stored.length);
  const recall = (x: Scalar): Scalar => (x instanceof Expr ? loaded[stored.indexOf(x)] : x);
  const recalled = { lower: factor.lower.map((row) => row.map(recall)), inverse: factor.inverse.map(recall) };
  const gMass = inputs(mass.length);

  const forces = generalizedForces(tree, q, qd, action);
  const acceleration = solve(recalled, forces);
  const qdNext = qd.map((x, i) => add(x, mul(dt, acceleration[i])));
  const qNext = integrate(tree, q, qdNext, dt);

  /**
   * Adjoint of a substep. Through the solve x = M^-1 b: the gradient at b is M^-1 g, and at M_ij, used twice off the
   * diagonal, -(M^-1 g)_i x_j - x_i (M^-1 g)_j.
   */
  const substepAdjoint = (): Routine => {
    const velocities = qdNext as Expr[];
    const byPosition = vjp(qNext, next.slice(0, nq), [...q, ...velocities]);
    const gVelocity = next.slice(nq).map((g, i) => add(g, byPosition[nq + i]));
    const gForce = solve(
      recalled,
      gVelocity.map((g) => mul(dt, g)),
    );
    const byForce = vjp(forces, gForce, [...state, ...action]);
    const direct = [...byPosition.slice(0, nq), ...gVelocity];
    const gAction = inputs(action.length);
    const [l, x] = [gForce, acceleration];
    return {
      name: "substepAdjoint",
      inputs: [state, action, loaded, next, gAction, gMass],
      outputs: [
        direct.map((g, i) => add(g, byForce[i])),
        gAction.map((g, i) => add(g, byForce[state.length + i])),
        mass.map(({ i, j }, k) =>
          add(gMass[k], neg(i === j ? mul(l[i], x[i]) : add(mul(l[i], x[j]), mul(l[j], x[i])))),
        ),
      ],
    };
  };

  const massAdjoint = (): Routine => {
    const gradient = vjp(
      mass.map(({ value }) => value),
      gMass,
      state,
    );
    const outputs = [next.map((g, i) => add(g, gradient[i])), gMass.map(() => 0)];
    return { name: "massAdjoint", inputs: [state, gMass, next], outputs };
  };

  const start = inputs(nq + nqd);
  const entered = shift(tree, state, state, 1);
  const left = shift(tree, state, start, -1);
  const gStart = inputs(start.length);
  const leaveAdjoint = (): Routine => {
    const gradient = vjp(left, next, [...state, ...start]);
    const outputs = [gradient.slice(0, state.length), gradient.slice(state.length)];
    return { name: "leaveAdjoint", inputs: [start, state, next], outputs };
  };
  const enterAdjoint = (): Routine => {
    const gradient = vjp(entered, next, state);
    return {
      name: "enterAdjoint",
      inputs: [state, next, gStart],
      outputs: [gStart.map((g, i) => add(g, gradient[i]))],
    };
  };

  const clipped = action.map((a) => clip(a, -1, 1));
  const observation = observe({ q, qd, action: clipped });
  const gObservation = inputs(observation.length);
  const observeAdjoint = (): Routine => {
    const gradient = vjp(observation, gObservation, [...state, ...action]);
    const outputs = [next.map((g, i) => add(g, gradient[i])), gradient.slice(state.length)];
    return { name: "observeAdjoint", inputs: [state, action, gObservation, next], outputs };
  };

  return {
    factorSize: stored.length,
    massSize: mass.length,
    routines: {
      enter: { name: "enter", inputs: [state], outputs: [entered] },
      mass: { name: "mass", inputs: [state], outputs: [stored] },
      substep: { name: "substep", inputs: [state, action, loaded], outputs: [[...qNext, ...qdNext]] },
      leave: { name: "leave", inputs: [start, state], outputs: [left] },
      observe: { name: "observe", inputs: [state, action], outputs: [observation] },
      enterAdjoint: enterAdjoint(),
      massAdjoint: massAdjoint(),
      substepAdjoint: substepAdjoint(),
      leaveAdjoint: leaveAdjoint(),
      observeAdjoint: observeAdjoint(),
    },
  };
}

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

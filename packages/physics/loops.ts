/** The loops of a control step over groups of environments and substeps, in WebAssembly, around the routines. */
import { type Call, type Pointers, type Program, type Routine, VECTOR } from "./codegen.js";
import type { Scalar } from "./expression.js";
import type { Routines } from "./routines.js";
import type { Body } from "./wasm.js";

/** Groups of environments (as many as a vector has lanes); renewals of the mass matrix in a control step, and substeps in one. */
export type Counts = { readonly groups: number; readonly renewals: number; readonly perRenewal: number };

type Calls = {
  [N in keyof Routines]: Routines[N] extends Routine<infer I, infer O> ? Call<I | O> : never;
};

/** Moves pointers on by so many vectors. */
function advance<B extends string>(body: Body, at: Pointers<NoInfer<B>>, vectors: Readonly<Record<B, number>>): void {
  for (const block of Object.keys(vectors) as B[]) body.advance(at[block], vectors[block] * VECTOR);
}

/** A function `name` that runs a routine for every group; it takes pointers to the first group's blocks. */
export function overGroups<I extends string, O extends string>(
  program: Program,
  name: string,
  routine: Routine<I, O>,
  groups: number,
): (at: Pointers<I | O>) => void {
  const call = program.routine(name, routine);
  const blocks = Object.entries<readonly Scalar[]>({ ...routine.inputs, ...routine.outputs });
  const sizes = Object.fromEntries(blocks.map(([block, { length }]) => [block, length])) as Record<I | O, number>;
  return program.loop(`${name}All`, Object.keys(sizes) as (I | O)[], (body, at) =>
    body.repeat(groups, () => {
      call(body, at);
      advance(body, at, sizes);
    }),
  );
}

/** Compiles the routines of a model and the loops over them. Pointers are those of the first group's blocks. */
export function writeLoops(program: Program, routines: Routines, counts: Counts) {
  const { observe, observeAdjoint, ...step } = routines;
  const call = Object.fromEntries(
    Object.entries(step).map(([name, routine]) => [name, program.routine(name, routine as Routine)]),
  ) as Calls;
  const [state, action, factor] = [step.substep.outputs.next, step.substep.inputs.action, step.mass.outputs.factor];
  const sizes = { state: state.length, action: action.length, factor: factor.length };
  return {
    observe: overGroups(program, "observe", observe, counts.groups),
    observeAdjoint: overGroups(program, "observeAdjoint", observeAdjoint, counts.groups),
    forward: writeForward(program, call, sizes, counts),
    backward: writeBackward(program, call, sizes, counts),
  };
}

type Sizes = { readonly state: number; readonly action: number; readonly factor: number };

/** The control step of every group: from `before` and `action` to `after`, by way of the local states and factors. */
function writeForward(program: Program, call: Calls, { state, action, factor }: Sizes, counts: Counts) {
  return program.loop("forward", ["before", "after", "action", "local", "factor"], (body, at) => {
    const next = body.integer();
    body.repeat(counts.groups, () => {
      call.enter(body, at);
      body.repeat(counts.renewals, () => {
        call.mass(body, at);
        body.repeat(counts.perRenewal, () => {
          body.address(at.local, state * VECTOR);
          body.set(next);
          call.substep(body, { ...at, next });
          advance(body, at, { local: state });
        });
        advance(body, at, { factor });
      });
      call.leave(body, at);
      advance(body, at, { before: state, after: state, action, local: state });
    });
  });
}

/**
 * The adjoint of a control step: `gState` holds the gradient at the state after it and receives the one at the state
 * before it; `gAction` is added to. The other gradients are of one group: at two local states, at the state that the
 * origin is taken from, and at the mass matrix, which has to be 0 and is left so.
 */
function writeBackward(program: Program, call: Calls, { state, action, factor }: Sizes, counts: Counts) {
  const { groups, renewals, perRenewal } = counts;
  const recorded = ["before", "action", "local", "factor"] as const;
  const gradients = ["gState", "gAction", "gLocal", "gNext", "gOrigin", "gMass"] as const;
  return program.loop("backward", [...recorded, ...gradients], (body, at) => {
    const swap = body.integer();
    body.repeat(groups, () => {
      advance(body, at, { local: renewals * perRenewal * state, factor: renewals * factor });
      call.leaveAdjoint(body, at);
      body.repeat(renewals, () => {
        advance(body, at, { factor: -factor });
        body.repeat(perRenewal, () => {
          advance(body, at, { local: -state });
          body.assign(swap, at.gNext);
          body.assign(at.gNext, at.gLocal);
          body.assign(at.gLocal, swap);
          call.substepAdjoint(body, at);
        });
        call.massAdjoint(body, at);
      });
      call.enterAdjoint(body, at);
      advance(body, at, { local: (renewals * perRenewal + 1) * state, factor: renewals * factor });
      advance(body, at, { before: state, gState: state, action, gAction: action });
    });
  });
}

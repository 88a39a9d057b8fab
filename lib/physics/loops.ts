/** The loops of a control step over groups of environments and substeps, in WebAssembly, around the routines. */
import { type Program, VECTOR } from "./codegen.js";
import type { RoutineName } from "./routines.js";
import type { Body } from "./wasm.js";

/** Vectors per group of environments, and counts. */
export interface Shape {
  readonly state: number;
  readonly action: number;
  readonly observation: number;
  readonly factor: number;
  readonly groups: number;
  /** Renewals of the mass matrix per control step, and substeps per renewal. */
  readonly renewals: number;
  readonly perRenewal: number;
}

type Indices = Record<RoutineName, number>;

/**
 * Adds `forward`, `backward`, `observeAll` and `observeAllAdjoint` to a program. Their parameters are pointers to the
 * first group's vectors.
 */
export function writeLoops(program: Program, call: Indices, shape: Shape): void {
  const { groups } = shape;
  const [state, action, observation] = [shape.state, shape.action, shape.observation].map((n) => n * VECTOR);
  program.driver("forward", 5, (body) => forward(body, call, shape));
  program.driver("backward", 7, (body) => backward(body, call, shape));
  program.driver("observeAll", 3, (body) => overGroups(body, groups, call.observe, [state, action, observation]));
  program.driver("observeAllAdjoint", 6, (body) =>
    overGroups(body, groups, call.observeAdjoint, [state, action, observation, state, state, action]),
  );
}

/** Calls a routine for every group with the parameters as pointers, which advance by `strides` bytes. */
export function overGroups(body: Body, groups: number, routine: number, strides: readonly number[]): void {
  body.repeat(groups, () => {
    strides.forEach((_, pointer) => body.get(pointer));
    body.call(routine);
    strides.forEach((stride, pointer) => body.advance(pointer, stride));
  });
}

/** forward(before, after, action, local, factor): the control step of every group. */
function forward(body: Body, call: Indices, shape: Shape): void {
  const [before, after, action, local, factor] = [0, 1, 2, 3, 4];
  const [stateBytes, factorBytes] = [shape.state * VECTOR, shape.factor * VECTOR];
  body.repeat(shape.groups, () => {
    [before, local].forEach(body.get);
    body.call(call.enter);
    body.repeat(shape.renewals, () => {
      [local, factor].forEach(body.get);
      body.call(call.mass);
      body.repeat(shape.perRenewal, () => {
        [local, action, factor].forEach(body.get);
        body.address(local, stateBytes);
        body.call(call.substep);
        body.advance(local, stateBytes);
      });
      body.advance(factor, factorBytes);
    });
    [before, local, after].forEach(body.get);
    body.call(call.leave);
    body.advance(local, stateBytes);
    body.advance(before, stateBytes);
    body.advance(after, stateBytes);
    body.advance(action, shape.action * VECTOR);
  });
}

/**
 * backward(before, action, local, factor, gState, gAction, scratch): `gState` holds the gradient at the state after the
 * step and receives the one at the state before it; `gAction` is added to. The scratch holds two gradients at local
 * states, the gradient at the origin's state and the gradient at the mass matrix, which is left 0.
 */
function backward(body: Body, call: Indices, shape: Shape): void {
  const [before, action, local, factor, gState, gAction, scratch] = [0, 1, 2, 3, 4, 5, 6];
  const [gLocal, gNext, gStart, gMass, swap] = Array.from({ length: 5 }, () => body.integer());
  const [stateBytes, factorBytes] = [shape.state * VECTOR, shape.factor * VECTOR];
  const { renewals, perRenewal } = shape;
  const assign = (target: number, source: number) => (body.get(source), body.set(target));
  [gLocal, gNext, gStart, gMass].forEach((pointer, i) => (body.address(scratch, i * stateBytes), body.set(pointer)));
  body.repeat(shape.groups, () => {
    body.advance(local, renewals * perRenewal * stateBytes);
    body.advance(factor, renewals * factorBytes);
    [before, local, gState, gLocal, gStart].forEach(body.get);
    body.call(call.leaveAdjoint);
    body.repeat(renewals, () => {
      body.advance(factor, -factorBytes);
      body.repeat(perRenewal, () => {
        body.advance(local, -stateBytes);
        assign(swap, gNext);
        assign(gNext, gLocal);
        assign(gLocal, swap);
        [local, action, factor, gNext, gAction, gMass, gLocal, gAction, gMass].forEach(body.get);
        body.call(call.substepAdjoint);
      });
      [local, gMass, gLocal, gLocal, gMass].forEach(body.get);
      body.call(call.massAdjoint);
    });
    [before, gLocal, gStart, gState].forEach(body.get);
    body.call(call.enterAdjoint);
    body.advance(local, (renewals * perRenewal + 1) * stateBytes);
    body.advance(factor, renewals * factorBytes);
    body.advance(before, stateBytes);
    body.advance(gState, stateBytes);
    body.advance(action, shape.action * VECTOR);
    body.advance(gAction, shape.action * VECTOR);
  });
}

/** On which device graphs compute. What a session is given and gives lies on the processor either way. */

/** A graph runs once a call, or turn after turn in one. */
export type Form = "call" | "loop";
export type Device = "processor" | "gpu";
export type Placement = (form: Form) => Device;

/** Where there is no GPU, or nothing is worth the way to it. */
export const onProcessor: Placement = () => "processor";

/** A graph that is called for each step of robots waits longer for a GPU than it computes: loops alone are worth it. */
export const loopsOnGpu: Placement = (form) => (form === "loop" ? "gpu" : "processor");

/** All that a GPU can do. */
export const onGpu: Placement = () => "gpu";

let current = onProcessor;

/** Where a graph of this form is to compute. */
export const deviceOf: Placement = (form) => current(form);

/** Decides for all graphs that are called from now on, those that are compiled included. @returns what decided before */
export function place(placement: Placement): Placement {
  const before = current;
  current = placement;
  return before;
}

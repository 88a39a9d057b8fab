// Critics may learn from another rollout than the actor's: from imagined steps beside simulated ones, or the other way round.
import { whereRunning, type Forward, type ForwardOutcome, type Start, type Transition } from "./rollout.js";

/** What critics learn from, given the actor's rollout; `act` rolls the same policy out with the same noise. */
export type CriticRollout = (
  steps: readonly Transition[],
  act: (forward: Forward) => Transition[],
) => readonly Transition[];

/** A forward that remembers its last rollout. */
export type RecordedForward = Forward & {
  /** The steps of another rollout, whose actions it was given, with its own states, rewards and ends instead. */
  transitions: (steps: readonly Transition[]) => Transition[];
};

export function recorded(forward: Forward): RecordedForward {
  let start: Start;
  let outcomes: ForwardOutcome[];
  return {
    begin: () => {
      outcomes = [];
      return (start = forward.begin());
    },
    step: (t, state, actions) => (outcomes[t] = forward.step(t, state, actions)),
    transitions: (steps) => {
      let { obs, memory, coordinates } = start;
      return steps.map((step, t) => {
        const transition = { ...step, ...outcomes[t], obs, memory, coordinates, actions: step.actions };
        obs = outcomes[t].resetObs;
        coordinates = outcomes[t].resetCoordinates;
        memory = outcomes[t].nextMemory.map((h) => whereRunning(h, step.running));
        return transition;
      });
    },
  };
}

/** The rollout that `imagine` makes from the start of the actor's, whose steps end its episodes. */
export function imaginedBeside(imagine: (simulator: Forward) => Forward): CriticRollout {
  let tape: readonly Transition[];
  const forward = imagine({
    begin: () => {
      const { obs, memory, coordinates, actions } = tape[0];
      return { obs, memory, coordinates, previous: actions.previous, beforePrevious: actions.beforePrevious };
    },
    step: (t) => tape[t],
  });
  return (steps, act) => {
    tape = steps;
    return act(forward);
  };
}

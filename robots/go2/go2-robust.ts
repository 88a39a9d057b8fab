/** Go2 tasks in randomised physics, for actors that remember and critics that are told what was drawn. */
import { type Build, type Conditions, conditions } from "./go2-conditions.js";
import { go2Bipedal } from "./go2-bipedal.js";
import { go2 } from "./go2.js";
import { MOTORS, type Motors } from "./go2-robot.js";
import { defineTask } from "../../lib/tasks/define-task.js";
import { placed } from "../../lib/tasks/read.js";
import { remembering } from "../memory.js";
import type { Task } from "../../lib/tasks/task.js";

/** A robot that is as its description has it. */
const described: Build = { centreOfMass: [0, 0], strength: [1, 1], stiffness: [1, 1], damping: [1, 1] };

/** What the actor remembers, of each of the last control steps. */
const MEMORY = [
  ...["base angular velocity", "direction of gravity", "joint angles", "joint velocities"],
  "previous action, doubled",
];
const MEMORY_STEPS = 3;

/** Unitree Go2: trot at commanded velocities, in randomised physics. */
export const go2Robust = (met: Conditions = conditions.randomized): Task => ({
  ...defineTask(remembering(randomized("go2-robust", go2, met), MEMORY, MEMORY_STEPS)),
  unrandomized: () => go2Robust(conditions.nominal),
});

/** The same with an actor that sees the present alone: what it is compared with to tell what memory buys. */
export const go2RobustNoMemory = (met: Conditions = conditions.randomized): Task => ({
  ...defineTask(randomized("go2-robust-no-memory", go2, met)),
  unrandomized: () => go2RobustNoMemory(conditions.nominal),
});

/** On two legs less is survived: the start leaves them little, and friction in the motors is what a policy leans on. */
const onTwoLegs: Conditions = {
  ...conditions.randomized,
  ...{ groundFriction: [0.4, 1.25], addedMass: [-1, 2], latency: [0, 0.01], stiction: [0, 1], viscosity: [0, 0.1] },
  start: { tilt: 0.05, velocity: 0.1 },
};

/** Two legs carry what four do: motors as the authors had them there, with the targets' range of four legs. */
const STRONGER: Motors = { ...MOTORS, stiffness: 30, damping: 0.8, limit: 35 };
const onStrongerLegs = (met: Conditions): Task => go2Bipedal(met, STRONGER);

/** Unitree Go2: balance on the front legs and walk on them at commanded velocities, in randomised physics. */
export const go2BipedalRobust = (met: Conditions = onTwoLegs): Task => ({
  ...defineTask(remembering(randomized("go2-bipedal-robust", onStrongerLegs, met), MEMORY, MEMORY_STEPS)),
  unrandomized: () => go2BipedalRobust(conditions.nominal),
});

/** A task of the Go2 in the physics of `met`, whose critic and model are told what was drawn. */
function randomized(name: string, taskIn: (met: Conditions) => Task, met: Conditions): Task {
  const task = taskIn({ build: described, ...met });
  return told({ ...task, name, model: { ...task.model, notes: [...(task.model.notes ?? []), ...notesOf(met)] } });
}

/** What the tables of a task do not say of its conditions. */
const notesOf = ({ push, pushEvery, start = { tilt: 0, velocity: 0 } }: Conditions): string[] => [
  `a push gives the base a horizontal velocity of at most ${push} m/s along each axis, every ${pushEvery} s on average`,
  `at the start the base is tilted by up to ${start.tilt} rad about each axis, and moves by up to ${start.velocity} m/s`,
  "--set randomization=off trains without all of this: in nominal physics, without noise and pushes",
];

/** The task whose critic and model see the physics that was drawn. */
function told(task: Task): Task {
  const rows = placed(task.context!).filter(({ varies }) => varies);
  return {
    ...task,
    observation: [
      ...task.observation,
      ...rows.map(({ name, size, unit }) => ({ name, size, unit, privileged: true as const })),
    ],
    observe: (state) => [
      ...task.observe(state),
      ...rows.flatMap(({ first, size }) => state.context.slice(first, first + size)),
    ],
  };
}

/** What a visitor of the page can choose, as the page's address and as a command line. */

export const TASKS = { cartpole: "CartPole", hopper: "Hopper", cheetah: "Half-Cheetah", ant: "Ant" } as const;
export const METHODS = { dmo: "DMO", shac: "SHAC", imagination: "imagination" } as const;

export type TaskName = keyof typeof TASKS;
/** The name of a robot out of a visitor's file. */
export const OWN = "own";
export type MethodName = keyof typeof METHODS;

/** A run of the page: `set` are assignments as on the command line, of which later ones win. */
export type Experiment = { task: TaskName | typeof OWN; method: MethodName; seed: number; set: readonly string[] };

const DEFAULT = { task: "cartpole", method: "dmo", seed: 1 } as const;

/** CartPole within a minute or two of one core: more robots, which cost little, and fewer passes of a critic that learns faster. */
const CARTPOLE = ["envs=128", "horizon=48", "critic.iterations=4", "critic.learningRate=5e-3"];

/** What a robot and a method that were just chosen are set to: what a small computer learns with, where it is not the official. */
export function usualSettings({ task, method }: Pick<Experiment, "task" | "method">): readonly string[] {
  if (task === "cartpole") return method === "shac" ? CARTPOLE : [...CARTPOLE, "dynamics.initialUpdates=300"];
  const small = { [OWN]: ["dynamics.hidden=64,64"], hopper: ["dynamics.updates=32"], cheetah: [], ant: [] }[task];
  return method === "dmo" ? ["preset=laptop", ...small] : [];
}

/** The same run on the command line; of a visitor's robot how it becomes a task there. */
export const commandOf = ({ task, method, seed, set }: Experiment): string =>
  task === OWN
    ? "npx dmo-lab new task my-robot"
    : `npx dmo-lab train --task ${task} --algorithm ${method} --seed ${seed}${set.map((each) => ` --set ${each}`).join("")}`;

/** The page's address after its #. */
export function addressOf({ task, method, seed, set }: Experiment): string {
  const fields = Object.entries({ task, method, seed: String(seed) });
  const text = new URLSearchParams([...fields, ...set.map((each) => ["set", each])]).toString();
  return text.replaceAll("%3D", "=").replaceAll("%2C", ",");
}

/** The experiment of an address. What it does not say, or says wrong, is the usual. */
export function experimentAt(address: string): Experiment {
  const fields = new URLSearchParams(address.replace(/^#/, ""));
  const seed = Number(fields.get("seed") ?? DEFAULT.seed);
  return {
    task: nameIn(TASKS, fields.get("task"), DEFAULT.task),
    method: nameIn(METHODS, fields.get("method"), DEFAULT.method),
    seed: Number.isSafeInteger(seed) && seed >= 0 ? seed : DEFAULT.seed,
    set: fields.has("task") ? fields.getAll("set") : usualSettings(DEFAULT),
  };
}

const nameIn = <N extends string>(names: Readonly<Record<N, string>>, name: string | null, usual: N): N =>
  Object.hasOwn(names, name ?? "") ? (name as N) : usual;

/** The experiment with a setting assigned anew. */
export const assigned = (experiment: Experiment, path: string, value: string): Experiment => ({
  ...experiment,
  set: [...experiment.set.filter((each) => !each.startsWith(`${path}=`)), `${path}=${value}`],
});

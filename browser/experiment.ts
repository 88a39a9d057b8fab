/** What a visitor of the page can choose, as the page's address and as a command line. */

export const TASKS = { cartpole: "CartPole", hopper: "Hopper", cheetah: "Half-Cheetah", ant: "Ant" } as const;
export const METHODS = { dmo: "DMO", shac: "SHAC", imagination: "imagination" } as const;

export type TaskName = keyof typeof TASKS;
export type MethodName = keyof typeof METHODS;

/** A run of the page: `set` are assignments as on the command line, of which later ones win. */
export type Experiment = { task: TaskName; method: MethodName; seed: number; set: readonly string[] };

const DEFAULT = { task: "cartpole", method: "dmo", seed: 1 } as const;

/** What a robot and a method that were just chosen are set to: what a small computer learns with, where it is not the official. */
export const usualSettings = ({ task, method }: Pick<Experiment, "task" | "method">): readonly string[] =>
  method === "dmo" && task !== "cartpole" ? ["preset=laptop"] : [];

/** The same run on the command line. */
export const commandOf = ({ task, method, seed, set }: Experiment): string =>
  `npx dmo-lab train --task ${task} --algorithm ${method} --seed ${seed}${set.map((each) => ` --set ${each}`).join("")}`;

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
    set: fields.getAll("set"),
  };
}

const nameIn = <N extends string>(names: Readonly<Record<N, string>>, name: string | null, usual: N): N =>
  Object.hasOwn(names, name ?? "") ? (name as N) : usual;

/** The experiment with a setting assigned anew. */
export const assigned = (experiment: Experiment, path: string, value: string): Experiment => ({
  ...experiment,
  set: [...experiment.set.filter((each) => !each.startsWith(`${path}=`)), `${path}=${value}`],
});

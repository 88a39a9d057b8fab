/** Whole epochs: DMO's and their parts, PPO's samples a second. */
import { resolveConfig } from "../../lib/training/config.js";
import type { Column } from "../../lib/training/columns.js";
import type { Row } from "../../lib/training/metrics.js";
import { Training } from "../../lib/training/train.js";
import { measurement, median, type Measurement } from "./measure.js";

const PARTS = ["fit", "rollout", "actor", "critic"] as const;
const MIN_EPOCHS = 3;

/** What an epoch took, by the clock and of the processor (all threads) [s]. */
type Epoch = { row: Row; wall: number; cpu: number };

/** Epochs for `seconds`, and at least three, after the first: there, what an epoch runs is compiled, and a model fitted longer. */
async function epochs(task: string, algorithm: string, seconds: number, set: string[] = []): Promise<Epoch[]> {
  const training = new Training(resolveConfig(task, algorithm, 0, set));
  const done: Epoch[] = [];
  let [wall, cpu] = [0, 0];
  for await (const row of training.rows()) {
    done.push({ row, wall: row.wall_seconds! - wall, cpu: row.cpu_seconds! - cpu });
    [wall, cpu] = [row.wall_seconds!, row.cpu_seconds!];
    if (done.length > MIN_EPOCHS && wall - done[0].row.wall_seconds! > seconds) break;
  }
  training.dispose();
  return done.slice(1);
}

/** Medians of DMO's epochs and their parts; with the official settings, or changed by `set`. */
export async function epochTime(task: string, seconds: number, set: string[] = []): Promise<Measurement[]> {
  const done = await epochs(task, "dmo", seconds, set);
  const measured = PARTS.filter((name) => done.some(({ row }) => row[`${name}_seconds`] !== undefined));
  const part = (name: (typeof PARTS)[number]): Measurement => {
    const column: Column = `${name}_seconds`;
    return measurement(`epoch/${task}/${name}`, median(done.map(({ row }) => row[column]!)), "s");
  };
  return [measurement(`epoch/${task}`, median(done.map(({ wall }) => wall)), "s"), ...measured.map(part)];
}

/** Samples that PPO simulates and learns from in a second of the clock, and in one of the processor's time. */
export async function ppoSpeed(task: string, seconds: number): Promise<Measurement[]> {
  const { envs, horizon } = resolveConfig(task, "ppo", 0);
  const done = await epochs(task, "ppo", seconds);
  const speed = (clock: "wall" | "cpu"): number => (envs * horizon) / median(done.map((epoch) => epoch[clock]));
  return [
    measurement(`ppo/${task}`, speed("wall"), "samples/s"),
    measurement(`ppo/${task}/cpu`, speed("cpu"), "samples/s"),
  ];
}

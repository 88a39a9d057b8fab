/** Whole epochs: DMO's and their parts, PPO's samples a second. */
import { resolveConfig } from "../../lib/training/config.js";
import type { Column } from "../../lib/training/columns.js";
import type { Row } from "../../lib/training/metrics.js";
import { Training } from "../../lib/training/train.js";
import { onGpu, onProcessor, place, type Placement } from "@dmo-lab/jit/placement";
import { useBackend } from "@dmo-lab/jit/backend";
import { measurement, median, type Measurement, type Missing, relativeTo } from "./measure.js";

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

/** DMO's epochs and their parts, computed where training does and on each device; official settings, or changed by `set`. */
export async function epochTime(task: string, seconds: number, set: string[] = []): Promise<(Measurement | Missing)[]> {
  const { gpu } = await useBackend();
  const measure = async (name: string) => partsOf(name, await epochs(task, "dmo", seconds, set));
  return [...(await measure(`epoch/${task}`)), ...(await onEachDevice(`epoch/${task}`, gpu !== undefined, measure))];
}

/** What is measured with all of it on the processor, then on the GPU, relative to that; a row that says so where there is none. */
export async function onEachDevice(
  name: string,
  gpu: boolean,
  measure: (name: string) => Promise<Measurement[]>,
): Promise<(Measurement | Missing)[]> {
  const row = `${name}/gpu`;
  if (!gpu) return [{ name: row, value: null, unit: "s", relativeTo: null, why: "there is no GPU here" }];
  const processor = await placed(onProcessor, () => measure(`${name}/processor`));
  const measured = await placed(onGpu, () => measure(row));
  return [...processor, ...measured.map((each, i) => relativeTo(processor[i], each))];
}

async function placed<R>(placement: Placement, work: () => Promise<R>): Promise<R> {
  const before = place(placement);
  try {
    return await work();
  } finally {
    place(before);
  }
}

/** Medians of epochs and of their parts, as `<name>/<part>`. */
function partsOf(name: string, done: readonly Epoch[]): Measurement[] {
  const measured = PARTS.filter((name) => done.some(({ row }) => row[`${name}_seconds`] !== undefined));
  const partOf = (part: (typeof PARTS)[number]): Measurement => {
    const column: Column = `${part}_seconds`;
    return measurement(`${name}/${part}`, median(done.map(({ row }) => row[column]!)), "s");
  };
  return [measurement(name, median(done.map(({ wall }) => wall)), "s"), ...measured.map(partOf)];
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

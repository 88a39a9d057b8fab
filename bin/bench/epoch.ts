/** Whole epochs of DMO in the official configuration, and their parts. */
import { resolveConfig } from "../../lib/training/config.js";
import type { Column, Row } from "../../lib/training/metrics.js";
import { Training } from "../../lib/training/train.js";
import { measurement, median, type Measurement } from "./measure.js";

const PARTS = ["fit", "rollout", "actor", "critic"] as const;
const MIN_EPOCHS = 3;

/** Medians over the epochs after the first, which fits the model longer. */
export async function epochTime(task: string, seconds: number): Promise<Measurement[]> {
  const training = new Training(resolveConfig(task, "dmo", 0));
  const rows: Row[] = [];
  for await (const row of training.rows()) {
    rows.push(row);
    if (rows.length > MIN_EPOCHS && row.wall_seconds! - rows[0].wall_seconds! > seconds) break;
  }
  training.dispose();
  const times = rows.slice(1).map((row, i) => row.wall_seconds! - rows[i].wall_seconds!);
  const part = (name: (typeof PARTS)[number]): Measurement => {
    const column: Column = `${name}_seconds`;
    return measurement(`epoch/${task}/${name}`, median(rows.slice(1).map((row) => row[column]!)), "s");
  };
  return [measurement(`epoch/${task}`, median(times), "s"), ...PARTS.map(part)];
}

import script from "worker-script";
import type { PlayerCommand, PlayerReport, TrainerCommand, TrainerReport, WorkerStart } from "./messages.js";
import { textWorker, type TextWorker } from "./text-worker.js";

/** What workers are told and report. */
type Talk = { trainer: [TrainerCommand, TrainerReport]; player: [PlayerCommand, PlayerReport] };

export type PageWorker<Be extends keyof Talk> = TextWorker<Talk[Be][0]>;

/** A worker out of the page's own script. */
export function startWorker<Be extends keyof Talk>(
  start: Extract<WorkerStart, { be: Be }>,
  hear: (report: Talk[Be][1]) => void,
): PageWorker<Be> {
  const worker = textWorker<Talk[Be][0] | typeof start>(script, hear);
  worker.tell(start);
  return worker;
}

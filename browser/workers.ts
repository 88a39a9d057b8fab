import script from "worker-script";
import type { PlayerCommand, PlayerReport, TrainerCommand, TrainerReport, WorkerStart } from "./messages.js";

let address: string | undefined;

/** What workers are told and report. */
type Talk = { trainer: [TrainerCommand, TrainerReport]; player: [PlayerCommand, PlayerReport] };

export type PageWorker<Be extends keyof Talk> = { tell(command: Talk[Be][0]): void; end(): void };

/** A worker out of the page's own script, so that pages on a disk have them as well. */
export function startWorker<Be extends keyof Talk>(
  start: Extract<WorkerStart, { be: Be }>,
  hear: (report: Talk[Be][1]) => void,
): PageWorker<Be> {
  address ??= URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const worker = new Worker(address);
  const ended = new AbortController(); // what a worker said before its end may arrive after
  const { signal } = ended;
  worker.addEventListener("message", ({ data }: MessageEvent<Talk[Be][1]>) => hear(data), { signal });
  worker.postMessage(start);
  const end = (): void => {
    ended.abort();
    worker.terminate();
  };
  return { tell: (command) => worker.postMessage(command), end };
}

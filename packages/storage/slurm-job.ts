// The Slurm job that a process belongs to: its lock can be judged from other machines.
import { spawnSync } from "node:child_process";

/** One start of a job. */
export type SlurmJob = {
  /** Of a task of an array its own number, which it keeps when it is requeued. */
  id: string;
  cluster: string;
  /** How often it had been requeued. */
  restarts: number;
};

/** The one that this process belongs to, if any. */
export function slurmJob(): SlurmJob | undefined {
  const { SLURM_JOB_ID: id, SLURM_CLUSTER_NAME: cluster = "", SLURM_RESTART_COUNT: restarts = 0 } = process.env;
  return id === undefined ? undefined : { id, cluster, restarts: Number(restarts) };
}

/** States in which no process of a job runs. */
const OVER = [
  ...["PENDING", "REQUEUED", "REQUEUE_HOLD", "SPECIAL_EXIT", "PREEMPTED", "REVOKED", "COMPLETED", "CANCELLED"],
  ...["FAILED", "TIMEOUT", "DEADLINE", "OUT_OF_MEMORY", "NODE_FAIL", "BOOT_FAIL"],
];

/**
 * Whether no process of a start of a job runs any more: the same job was started again, or Slurm says so. Only jobs of the
 * same cluster can tell; whoever can't is told that it may run.
 */
export function isOver(job: SlurmJob): boolean {
  const own = slurmJob();
  if (own?.cluster !== job.cluster) return false;
  if (own.id === job.id) return own.restarts > job.restarts;
  const query = ["--noheader", "--states=all", `--jobs=${job.id}`, "--format=%T"];
  const { status, stdout, stderr } = spawnSync("squeue", query, { encoding: "utf8", timeout: 30_000 });
  if (status !== 0) return /Invalid job id/.test(stderr ?? ""); // Slurm forgets jobs some minutes after their end
  return stdout.split("\n").every((state) => state === "" || OVER.includes(state));
}

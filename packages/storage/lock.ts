// One process at a time writes to a folder: who made its lock file.
import * as fs from "node:fs";
import { hostname } from "node:os";
import { InputError } from "@dmo-lab/input/errors";
import { storing, writeAtomically } from "./files.js";
import { isOver, slurmJob, type SlurmJob } from "./slurm-job.js";

/** `began` tells a process from a later one that got its number. */
type Holder = { pid: number; host: string; began: string; job?: SlurmJob };

/**
 * Takes a lock for this process, which may have it already; that of a process that is gone is taken over.
 * @param what is locked, for the error
 * @returns releases it, as the end of the process does
 * @throws InputError where another process has it
 */
export function takeLock(file: string, what: string): () => void {
  storing(file, () => {
    if (create(file) || isMine(holderOf(file)) || takeOver(file)) return;
    const { pid, host } = holderOf(file) ?? {};
    throw new InputError(
      `${what} is in use by process ${pid ?? "(unknown)"} on "${host ?? hostname()}". If that one is gone, delete "${file}".`,
    );
  });
  if (held.size === 0) process.once("exit", releaseAll);
  held.add(file);
  return () => release(file);
}

const held = new Set<string>();

function release(file: string): void {
  if (held.delete(file) && isMine(holderOf(file))) fs.rmSync(file, { force: true });
  if (held.size === 0) process.off("exit", releaseAll);
}

const releaseAll = (): void => held.forEach(release);

/** Whether another process holds a lock and, as far as can be seen from here, is alive. */
export const isLocked = (file: string): boolean =>
  fs.existsSync(file) && !isMine(holderOf(file)) && !isGone(holderOf(file));

const self = (): Holder => ({
  pid: process.pid,
  host: hostname(),
  began: beginning(process.pid) ?? "",
  job: slurmJob(),
});

function create(file: string): boolean {
  try {
    fs.writeFileSync(file, JSON.stringify(self()), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Of several processes that find a lock left behind, one may look again and replace it: who can make the file beside it. */
function takeOver(file: string): boolean {
  const holder = holderOf(file);
  if (!isGone(holder)) return false;
  const right = `${file}.${holder!.pid}`;
  if (!create(right)) return false;
  try {
    if (!isGone(holderOf(file))) return false;
    writeAtomically(file, JSON.stringify(self()));
    return true;
  } finally {
    fs.rmSync(right);
  }
}

/** Nobody that can be told where the file is not there or not whole. */
function holderOf(file: string): Holder | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

function isMine(holder: Holder | undefined): boolean {
  const { pid, host, began } = self();
  return holder?.pid === pid && holder.host === host && holder.began === began;
}

/** Processes of other machines can't be seen: they count as alive, unless they belong to a Slurm job that is over. */
function isGone(holder: Holder | undefined): boolean {
  if (holder?.host === hostname()) return beginning(holder.pid) !== holder.began;
  return holder?.job !== undefined && isOver(holder.job);
}

/** When a process began, in the system's ticks; empty where the system does not tell, undefined where there is none. */
function beginning(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  let status: string;
  try {
    status = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
  const [state, ...fields] = status.slice(status.lastIndexOf(")") + 2).split(" ");
  return state === "Z" ? undefined : fields[18];
}

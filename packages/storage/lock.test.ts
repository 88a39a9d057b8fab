import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { StorageError } from "@dmo-lab/input/errors";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { isLocked, takeLock } from "./lock.js";

afterEach(() => vi.unstubAllEnvs());

const self = () => {
  const file = join(temporaryFolder(), "lock");
  const release = takeLock(file, "this");
  return { file, release, holder: JSON.parse(readFileSync(file, "utf8")) };
};

const onLinux = process.platform === "linux";
/** When a process began, as the system tells. */
const began = (pid: number | undefined) => (onLinux ? readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[21] : "");

it("a lock is this process's until it is released", () => {
  const { file, release, holder } = self();
  expect(holder).toMatchObject({ pid: process.pid, host: hostname(), began: began(process.pid) });
  expect(isLocked(file)).toBe(false);
  takeLock(file, "this");
  release();
  expect(existsSync(file)).toBe(false);
});

it("locks go with the process, which listens for its end while it has some", () => {
  const before = process.listenerCount("exit");
  const [first, second, third] = [self(), self(), self()];
  expect(process.listenerCount("exit")).toBe(before + 1);
  third.release();
  expect(process.listenerCount("exit")).toBe(before + 1);
  const ends = process.listeners("exit").at(-1)!;
  ends(0);
  expect([first, second].map(({ file }) => existsSync(file))).toEqual([false, false]);
  expect(process.listenerCount("exit")).toBe(before);
});

it("who releases a lock that another has by now leaves it alone", () => {
  const { file, release, holder } = self();
  const other = JSON.stringify({ ...holder, host: "elsewhere" });
  writeFileSync(file, other);
  expect(isLocked(file)).toBe(true);
  release();
  release();
  expect(readFileSync(file, "utf8")).toBe(other);
});

it("a lock that cannot be written is not one that another has", () => {
  expect(() => takeLock(join(temporaryFolder(), "absent", "lock"), "this")).toThrow(StorageError);
});

it("the lock of a process that ended is taken over; that of one that runs is not", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(child, "spawn");
  const { file, holder } = self();
  const other = JSON.stringify({ ...holder, pid: child.pid, began: began(child.pid) });
  writeFileSync(file, other);
  expect(isLocked(file)).toBe(true);
  expect(() => takeLock(file, '"runs/x"')).toThrow(
    `"runs/x" is in use by process ${child.pid} on "${hostname()}". If that one is gone, delete "${file}".`,
  );
  expect(readFileSync(file, "utf8")).toBe(other);
  child.kill("SIGKILL");
  await once(child, "exit");
  const right = `${file}.${child.pid}`; // of another process that takes it over at this moment
  writeFileSync(right, "");
  expect(() => takeLock(file, "this")).toThrow("in use by process");
  rmSync(right);
  takeLock(file, "this");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(holder);
  expect(readdirSync(dirname(file))).toEqual(["lock"]);
});

it.runIf(onLinux).each([process.pid, process.ppid])(
  "process %s, which got the number of another, is told from it",
  (pid) => {
    const { file, holder } = self();
    writeFileSync(file, JSON.stringify({ ...holder, pid, began: "1" }));
    takeLock(file, "this");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(holder);
  },
);

it.runIf(onLinux)("a process that ended counts as gone before its parent has asked for its end", async () => {
  const parent = spawn("sh", ["-c", "sleep 600 & echo $!; exec sleep 600"]);
  onTestFinished(() => void parent.kill());
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line);
  const name = () => readFileSync(`/proc/${parent.pid}/comm`, "utf8");
  await expect.poll(name).toBe("sleep\n"); // which asks for no child's end, as a shell may
  process.kill(pid, "SIGKILL");
  const state = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2];
  await expect.poll(state).toBe("Z");
  const { file, holder } = self();
  writeFileSync(file, JSON.stringify({ ...holder, pid, began: began(pid) }));
  expect(isLocked(file)).toBe(false);
});

it.each([
  ["of another machine", '{"pid": 1, "host": "elsewhere", "began": "1"}', /in use by process 1 on "elsewhere"/],
  ["that is being written", "", /in use by process \(unknown\)/],
])("a lock %s is left alone", (_, content, message) => {
  const file = join(temporaryFolder({ lock: content }), "lock");
  expect(() => takeLock(file, "this")).toThrow(message);
  expect(isLocked(file)).toBe(true);
  expect(readFileSync(file, "utf8")).toBe(content);
});

const inJob = (id: string, restarts?: string, cluster = "lab") => {
  vi.stubEnv("SLURM_JOB_ID", id);
  vi.stubEnv("SLURM_RESTART_COUNT", restarts);
  vi.stubEnv("SLURM_CLUSTER_NAME", cluster);
};

/** Whether the lock of job 7's first start, on another machine, can be taken. */
function isTaken(): boolean {
  const job = { id: "7", cluster: "lab", restarts: 0 };
  const file = join(temporaryFolder({ lock: JSON.stringify({ pid: 1, host: "elsewhere", began: "1", job }) }), "lock");
  const locked = isLocked(file);
  if (locked) expect(() => takeLock(file, "this")).toThrow("in use by process 1");
  else takeLock(file, "this")();
  return !locked;
}

it("a Slurm job that was requeued takes the lock of its earlier start on another machine", () => {
  inJob("7", "1");
  const { holder, release } = self();
  expect(holder.job).toEqual({ id: "7", cluster: "lab", restarts: 1 });
  expect(isTaken()).toBe(true);
  release();
  inJob("7");
  expect(isTaken()).toBe(false);
});

it.runIf(process.platform !== "win32").each([
  ["ran to its end", "echo COMPLETED", true],
  ["waits to be started again", "echo PENDING", true],
  ["is forgotten", "echo slurm_load_jobs error: Invalid job id specified >&2; exit 1", true],
  ["runs", "echo RUNNING", false],
  ["comes to its end", "echo COMPLETING", false],
  ["can't be asked for", "echo Unable to contact slurm controller >&2; exit 1", false],
])("the lock of a Slurm job that %s", (_, squeue, taken) => {
  const programs = temporaryFolder({ squeue: `#!/bin/sh\ncase "$*" in *--jobs=7*) ${squeue};; esac` });
  chmodSync(join(programs, "squeue"), 0o755);
  vi.stubEnv("PATH", programs + delimiter + process.env.PATH);
  vi.stubEnv("SLURM_JOB_ID", undefined);
  expect(isTaken(), "outside of Slurm").toBe(false);
  inJob("8", "0", "another");
  expect(isTaken(), "of another cluster").toBe(false);
  inJob("8");
  expect(isTaken()).toBe(taken);
});

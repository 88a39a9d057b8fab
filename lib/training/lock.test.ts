import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../scripts/setup/temporary.js";
import { isLocked, takeLock } from "./lock.js";

const self = () => {
  const file = join(temporaryFolder(), "lock");
  const release = takeLock(file, "this");
  return { file, release, holder: JSON.parse(readFileSync(file, "utf8")) };
};

it("a lock is this process's until it is released", () => {
  const { file, release, holder } = self();
  expect(holder).toMatchObject({ pid: process.pid, host: hostname() });
  expect(isLocked(file)).toBe(false);
  takeLock(file, "this");
  release();
  expect(existsSync(file)).toBe(false);
});

it("the lock of a process that ended is taken over; that of one that runs is not", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(child, "spawn");
  const { file, holder } = self();
  const began = process.platform === "linux" ? readFileSync(`/proc/${child.pid}/stat`, "utf8").split(" ")[21] : "";
  const other = JSON.stringify({ ...holder, pid: child.pid, began });
  writeFileSync(file, other);
  expect(isLocked(file)).toBe(true);
  expect(() => takeLock(file, '"runs/x"')).toThrow(
    `"runs/x" is in use by process ${child.pid} on "${hostname()}". If that one is gone, delete "${file}".`,
  );
  expect(readFileSync(file, "utf8")).toBe(other);
  child.kill("SIGKILL");
  await once(child, "exit");
  takeLock(file, "this")();
  expect(existsSync(file)).toBe(false);
});

it.runIf(process.platform === "linux")("a process that got the number of another is told from it", () => {
  const { file, holder } = self();
  writeFileSync(file, JSON.stringify({ ...holder, pid: process.ppid, began: "1" }));
  takeLock(file, "this");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(holder);
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

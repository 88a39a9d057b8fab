import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { withLock } from "./lock.mjs";
import { temporaryFolder } from "../../tests/temporary.js";

const MODULE = new URL("lock.mjs", import.meta.url).href;

/** A lock as a killed process leaves it behind. */
function staleLock(path: string): void {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  writeFileSync(path, JSON.stringify({ pid, host: hostname(), token: "stale" }));
}

test("one at a time, and the lock is gone afterwards", async () => {
  const path = join(temporaryFolder(), "deep", "lock");
  const events: string[] = [];
  const waited: number[] = [];
  const work = (name: string) => async () => {
    events.push(`${name} starts`);
    await sleep(50);
    events.push(`${name} ends`);
  };
  const first = withLock(path, work("first"));
  await withLock(path, work("second"), (pid) => waited.push(pid));
  await first;
  expect(events).toEqual(["first starts", "first ends", "second starts", "second ends"]);
  expect(waited).toEqual([process.pid]);
  expect(existsSync(path)).toBe(false);
});

test("the lock goes with an error and with the end of the process", async () => {
  const path = join(temporaryFolder(), "lock");
  await expect(withLock(path, () => Promise.reject(new Error("work failed")))).rejects.toThrow("work failed");
  expect(existsSync(path)).toBe(false);
  const code = `import { withLock } from "${MODULE}"; await withLock("${path}", async () => process.exit(7));`;
  expect(spawnSync(process.execPath, ["--input-type=module", "-e", code]).status).toBe(7);
  expect(existsSync(path)).toBe(false);
});

test("the lock of a dead process is taken over at once", async () => {
  const path = join(temporaryFolder(), "lock");
  staleLock(path);
  const start = performance.now();
  expect(await withLock(path, () => Promise.resolve("done"))).toBe("done");
  expect(performance.now() - start).toBeLessThan(30_000);
});

test("a holder that lives keeps its lock however long it does not touch it; one of the same pid before it does not", async ({
  skip,
}) => {
  const path = join(temporaryFolder(), "lock");
  const seconds = vi.spyOn(performance, "now");
  onTestFinished(() => seconds.mockRestore());
  let now = 0;
  seconds.mockImplementation(() => (now += 100_000)); // so long at every look
  let order = "";
  const first = withLock(path, () => sleep(1_000).then(() => (order += "first ")));
  await sleep(100);
  const holder = JSON.parse(readFileSync(path, "utf8")) as { start?: string };
  await withLock(path, () => Promise.resolve((order += "second ")));
  await first;
  skip(holder.start === undefined, "this system does not tell when a process began");
  expect(order).toBe("first second ");
  writeFileSync(path, JSON.stringify({ ...holder, token: "another time", start: "1" }));
  seconds.mockRestore();
  const begin = performance.now();
  await withLock(path, () => Promise.resolve());
  expect(performance.now() - begin).toBeLessThan(30_000);
});

test("several processes that find a stale lock still work one at a time", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "lock");
  const log = join(folder, "log");
  staleLock(path);
  const code = `
    import { appendFileSync } from "node:fs";
    import { withLock } from "${MODULE}";
    await withLock("${path}", async () => {
      appendFileSync("${log}", "+");
      await new Promise((resolve) => setTimeout(resolve, 100));
      appendFileSync("${log}", "-");
    });`;
  const children = Array.from({ length: 5 }, () => spawn(process.execPath, ["--input-type=module", "-e", code]));
  await Promise.all(children.map((child) => once(child, "close")));
  expect(readFileSync(log, "utf8")).toBe("+-".repeat(5));
});

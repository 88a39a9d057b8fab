import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { expect, test, vi } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { errorLine, run } from "./process.mjs";

test("gives status and output, also of a command that does not exist", async () => {
  const found = await run(process.execPath, ["-e", "console.log(process.env.WORD); process.exit(3)"], {
    env: { WORD: "hello" },
  });
  expect(found).toMatchObject({ code: 3, stdout: "hello\n" });
  expect((await run("no-such-command-here", [])).code).toBe(127);
});

test("what watch() stops ends with all that it started", async () => {
  const start = performance.now();
  const result = await run("sh", ["-c", "sleep 30; echo late"], { watch: () => "too slow" });
  expect(result.code).not.toBe(0);
  expect(errorLine(result)).toBe("too slow");
  expect(performance.now() - start).toBeLessThan(5_000);
});

test("the error line is the one to read", () => {
  const line = (stdout: string, stderr: string) => errorLine({ code: 1, signal: null, stdout, stderr });
  expect(line("", "throw er;\n\nError: getaddrinfo ENOTFOUND\n    at emitErrorNT")).toBe(
    "Error: getaddrinfo ENOTFOUND",
  );
  expect(line("", "In file included\na.cc:1:10: fatal error: c_api.h: No such file\ncompilation terminated.")).toBe(
    "a.cc:1:10: fatal error: c_api.h: No such file",
  );
  expect(line("Collecting x\n", "ERROR: No matching distribution\n")).toBe("ERROR: No matching distribution");
  expect(line("only this", "")).toBe("only this");
});

test("a set-up that is ended takes along what it started", async () => {
  const root = temporaryFolder();
  const [setup, programs] = ["main", "process"].map((name) => pathToFileURL(`scripts/setup/${name}.mjs`).href);
  const work = `echo > ${root}/begun; sleep 2; echo > ${root}/late`;
  const script = `import { runAlone } from "${setup}";
import { run } from "${programs}";
await runAlone("${root}", () => run("sh", ["-c", "${work}"]));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
  await vi.waitUntil(() => existsSync(join(root, "begun")), 30_000);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([130, null]);
  await sleep(2_500);
  expect(existsSync(join(root, "late"))).toBe(false);
});

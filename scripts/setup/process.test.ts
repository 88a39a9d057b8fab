import { expect, test } from "vitest";
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

import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { Kernel, written, type Outcome } from "../../tests/kernel-client.js";

let kernel: Kernel;
beforeAll(async () => {
  kernel = await Kernel.start();
});
afterAll(() => kernel.stop());

const run = (...lines: string[]): Promise<Outcome> => kernel.execute(lines.join("\n"));

/** The error output of a cell, without colours. */
function errorOf({ messages }: Outcome): { ename: string; evalue: string; traceback: string } {
  const { content } = messages.find(({ type }) => type === "error")!;
  const { ename, evalue, traceback } = content as { ename: string; evalue: string; traceback: string[] };
  return { ename, evalue, traceback: traceback.join("\n").replaceAll(/\x1b\[\d+m/g, "") };
}

describe("output", () => {
  test("5,000 lines arrive, all and in order", async () => {
    const outcome = await run("for (let i = 0; i < 5000; i++) console.log(i);");
    expect(written(outcome)).toBe(Array.from({ length: 5000 }, (_, i) => `${i}\n`).join(""));
  });

  test("cells are counted, and the last expression is a result", async () => {
    const first = await run("const a: number = 20;");
    const second = await run("console.log('text');", "a + 1");
    const count = first.reply.execution_count as number;
    expect(second.reply).toMatchObject({ status: "ok", execution_count: count + 1 });
    expect(second.messages).toEqual([
      expect.objectContaining({ type: "execute_input" }),
      expect.objectContaining({ type: "stream", content: { name: "stdout", text: "text\n" } }),
      expect.objectContaining({
        type: "execute_result",
        content: { execution_count: count + 1, data: { "text/plain": "21" }, metadata: {} },
      }),
    ]);
  });

  test("a loop over asynchronous values may stand alone", async () => {
    await run("async function* numbers() { yield 1; yield 2; }");
    expect(written(await run("for await (const n of numbers()) console.log(n);"))).toBe("1\n2\n");
  });
});

test("variables of earlier cells are found in { name } too", async () => {
  await run("const first = 1;", "let second = 2;");
  const outcome = await run(
    "const both = { first, second };",
    "({ first: second } = both);",
    "console.log(both, second);",
  );
  expect(written(outcome)).toBe("{ first: 1, second: 2 } 1\n");
});

describe("errors", () => {
  test("an exception is an error output with the line of the cell, as it was written", async () => {
    const outcome = await run(
      "// types go when TypeScript is compiled",
      "type Point = {",
      "  x: number;",
      "};",
      "",
      'throw new RangeError("too far");',
      'console.log("not reached");',
    );
    expect(outcome.reply).toMatchObject({ status: "error", ename: "RangeError", evalue: "too far" });
    const { ename, evalue, traceback } = errorOf(outcome);
    const count = outcome.reply.execution_count as number;
    expect([ename, evalue]).toEqual(["RangeError", "too far"]);
    expect(traceback).toContain(`Cell ${count}, line 6\n`);
    expect(traceback).toContain('----> 6 throw new RangeError("too far");');
    expect(traceback.match(/^ +at .*$/gm)).toEqual([`    at cell ${count}, line 6`]);
    expect(written(outcome, "stderr")).toBe("");
  });

  test("it shows the way through functions of earlier cells", async () => {
    const defined = await run(
      "const half = (x: number): number => {",
      "  if (x % 2) throw new Error(`${x} is odd`);",
      "  return x / 2;",
      "};",
    );
    const outcome = await run("await null;", "half(3);");
    const { traceback } = errorOf(outcome);
    const [first, second] = [defined, outcome].map(({ reply }) => reply.execution_count as number);
    expect(traceback).toContain(`Cell ${first}, line 2\n`);
    expect(traceback).toContain(`at half (cell ${first}, line 2)\n    at cell ${second}, line 2`);
  });

  test("a cell with a type error is not executed", async () => {
    const outcome = await run('console.log("executed");', "const n: number = 'text';");
    expect(outcome.reply).toMatchObject({ status: "error", ename: "CompileError" });
    const { traceback } = errorOf(outcome);
    expect(traceback).toMatch(/^TypeScript error 2322: Type 'string' is not assignable to type 'number'\./);
    expect(traceback).toMatch(/----> 2 const n: number = 'text';\n {14}\^/);
    expect(written(outcome)).toBe("");
  });

  test("what was sent along with a failed cell is not executed; the kernel goes on, with what was declared", async () => {
    const outcomes = await Promise.all([run("const kept = 7;", "throw 5;"), run('console.log("sent along");')]);
    expect(outcomes[0].reply).toMatchObject({ status: "error", evalue: "5" });
    expect(outcomes[1].reply).toEqual({ status: "aborted" });
    expect(written(await run("console.log(kept);"))).toBe("7\n");
  });

  test("nor is it if it arrives later, while what is sent once the failure is known is executed", async () => {
    const together = new Date();
    await kernel.execute("throw 5;", undefined, together);
    const [late, next] = [kernel.execute('console.log("late");', undefined, together), run('console.log("next");')];
    expect((await late).reply).toEqual({ status: "aborted" });
    expect(written(await next)).toBe("next\n");
  });

  test("a rejection that nobody awaits is shown and does not end the kernel, whatever a package would do", async () => {
    await run('process.on("unhandledRejection", (reason) => { throw reason; });');
    await run('process.on("uncaughtException", () => process.exit(1));');
    const outcome = await run('void Promise.reject(new Error("lost"));');
    expect(outcome.reply.status).toBe("ok");
    expect(written(outcome, "stderr")).toContain("lost");
    expect(written(await run("console.log('alive');"))).toBe("alive\n");
  });
});

describe("interrupt", () => {
  /** Interrupts a cell that writes something. Gives its outcome, and the milliseconds that it then took to end. */
  async function interrupted(...lines: string[]): Promise<{ outcome: Outcome; after: number }> {
    let asked = 0;
    const outcome = await kernel.execute(lines.join("\n"), ({ type }) => {
      if (type !== "stream" || asked) return;
      asked = performance.now();
      kernel.interrupt();
    });
    return { outcome, after: performance.now() - asked };
  }

  test.each([
    ["a computation", ['console.log("go");', "while (true);"]],
    // Written when the cell's script has ended: node loses a signal that comes while it ends.
    ["a wait", ['setTimeout(() => console.log("go"), 100);', "await new Promise(() => {});"]],
  ])("ends %s", async (_, lines) => {
    const { outcome, after } = await interrupted(...lines);
    expect(outcome.reply).toMatchObject({ status: "error", ename: "Interrupted" });
    expect(after).toBeLessThan(2000);
    expect(written(await run("console.log('alive');"))).toBe("alive\n");
  });

  test("stops a training, which can go on later", async () => {
    await run('import { tensor, training } from "dmo-lab";', "await tensor.useBackend();");
    await run(
      'const settings = ["envs=4", "horizon=4", "dynamics.minReplay=64", "dynamics.initialUpdates=4", "epochs=100000"];',
      'const run = new training.Training(training.resolveConfig("cartpole", "dmo", 1, settings));',
      "const epochs: number[] = [];",
    );
    const { outcome, after } = await interrupted(
      "for await (const { epoch } of run.rows()) {",
      "  epochs.push(epoch!);",
      "  console.log(epoch);",
      "}",
    );
    expect(outcome.reply).toMatchObject({ status: "error", ename: "Interrupted" });
    expect(after).toBeLessThan(2000);
    const count = async (): Promise<number> => Number(written(await run("console.log(epochs.length);")));
    const stopped = await count();
    expect(stopped).toBeGreaterThan(0);
    await sleep(1000);
    expect(await count()).toBe(stopped); // nothing goes on in the background
    const more = await run(
      "const before = epochs.length;",
      "for await (const { epoch } of run.rows()) {",
      "  epochs.push(epoch!);",
      "  if (epochs.length > before + 2) break;",
      "}",
      "console.log(epochs.every((epoch, i) => epoch === i));",
    );
    expect(written(more)).toBe("true\n");
  });
});

describe("the library in cells", () => {
  test("is imported by its name, its types are checked", async () => {
    await run('import { tasks } from "dmo-lab";');
    expect(written(await run('console.log(tasks.findTask("cartpole").observationSize);'))).toBe("5\n");
    const wrong = await run("tasks.findTask(5);");
    expect(errorOf(wrong).traceback).toContain(
      "Argument of type 'number' is not assignable to parameter of type 'string'",
    );
  });

  test("its bad input is an error output that leads into its sources", async () => {
    await run('import { tasks } from "dmo-lab";');
    const { ename, traceback } = errorOf(await run('tasks.findTask("cartpol");'));
    expect(ename).toBe("InputError");
    expect(traceback).toContain('Did you mean "cartpole"?');
    expect(traceback).toMatch(/at oneOf \(packages\/input\/errors\.ts:\d+\)/);
  });
});

test("a value of the library that ends a cell says what it is, alone and within others", async () => {
  await run('import { tasks, tensor, training } from "dmo-lab";', "await tensor.useBackend();");
  const shown = async (cell: string): Promise<string> => {
    const result = (await run(cell)).messages.find(({ type }) => type === "execute_result")!;
    return (result.content as { data: { "text/plain": string } }).data["text/plain"];
  };
  expect(await shown("tensor.tf.tensor2d([[1, 2], [3, 4]])")).toMatch(
    /^Tensor float32 \[2, 2\]\n +\[\[1, 2\],\n +\[3, 4\]\]$/,
  );
  expect(await shown("({ weight: tensor.tf.zeros([64, 3]) })")).toBe("{ weight: Tensor float32 [64, 3] }");
  expect(await shown('tasks.findTask("cartpole")')).toMatch(
    /^Task cartpole: 5 observations, 1 actions, .*\nobservation: .*\nreward: /,
  );
  const run1 = 'new training.Training(training.resolveConfig("cartpole", "dmo", 1))';
  expect(await shown(run1)).toBe("Training of dmo on cartpole, seed 1: 300 epochs of 32 environments and 48 steps");
  expect(await shown(`${run1}.policy()`)).toBe("Policy of cartpole: 5 -> 64 -> 64 -> 1, elu-norm-tanh");
});

test("files that come while the kernel runs are found, and disturb no cell", async () => {
  const root = temporaryFolder({ "notebooks/.keep": "" });
  cpSync(resolve("scripts", "kernel"), join(root, "scripts", "kernel"), { recursive: true });
  symlinkSync(resolve("node_modules"), join(root, "node_modules"), "junction");
  const other = await Kernel.start(root);
  try {
    const cell = 'import { answer } from "./answer"; console.log(answer);';
    expect((await other.execute(cell)).reply).toMatchObject({ status: "error", ename: "CompileError" });
    writeFileSync(join(root, "notebooks", "answer.ts"), "export const answer = 42;");
    const words = [];
    for (let i = 0; i < 8; i++) {
      await sleep(100); // until the watchers of folders have told, and later than that
      words.push(written(await other.execute(`console.log(${i});`)));
    }
    expect(words.join("")).toBe("0\n1\n2\n3\n4\n5\n6\n7\n");
    expect(written(await other.execute(cell))).toBe("42\n");
  } finally {
    await other.stop();
  }
});

test("a cell that is run 20 times leaves nothing behind", async () => {
  await run(
    'import { tasks, tensor } from "dmo-lab";',
    "await tensor.useBackend();",
    "const used: number[][] = [];",
    // The heap is compared after a collection, asked for: by itself it comes when memory is short, or never.
    '(await import("node:v8")).setFlagsFromString("--expose-gc");',
    'const collect = (await import("node:vm")).runInNewContext("gc") as () => void;',
  );
  for (let i = 0; i < 20; i++) {
    const { reply } = await run(
      'const hopper = tasks.createEnvironment(tasks.findTask("hopper"), 4, tensor.streams(1)("environment"));',
      "const states = [hopper.reset()];",
      "for (let t = 0; t < 100; t++) states.push(hopper.step(new Float32Array(12)).nextObs);",
      "hopper.dispose();",
      "collect();",
      "used.push([tensor.tf.memory().numTensors, process.memoryUsage().heapUsed / 1e6]);",
    );
    expect(reply.status).toBe("ok");
  }
  const used = JSON.parse(written(await run("console.log(JSON.stringify(used));"))) as number[][];
  const tensors = used.map(([count]) => count);
  expect(tensors).toEqual(tensors.map(() => tensors[0]));
  expect(used[19][1] - used[4][1]).toBeLessThan(20); // MB
});

test("a build while the kernel runs is noticed, and said once", async () => {
  const root = temporaryFolder({ "dist/.fingerprint": "first" });
  mkdirSync(join(root, "notebooks"));
  cpSync(resolve("scripts", "kernel"), join(root, "scripts", "kernel"), { recursive: true });
  symlinkSync(resolve("node_modules"), join(root, "node_modules"), "junction");
  const other = await Kernel.start(root);
  const said = async (code: string): Promise<string> => written(await other.execute(code), "stderr");
  const build = (name: string): void => writeFileSync(join(root, "dist", ".fingerprint"), name);
  try {
    build("second");
    expect(await said('1; // the first cell that has "dmo-lab"')).toBe("");
    expect(await said("2;")).toBe("");
    build("third");
    expect(await said("3;")).toMatch(/^The library was compiled anew, .*restart the kernel/);
    expect(await said("4;")).toBe("");
    rmSync(join(root, "dist", ".fingerprint")); // as long as it is compiled
    expect(await said("5;")).toBe("");
    build("fourth");
    expect(await said("6;")).toContain("restart the kernel");
  } finally {
    await other.stop();
  }
});

test("the kernel ends when it is told to, with whatever still runs in it", async () => {
  const other = await Kernel.start();
  await other.execute("setInterval(() => {}, 1000);");
  const ended = new Promise((done) => other.process.once("exit", done));
  await other.request("shutdown_request", { restart: false });
  expect(await ended).toBe(0);
  await other.stop();
});

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { findTask } from "../lib/tasks/index.js";
import { simulate, type Simulation } from "../tools/simulate/simulate.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { temporaryFolder } from "../tests/temporary.js";
import { build, runHere, start, TINY } from "../tests/command-line.js";

beforeAll(async () => {
  build();
  await useBackend();
});

const dmoLab = (...argv: string[]) => start("dmo-lab.mjs", argv);
const json = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

describe("simulate --engine", () => {
  const actions = [[[0.5, 0, -0.5]], [[1, 1, 1]]]; // [t][env][action]
  const run = (task: string, ...options: string[]) => {
    const file = join(temporaryFolder({ "actions.json": JSON.stringify(actions) }), "actions.json");
    return runHere("simulate", "--task", task, "--actions", file, ...options);
  };

  test("mujoco prints what the library's simulate gives there, near the differentiable engine's", async () => {
    const { code, stdout, stderr } = await run("hopper", "--engine", "mujoco");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const result = JSON.parse(stdout) as Simulation;
    expect(result).toEqual(simulate(findTask("hopper"), actions, { engine: "mujoco" }));
    const other = JSON.parse((await run("hopper", "--engine", "differentiable")).stdout) as Simulation;
    result.q[0][0].forEach((x, i) => expect(Math.abs(x - other.q[0][0][i]), `q[${i}]`).toBeLessThan(0.02));
    expect(result.q).not.toEqual(other.q);
  });

  test.each([
    [
      "an engine that is not there",
      "hopper",
      ["--engine", "mujco"],
      /engine "mujco" is unknown. Did you mean "mujoco"\?/,
    ],
    ["gradients of MuJoCo", "hopper", ["--engine", "mujoco", "--gradient"], /The engine "mujoco" gives no gradient/],
    ["a task that MuJoCo can't run", "snu", ["--engine", "mujoco"], /engine "mujoco" can't run snu/],
    ["gradients of Allegro", "allegro", ["--engine", "differentiable"], /can't run allegro; allowed: mujoco/],
  ])("refuses %s in one line", async (_, task, options, message) => {
    const { code, stderr, stdout } = await run(task, ...options);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain("\n");
  });
});

describe("a task file", () => {
  const balancer = "examples/balancer.js";

  test.each(["differentiable", "mujoco"])("trains, is scored and shown on the engine %s", async (engine) => {
    const out = join(temporaryFolder(), "run");
    const setting = ["--set", `engine=${engine}`, "--epochs", "3"];
    const train = ["train", "--task", balancer, "--algorithm", "dmo", ...TINY, ...setting, "--out", out];
    const { code, stdout, stderr } = await dmoLab(...train).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(json(join(out, "config.json"))).toMatchObject({ task: balancer, engine });
    const [score] = /Score .*/.exec(stdout)!;
    expect((await dmoLab("evaluate", out).ended).stdout).toContain(score);
    expect((await dmoLab("report", out).ended).code).toBe(0);
    expect(existsSync(join(out, "report.html"))).toBe(true);
    expect((await dmoLab(...train, "--resume").ended).stdout).toContain(score);
  });

  test("tells its tables", async () => {
    const { stdout } = await dmoLab("tasks", balancer).ended;
    expect(stdout).toContain("balancer: observation 5, action 1 in [-1, 1], q 4, qd 4.");
    expect(stdout).toMatch(/Engine mujoco\n {2}steps +1\/240 s/);
  });

  test("is about 60 lines", () => {
    expect(readFileSync(balancer, "utf8").trimEnd().split("\n").length).toBeLessThan(70);
  });

  test.each([
    ["that is not there", "none.js", undefined, "there is no such file"],
    ["without a task", "empty.js", "export const robot = 1;", "its default export is no task"],
  ])("%s is refused in one line", async (_, name, content, message) => {
    const file = join(temporaryFolder(content ? { [name]: content } : {}), name);
    const { code, stderr } = await dmoLab("tasks", file).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^task file ".*${name}": ${message}.*\n$`));
  });
});

test("Ctrl-C ends a run on MuJoCo and its threads", async () => {
  const out = join(temporaryFolder(), "run");
  const { child, ended } = dmoLab("train", "--task", "hopper", "--algorithm", "dmo", "--set", "engine=mujoco", "--out", out, ...TINY); // prettier-ignore
  await expect.poll(() => existsSync(join(out, "metrics.csv")) && readFileSync(join(out, "metrics.csv"), "utf8").split("\n").length, { timeout: 50_000 }).toBeGreaterThan(3); // prettier-ignore
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 130, stderr: expect.not.stringContaining("Error") });
});

import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { findTask } from "../lib/tasks/index.js";
import { simulate, type Simulation } from "../tools/simulate/simulate.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { temporaryFolder } from "../tests/temporary.js";
import { runHere } from "../tests/command-line.js";

beforeAll(async () => {
  await useBackend();
});

const actions = [[[0.5, 0, -0.5], [0, 0.1, 0.2]], [[1, 1, 1], [-1, 0.3, 0]]]; // prettier-ignore

function run(files: Record<string, string>, ...options: string[]) {
  const folder = temporaryFolder({ "actions.json": JSON.stringify(actions), ...files });
  const paths = options.map((option) => (option.endsWith(".json") ? join(folder, option) : option));
  return runHere("simulate", "--task", "hopper", "--actions", join(folder, "actions.json"), ...paths);
}

test("prints one JSON object and nothing else: what the library's simulate gives", async () => {
  const { code, stdout, stderr } = await run({}, "--gradient");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const result = JSON.parse(stdout) as Simulation;
  expect(Object.keys(result)).toEqual(["q", "qd", "obs", "reward", "terminated", "clipped", "gradient"]);
  expect(result).toEqual(simulate(findTask("hopper"), actions, { gradient: true }));
});

test("says how many actions it clips, and beside that nothing changes", async () => {
  const outside = JSON.stringify([[[7, -0.5, -1.001]]]);
  const { code, stdout, stderr } = await run({ "actions.json": outside });
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^Note: 2 of 3 numbers in --actions ".*actions.json" are outside of \[-1, 1\] and were clipped to it\.\n$/,
  );
  const inside = simulate(findTask("hopper"), [[[1, -0.5, -1]]]);
  expect(JSON.parse(stdout)).toEqual({ ...inside, clipped: 2 });
  expect(inside.clipped).toBe(0);
});

test("starts from a given state; without --gradient there is none", async () => {
  const state = { q: [0, 0].map((x) => [x, 0.3, 0, 0, 0, 0]), qd: [1, 2].map((v) => [v, 0, 0, 0, 0, 0]) };
  const { stdout } = await run({ "state.json": JSON.stringify(state) }, "--state", "state.json");
  expect(JSON.parse(stdout)).toEqual(simulate(findTask("hopper"), actions, { state }));
});

describe("refuses with one line and exit code 2", () => {
  const cases: [string, Record<string, string>, string[], RegExp][] = [
    ["a file that is not there", {}, ["--state", "none.json"], /--state ".*none.json" can't be read: ENOENT/],
    ["a truncated file", { "actions.json": "[[[0.5, 0" }, [], /--actions ".*" is not JSON/],
    ["actions of a wrong size", { "actions.json": "[[[0, 0]]]" }, [], /actions\[0\]\[0\] has 2 numbers; allowed: 3/],
    [
      "ragged actions",
      { "actions.json": "[[[0,0,0]],[]]" },
      [],
      /actions\[1\] is empty; allowed: a list of environments/,
    ],
    ["actions that are no array", { "actions.json": '"hop"' }, [], /actions is "hop"; allowed: a list of steps/],
    ["an action that is not finite", { "actions.json": "[[[0,0,1e999]]]" }, [], /actions\[0\]\[0\]\[2\] is Infinity/],
    ["an action that is no number", { "actions.json": "[[[0,0,null]]]" }, [], /actions\[0\]\[0\]\[2\] is null/],
    ["a state without velocities", { "state.json": '{"q": []}' }, ["--state", "state.json"], /is not {"q"/],
    [
      "a state of other size",
      { "state.json": '{"q": [[0]], "qd": [[0]]}' },
      ["--state", "state.json"],
      /state\.q has 1/,
    ],
  ];
  for (const [name, files, options, message] of cases)
    test(name, async () => {
      const { code, stdout, stderr } = await run(files, ...options);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    });
});

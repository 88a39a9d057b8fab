import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError } from "@dmo-lab/input/errors";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { build, start } from "../../tests/command-line.js";
import { defineTask } from "./define-task.js";
import { createEnvironment, findTask } from "./index.js";

beforeAll(async () => {
  build();
  await useBackend();
});

const cartpole = findTask("cartpole");
const { q, qd } = cartpole.start();

/** Cart-Pole with other fields: what a user may have written. */
const slip = (fields: object) => () => {
  const task = defineTask({ ...cartpole, ...fields });
  createEnvironment(task, 2, streams(1)("starts"));
};

const term = (of: unknown) => ({ rewardTerms: { ...cartpole.rewardTerms, mine: { weight: 1, term: of } } });

describe("a slip is one line with the field", () => {
  test.each<[string, object, string]>([
    ["a forgotten await", { model: Promise.resolve(cartpole.model) }, "task.model is a promise"],
    ["no model", { model: undefined }, "task.model is missing; allowed: a model"],
    ["a misspelt field", { episodeLenght: 5 }, 'task.episodeLenght is unknown. Did you mean "episodeLength"?'],
    ["an empty name", { name: "" }, 'task.name is ""; allowed: a text.'],
    ["half a step", { episodeLength: 1.5 }, "task.episodeLength is 1.5; allowed: a whole number from 1."],
    ["a row without a size", { observation: [{ name: "x", unit: "m" }] }, "task.observation[0].size is missing"],
    ["a misspelt row", { observation: [{ name: "x", size: 1, unit: "m", noisy: 1 }] }, "task.observation[0].noisy"],
    ["a weight that is a text", term(undefined), "task.rewardTerms.mine.term is missing; allowed: a function."],
    ["no terms", { rewardTerms: {} }, "rewardTerms is empty"],
    ["a misspelt option of MuJoCo", { mujoco: { step: 4 } }, 'task.mujoco.step is unknown. Did you mean "steps"?'],
    ["a table that does not add up", { observation: cartpole.observation.slice(1) }, "but observe returns 5"],
    [
      "q + 1",
      { observe: (s: { q: number[] }) => [s.q[0] + 1, 0, 0, 0, 0] },
      "observe: component 0 is [object Object]1",
    ],
    ["2 * q", { observe: (s: { q: number[] }) => [0, 2 * s.q[0], 0, 0, 0] }, "observe: component 1 is NaN"],
    ["a q too far", { observe: (s: { q: number[] }) => [0, 0, s.q[7], 0, 0] }, "observe: component 2 is undefined"],
    ["a formula that returns nothing", { observe: () => undefined }, "observe returns undefined; allowed: a list."],
    ["an async start", { start: () => Promise.resolve({ q, qd }) }, "start returns a promise"],
    ["a short start", { start: () => ({ q: [0], qd }) }, "start: q has 1 numbers; allowed: 2."],
    ["a start without velocities", { start: () => ({ q }) }, "start: qd is undefined; allowed: 2 numbers."],
    ["NaN in a reset", { reset: () => ({ q, qd: [0, NaN] }) }, "reset: qd[1] is NaN; allowed: a number."],
    ["no actuators", { model: { ...cartpole.model, actuators: [] } }, "no actuators, so there is nothing to learn"],
    [
      "a number as a reward",
      term(() => tf.scalar(1)),
      'reward term "mine" returns a tensor []; allowed: a tensor float32 [env].',
    ],
    ["a column as a reward", term((obs: tf.Tensor2D) => tf.slice(obs, [0, 0], [-1, 1])), "returns a tensor [env, 1]"],
    ["a mean over environments", term((obs: tf.Tensor2D) => tf.mean(obs, 0)), "returns a tensor [5]"],
    ["a condition as a reward", term((obs: tf.Tensor2D) => tf.greater(tf.sum(obs, 1), 0)), "returns a tensor bool"],
    ["a plain number as a reward", term(() => 1), 'reward term "mine" returns 1; allowed: a tensor'],
    ["an async reward", term(() => Promise.resolve(1)), 'reward term "mine" returns a promise'],
    ["an error in a reward", term((obs: tf.Tensor2D) => tf.matMul(obs, obs)), 'reward term "mine": '],
    [
      "a misspelt row of the context",
      {
        context: [{ name: "command", size: 1, unit: "m/s" }],
        ...{ start: () => ({ q, qd, context: [0] }), reset: () => ({ q, qd, context: [0] }) },
        ...term((_: tf.Tensor2D, __: object, context: { [row: string]: tf.Tensor }) =>
          tf.squeeze(context["comand"], [1]),
        ),
      },
      'reward term "mine": context row "comand" is unknown. Did you mean "command"?',
    ],
    [
      "a float as an end",
      { ends: { far: (obs: tf.Tensor2D) => tf.sum(obs, 1) } },
      'end "far" returns a tensor float32',
    ],
  ])("%s", (_, fields, message) => {
    expect(slip(fields)).toThrow(InputError);
    expect(slip(fields)).toThrow(message);
  });
});

describe("a task file, here outside of the checkout", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "dmo-lab-task-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (text: string) => {
    writeFileSync(path.join(folder, "mine.js"), text);
    return start("dmo-lab.mjs", ["tasks", path.join(folder, "mine.js")]).ended;
  };

  test("imports this library", async () => {
    const { code, stdout } = await run('import { tasks } from "dmo-lab"; export default tasks.findTask("hopper");');
    expect(code).toBe(0);
    expect(stdout).toContain("hopper: observation 11");
  });

  test.each<[string, string, RegExp]>([
    [
      "a name that there is not",
      '\nimport { tasks } from "dmo-lab";\ntasks.defineTusk({});',
      /js", line 3: tasks.defineTusk is not a function$/,
    ],
    [
      "a slip that the library finds",
      'import { tasks } from "dmo-lab";\n\n\ntasks.findTask("hoper");',
      /js", line 4: task "hoper" is unknown. Did you mean "hopper"\?/,
    ],
    ["another file that is missing", 'import "./missing.js";', /js": Cannot find module .*missing.js/],
    ["syntax", "export default {", /js".*: Unexpected end of input$/],
  ])("%s: one line, with the file's line where it is known, and exit code 2", async (_, text, message) => {
    const { code, stderr } = await run(text);
    expect(stderr.trim()).toMatch(message);
    expect(stderr.trim()).not.toContain("\n");
    expect(code).toBe(2);
  });
});

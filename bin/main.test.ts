import { describe, expect, test } from "vitest";
import { packageVersion } from "../lib/project.js";
import { allSettings } from "../lib/training/algorithms.js";
import { runHere } from "../tests/command-line.js";

test("--help lists every command, and each explains itself", async () => {
  const { code, stdout } = await runHere("--help");
  expect(code).toBe(0);
  const names = [...stdout.matchAll(/^ {2}(\S+) {2,}\S/gm)].map((match) => match[1]);
  expect(names).toEqual(expect.arrayContaining(["start", "train", "evaluate", "report", "tasks", "simulate", "bench"]));
  for (const name of names) {
    const help = await runHere(name, "--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain(`Usage: dmo-lab ${name}`);
  }
});

test("the help of train documents every setting and column", async () => {
  const { stdout } = await runHere("train", "--help");
  for (const [name, { meaning }] of Object.entries(allSettings())) {
    expect(stdout).toContain(`  ${name} `);
    expect(stdout).toContain(meaning);
  }
  expect(stdout).toMatch(/wall_seconds +seconds since training began/);
});

test("--version", async () => {
  expect(await runHere("--version")).toEqual({ code: 0, stdout: `${packageVersion()}\n`, stderr: "" });
});

test("without a command: the overview, as bad input", async () => {
  const { code, stdout } = await runHere();
  expect(code).toBe(2);
  expect(stdout).toContain("Commands:");
});

describe("bad input is one line and exit code 2", () => {
  const train = ["train", "--task", "hopper", "--algorithm", "dmo"];
  const cases: [string, string[], RegExp][] = [
    ["unknown command", ["trian"], /command "trian" is unknown. Did you mean "train"\?/],
    ["unknown option", [...train, "--sede", "1"], /option "--sede" is unknown. Did you mean "--seed"\?/],
    [
      "unknown task",
      ["train", "--task", "hoper", "--algorithm", "dmo"],
      /task "hoper" is unknown. Did you mean "hopper"\?/,
    ],
    [
      "unknown algorithm",
      ["train", "--task", "hopper", "--algorithm", "dno"],
      /algorithm "dno" is unknown. Did you mean "dmo"\?/,
    ],
    [
      "unknown setting",
      [...train, "--set", "dynamics.hiden=8,8"],
      /setting "dynamics.hiden" is unknown. Did you mean "dynamics.hidden"\?/,
    ],
    ["setting out of range", [...train, "--set", "gamma=1.5"], /gamma is "1.5"; allowed: a number from 0 to 1/],
    ["setting that is no number", [...train, "--set", "envs=many"], /envs is "many"; allowed: a whole number from 1/],
    [
      "setting beyond any memory",
      [...train, "--set", "envs=1000000000"],
      /envs is "1000000000"; allowed: .* to 100000/,
    ],
    ["setting with an empty value", [...train, "--set", "gamma="], /gamma is ""; allowed: a number from 0 to 1/],
    ["setting without a value", [...train, "--set", "envs"], /--set "envs" is not an assignment/],
    ["epochs out of range", [...train, "--epochs", "0"], /epochs is "0"/],
    ["seed out of range", [...train, "--seed", "-1"], /--seed is "-1"; allowed: a whole number from 0/],
    ["option without a value", [...train, "--out"], /option --out needs a value: --out DIR/],
    ["option in place of a value", ["train", "--task", "--algorithm", "dmo"], /option --task needs a value/],
    ["switch with a value", [...train, "--quiet=yes"], /--quiet is a switch/],
    ["missing option", ["train", "--task", "hopper"], /option --algorithm is missing/],
    ["superfluous argument", [...train, "now"], /"now" is one too many/],
    ["missing argument", ["evaluate"], /an argument is missing. Usage: dmo-lab evaluate POLICY/],
    [
      "more episodes than fit",
      ["evaluate", "lib", "--episodes", "1000000"],
      /--episodes is "1000000"; allowed: a whole number from 1 to 100000/,
    ],
    ["folder without a run", ["evaluate", "lib"], /"lib" holds no run/],
    ["threads that no machine has", ["bench", "--threads", "1000000"], /a whole number from 1 to 1024/],
    ["report of no run", ["report", "lib"], /"lib" holds no run/],
    ["unknown task to show", ["tasks", "cartpol"], /Did you mean "cartpole"\?/],
    ["unknown benchmark", ["bench", "matmull"], /Did you mean "matmul"\?/],
    ["threads out of range", ["bench", "--threads", "0"], /--threads is "0"; allowed: a whole number from 1/],
    ["no time to measure", ["bench", "--seconds", "-1"], /--seconds is "-1"/],
  ];
  for (const [name, argv, message] of cases)
    test(name, async () => {
      const { code, stdout, stderr } = await runHere(...argv);
      expect(code).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    });
});

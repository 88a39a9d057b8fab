import { expect, test } from "vitest";
import { resolveConfig } from "../lib/training/config.js";
import { addressOf, assigned, commandOf, experimentAt, usualSettings, type Experiment } from "./experiment.js";

const experiment: Experiment = {
  task: "hopper",
  method: "imagination",
  seed: 7,
  set: ["horizon=8", "dynamics.hidden=64,64"],
};

test("an experiment is an address, which can be read, and a command line", () => {
  expect(addressOf(experiment)).toBe("task=hopper&method=imagination&seed=7&set=horizon=8&set=dynamics.hidden=64,64");
  expect(experimentAt(`#${addressOf(experiment)}`)).toEqual(experiment);
  expect(commandOf(experiment)).toBe(
    "npx dmo-lab train --task hopper --algorithm imagination --seed 7 --set horizon=8 --set dynamics.hidden=64,64",
  );
});

test("what an address does not say, or says wrong, is the usual", () => {
  const usual = { task: "cartpole", method: "dmo", seed: 1 } as const;
  for (const address of ["", "#", "#a-heading", "#seed=1.5"])
    expect(experimentAt(address), address).toEqual({ ...usual, set: usualSettings(usual) });
  for (const address of ["#task=toString&method=&seed=-1", "#task=go2"])
    expect(experimentAt(address), address).toEqual({ ...usual, set: [] });
});

test("a setting is assigned once", () => {
  expect(assigned(assigned(experiment, "horizon", "16"), "horizon", "32").set).toEqual([
    "dynamics.hidden=64,64",
    "horizon=32",
  ]);
});

test("what the page sets of itself, a run of that method has on that task", () => {
  for (const task of ["cartpole", "hopper", "cheetah", "ant"] as const)
    for (const method of ["dmo", "shac", "imagination"] as const)
      expect(resolveConfig(task, method, 1, usualSettings({ task, method })).task).toBe(task);
});

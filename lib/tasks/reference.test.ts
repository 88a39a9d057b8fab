// Trajectories, rewards, resets and gradients for fixed actions: of the benchmark's own simulator (float32), and for
// Half-Cheetah, Humanoid and SNU Humanoid of a float64 oracle (data/reference/README.md).
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { packageFile } from "../project.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../tensor/random.js";
import { Environment } from "./environment.js";
import { createEngine } from "./engines.js";
import { findTask } from "./index.js";
import { type Matrix, type Simulation, simulate } from "../../tools/simulate/simulate.js";

type Section = {
  initial: { q: Matrix; qd: Matrix; obs: Matrix };
  q: Matrix[];
  qd: Matrix[];
  obs: Matrix[];
  reward: Matrix;
  gradient8: Matrix[];
};
type Reference = {
  actions: Matrix[];
  deterministic: Section;
  stochastic: Section;
  resets: { actions: Matrix[]; obs: Matrix[]; reward: Matrix; done: Matrix };
};
const load = (name: string): Reference =>
  JSON.parse(readFileSync(packageFile(`data/reference/dflex/${name}.json`), "utf8"));

/** Largest difference, in parts of max(1, |expected|) or absolute. */
function difference(got: unknown[], expected: unknown[], relative: boolean): number {
  const [a, b] = [got, expected].map((x) => x.flat(3) as number[]);
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]) / (relative ? Math.max(1, Math.abs(b[i])) : 1)));
}
const norm = (x: number[]) => Math.hypot(...x);

function expectTrajectory(got: Simulation, expected: Section): void {
  expect(difference(got.q, expected.q, false)).toBeLessThan(1e-4);
  expect(difference(got.qd, expected.qd, true)).toBeLessThan(2e-3);
  expect(difference(got.obs, expected.obs, true)).toBeLessThan(2e-3);
  expect(difference(got.reward, expected.reward, true)).toBeLessThan(2e-3);
}

function expectGradient(got: Matrix[], expected: Matrix[]): void {
  const [a, b] = [got.flat(2), expected.flat(2)];
  const dot = a.reduce((sum, x, i) => sum + x * b[i], 0);
  expect(norm(a.map((x, i) => x - b[i])) / norm(b)).toBeLessThan(1e-2);
  expect(dot / norm(a) / norm(b)).toBeGreaterThan(0.9999);
}

beforeAll(async () => {
  await useBackend();
});

for (const name of ["cartpole", "hopper", "cheetah", "ant", "humanoid", "snu"])
  describe(`${name} against the reference`, () => {
    const task = findTask(name);
    const reference = load(name);

    test("deterministic start: states, observations, rewards and their gradient over 8 steps", () => {
      const { deterministic, actions } = reference;
      const got = simulate(task, actions.slice(0, 8), { state: deterministic.initial, gradient: true });
      expectTrajectory(got, deterministic);
      expectGradient(got.gradient!, deterministic.gradient8);
    });

    test("noisy start: states, observations, rewards over 32 steps, and their gradient over 8", () => {
      const { stochastic, actions } = reference;
      expectTrajectory(simulate(task, actions, { state: stochastic.initial }), stochastic);
      const short = simulate(task, actions.slice(0, 8), { state: stochastic.initial, gradient: true });
      expectGradient(short.gradient!, stochastic.gradient8);
    });

    test("the deterministic start and its observation", () => {
      const { q, qd, obs } = reference.deterministic.initial;
      const start = { ...task.start(), action: new Array<number>(task.actionSize).fill(0), context: [], sensors: [] };
      expect(difference(start.q, q[0], false)).toBeLessThan(1e-6);
      expect(difference(start.qd, qd[0], false)).toBeLessThan(1e-6);
      expect(difference(task.observe(start), obs[0], false)).toBeLessThan(1e-6);
    });
  });

test("hopper with resets: observation after a reset, reward before it", () => {
  const { actions, obs, reward, done } = load("hopper").resets;
  const hopper = findTask("hopper");
  const task = { ...hopper, reset: () => hopper.start() };
  const environment = new Environment(task, createEngine(task, actions[0].length), streams(0)("resets"));
  environment.reset();
  actions.forEach((rows, t) => {
    const step = environment.step(Float32Array.from(rows.flat()));
    expect([...step.terminated], `ends at step ${t}`).toEqual(done[t]);
    expect(difference([...step.resetObs], obs[t], true)).toBeLessThan(2e-3);
    expect(difference([...step.reward], reward[t], true)).toBeLessThan(2e-3);
  });
  expect(done.flat().filter((flag) => flag)).toHaveLength(2);
});

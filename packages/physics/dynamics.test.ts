import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { packageFile } from "../../lib/project.js";
import { loadModel } from "../../tests/models.js";
import { generalizedForces, integrate } from "./dynamics.js";
import { factorize, massMatrix, solve } from "./mass-matrix.js";
import { type Model } from "./model.js";
import { buildTree } from "./tree.js";

/** Every kind of joint, a fixed link, off-centre inertias, springs, limits and contact; a state that uses them all. */
const { model: creature, state }: { model: Model; state: { q: number[]; qd: number[] } } = JSON.parse(
  readFileSync(packageFile("data/reference/creature.json"), "utf8"),
);

type OneSubstep = {
  dt: number;
  jointForce: number[][];
  q: number[][];
  qd: number[][];
  qdd: number[][];
  tau: number[][];
  massMatrix: number[][][];
};

/** Largest difference in parts of the largest expected value. */
const difference = (got: number[], expected: number[]) =>
  Math.max(...got.map((x, i) => Math.abs(x - expected[i]))) / Math.max(...expected.map(Math.abs));

describe("one substep against the benchmark's simulator (float32)", () => {
  for (const name of ["hopper", "cartpole", "ant"])
    test(name, () => {
      const tree = buildTree(loadModel(name));
      const reference = JSON.parse(readFileSync(packageFile(`data/reference/dflex/${name}.json`), "utf8"));
      const { initial } = reference.stochastic;
      const expected: OneSubstep = reference.oneSubstep;
      const armature = tree.links.flatMap(({ joint }) => Array(joint.type === "free" ? 6 : 1).fill(joint.armature));
      expected.q.forEach((q, env) => {
        const at = initial.q[env];
        const matrix = massMatrix(tree, at) as number[][];
        const bare = matrix.map((row, i) => row.map((x, j) => (i === j ? x - armature[i] : x)));
        const lower = expected.massMatrix[env].map((row, i) => row.slice(0, i + 1));
        expect(difference(bare.flat(), lower.flat())).toBeLessThan(1e-5);
        const passive = generalizedForces(tree, at, initial.qd[env], Array(tree.model.actuators.length).fill(0));
        const tau = (passive as number[]).map((x, i) => x + expected.jointForce[env][i]);
        expect(difference(tau, expected.tau[env])).toBeLessThan(1e-6);
        const qdd = solve(factorize(matrix), tau) as number[];
        expect(difference(qdd, expected.qdd[env])).toBeLessThan(5e-6);
        const qd = qdd.map((x, i) => initial.qd[env][i] + expected.dt * x);
        expect(difference(qd, expected.qd[env])).toBeLessThan(5e-6);
        expect(difference(integrate(tree, at, qd, expected.dt) as number[], q)).toBeLessThan(1e-6);
      });
    });
});

test("the factors solve with the mass matrix", () => {
  const tree = buildTree(creature);
  const matrix = massMatrix(tree, state.q) as number[][];
  const x = matrix.map((_, i) => Math.sin(i + 1));
  const full = (i: number, j: number) => (i >= j ? matrix[i][j] : matrix[j][i]);
  const b = matrix.map((_, i) => x.reduce((sum, value, j) => sum + full(i, j) * value, 0));
  (solve(factorize(matrix), b) as number[]).forEach((value, i) => expect(value).toBeCloseTo(x[i], 10));
});

test("without contact, springs, dampers and weight the energy's change is the power of the motors", () => {
  const links = creature.links.map((link) => ({
    ...link,
    joint: { ...link.joint, damping: 0, stiffness: 0, limits: undefined },
  }));
  const tree = buildTree({ ...creature, gravity: [0, 0, 0], contacts: [], links });
  const energy = (q: number[], qd: number[]) => {
    const matrix = massMatrix(tree, q) as number[][];
    return matrix.reduce(
      (sum, row, i) => sum + row.reduce((s, x, j) => s + (i === j ? 0.5 : 1) * x * qd[i] * qd[j], 0),
      0,
    );
  };
  const [action, { q, qd }] = [[0.4, -0.7], state];
  const forces = generalizedForces(tree, q, qd, action) as number[];
  const qdd = solve(factorize(massMatrix(tree, q)), forces) as number[];
  const after = (h: number) => {
    const moved = qd.map((x, i) => x + h * qdd[i]);
    // Second order in h: positions advance at the mean velocity.
    return energy(
      integrate(
        tree,
        q,
        qd.map((x, i) => (x + moved[i]) / 2),
        h,
      ) as number[],
      moved,
    );
  };
  const power = action[0] * 3 * qd[10] + action[1] * 40 * qd[9];
  expect((after(1e-5) - after(-1e-5)) / 2e-5).toBeCloseTo(power, 6);
});

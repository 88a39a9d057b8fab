import { test } from "vitest";
import { readFileSync } from "node:fs";
import { buildTree } from "./model.js";
import { massMatrix, factorize, solve, generalizedForces, integrate } from "./dynamics.js";
test("one", () => {
  for (const name of ["hopper", "cartpole", "ant"]) {
    const tree = buildTree(JSON.parse(readFileSync(`data/models/${name}.json`, "utf8")));
    const g = JSON.parse(readFileSync(`/work/shared/reference/dflex/${name}.json`, "utf8"));
    const o = g.one_substep, st = g.stochastic;
    for (let e = 0; e < 3; e++) {
      const q = st.init_joint_q[e], qd = st.init_joint_qd[e];
      const M = massMatrix(tree, q) as number[][];
      let mh = 0;
      const arm = tree.links.flatMap((l) => Array(l.joint.type === "free" ? 6 : 1).fill(l.joint.armature));
      M.forEach((r, i) => r.forEach((x, j) => { mh = Math.max(mh, Math.abs(x - o.H[e][i][j] - (i === j ? arm[i] : 0))); }));
      const motorless = generalizedForces(tree, q, qd, Array(8).fill(0)) as number[];
      // joint_act
      const tau = motorless.map((x, i) => x + o.joint_act[e][i]);
      const rel = (a: number[], b: number[]) => Math.max(...a.map((x, i) => Math.abs(x - b[i]))) / Math.max(...b.map(Math.abs));
      const qdd = solve(factorize(M), tau) as number[];
      const nqd = qd.map((x: number, i: number) => x + o.dt * qdd[i]);
      console.log(name, e, "M", mh, "tau", rel(tau, o.joint_tau[e]), "qdd", rel(qdd, o.joint_qdd[e]), "qd", rel(nqd, o.joint_qd[e]), "q", rel(integrate(tree, q, nqd, o.dt) as number[], o.joint_q[e]));
    }
  }
});

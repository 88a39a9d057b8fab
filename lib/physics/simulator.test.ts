import { test } from "vitest";
import { findTask } from "../tasks/index.js";
import { Simulator } from "./simulator.js";
import { readFileSync } from "node:fs";
import { buildTree } from "./model.js";
import { massMatrix, factorize, solve, generalizedForces, integrate } from "./dynamics.js";
test("one", () => {
  for (const name of ["hopper", "cartpole", "ant"]) {
    const model = JSON.parse(readFileSync(`data/models/${name}.json`, "utf8"));
    const sim = new Simulator(model, ({ q, qd }) => [...q, ...qd], 2, "f64x2");
    const g = JSON.parse(readFileSync(`/work/shared/reference/dflex/${name}.json`, "utf8"));
    for (const t of [5, 30]) {
      const q = g.stochastic.joint_q[t][0],
        qd = g.stochastic.joint_qd[t][0],
        action = g.actions[t][0];
      const all = [...q, ...qd, ...action];
      const run = (x: number[]) => {
        for (const e of [0, 1]) sim.setState(e, x.slice(0, q.length), x.slice(q.length, q.length + qd.length));
        sim.startTape(1);
        sim.step([...x.slice(q.length + qd.length), ...x.slice(q.length + qd.length)]);
        return [...sim.observe()].slice(0, sim.observationSize);
      };
      run(all);
      const w = Array.from({ length: sim.observationSize }, (_, i) => Math.sin(3 * i + 1));
      const ga = sim.back(0, [...w, ...w], new Uint8Array(2));
      const gs = sim.stateGradient();
      const grad = [...gs.q.subarray(0, q.length), ...gs.qd.subarray(0, qd.length), ...ga.subarray(0, action.length)];
      let worst = 0;
      const norm = Math.max(...grad.map(Math.abs));
      all.forEach((x, i) => {
        const h = 1e-6;
        const f = (d: number) => run(all.with(i, x + d)).reduce((s, y, k) => s + y * w[k], 0);
        const fd = (f(h) - f(-h)) / 2 / h;
        if (Math.abs(fd - grad[i]) > 1e-6 * Math.max(1, Math.abs(fd))) console.log(name, t, i, fd, grad[i]);
        worst = Math.max(worst, Math.abs(fd - grad[i]) / norm);
      });
      console.log(name, t, worst);
    }
  }
});

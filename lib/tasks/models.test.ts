// The model records against the models that the benchmark's own simulator built (data/reference/dflex/*_model.json).
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Joint, isMuscle } from "@dmo-lab/physics/model";
import { buildTree } from "@dmo-lab/physics/tree";
import { packageFile } from "../project.js";
import { findTask } from "./index.js";

type BuiltModel = {
  joint_type: number[];
  joint_parent: number[];
  joint_X_pj: number[][];
  joint_axis: number[][];
  joint_q_start: number[];
  joint_qd_start: number[];
  joint_target: number[];
  joint_limit_lower: number[];
  joint_limit_upper: number[];
  joint_limit_ke: number[];
  joint_limit_kd: number[];
  joint_target_ke: number[];
  joint_target_kd: number[];
  joint_armature: number[];
  body_mass: number[];
  body_com: number[][];
  body_inertia: number[][][];
  contact_body0: number[];
  contact_point0: number[][];
  contact_dist: number[];
  contact_material: number[];
  motors?: number[];
  strength?: number[];
  muscles?: {
    names: string[];
    muscle_start: number[];
    muscle_links: number[];
    muscle_points: number[][];
    muscle_strengths: number[];
  };
  dt: number;
  substeps: number;
  mass_matrix_every: number;
  start_q: number[];
};
const JOINTS = ["slide", "hinge", "ball", "fixed", "free"];
/** Limits that far away stand for none. */
const UNLIMITED = 1000;
const ZERO = [0, 0, 0];

describe.each(["cartpole", "hopper", "cheetah", "ant", "humanoid", "snu"])(
  "%s equals the benchmark's model",
  (name) => {
    const task = findTask(name);
    const { model } = task;
    const built = JSON.parse(
      readFileSync(packageFile(`data/reference/dflex/${name}_model.json`), "utf8"),
    ) as BuiltModel;
    const { links: moving } = buildTree(model);
    const numberOf = (link: string | undefined) => model.links.findIndex((each) => each.name === link);

    test("tree and start", () => {
      expect(model.links.map(({ joint }) => joint.type)).toEqual(built.joint_type.map((type) => JOINTS[type]));
      expect(model.links.map(({ parent }) => numberOf(parent))).toEqual(built.joint_parent);
      for (const { name: link, q, qd } of moving) {
        expect(q).toBe(built.joint_q_start[numberOf(link)]);
        expect(qd).toBe(built.joint_qd_start[numberOf(link)]);
      }
      expectClose(task.start().q, built.start_q);
    });

    test("masses, inertias, joints, limits", () => {
      model.links.forEach(({ joint, mass = 0, com = ZERO, inertia = [0, 0, 0, 0, 0, 0] }, i) => {
        const [xx, yy, zz, xy, xz, yz] = inertia;
        expectClose([mass, ...com], [built.body_mass[i], ...built.body_com[i]]);
        expectClose([xx, xy, xz, xy, yy, yz, xz, yz, zz], built.body_inertia[i].flat());
        if (joint.type !== "free") expectJoint(joint, built, i);
      });
    });

    test("contact points", () => {
      expect(model.contacts.map(({ link }) => numberOf(link))).toEqual(built.contact_body0);
      expectClose(
        model.contacts.flatMap(({ position, radius }) => [...position, radius]),
        built.contact_point0.flatMap((point, i) => [...point, built.contact_dist[i]]),
      );
      for (const { ke, kd, kf, mu } of Object.values(model.materials))
        expectClose([ke, kd, kf, mu], built.contact_material);
    });

    test("motors and muscles", () => {
      const motors = moving.flatMap((link) => link.motors.map((motor) => ({ qd: link.qd, ...motor })));
      motors.sort((a, b) => a.action - b.action);
      expect(motors.map(({ qd }) => qd)).toEqual(built.motors ?? []);
      expectClose(
        motors.map(({ strength }) => strength),
        built.strength ?? [],
      );
      const muscles = model.actuators.filter(isMuscle);
      const expected = built.muscles ?? {
        names: [],
        muscle_start: [0],
        muscle_links: [],
        muscle_points: [],
        muscle_strengths: [],
      };
      expect(muscles.map((each) => each.name)).toEqual(expected.names);
      const lengths = expected.muscle_start.slice(1).map((end, k) => end - expected.muscle_start[k]);
      expect(muscles.map((each) => each.path.length)).toEqual(lengths);
      const points = muscles.flatMap((each) => each.path);
      expect(points.map(({ link }) => numberOf(link))).toEqual(expected.muscle_links);
      expectClose(
        points.flatMap(({ position }) => position),
        expected.muscle_points.flat(),
      );
      expectClose(
        muscles.map(({ strength }) => strength),
        expected.muscle_strengths,
      );
    });

    test("time steps", () => {
      expectClose(model.timeStep, built.dt);
      expect([model.substeps, model.massMatrixEvery ?? model.substeps]).toEqual([
        built.substeps,
        built.mass_matrix_every,
      ]);
    });
  },
);

function expectJoint(joint: Joint, built: BuiltModel, i: number): void {
  const [at, dof] = [built.joint_q_start[i], built.joint_qd_start[i]];
  const { position = ZERO, rotation = [0, 0, 0, 1], stiffness = 0, damping = 0, armature = 0, target = 0 } = joint;
  expectClose([...position, ...rotation], built.joint_X_pj[i]);
  if (joint.type === "fixed") return;
  expectClose([stiffness, armature], [built.joint_target_ke[i], built.joint_armature[dof]]);
  if (joint.type === "ball") return expectClose(damping, built.joint_target_kd[i]);
  expectClose(joint.axis!, built.joint_axis[i]);
  expectClose(damping, built.joint_target_kd[i] + built.joint_limit_kd[i]);
  if (stiffness) expectClose(target, built.joint_target[at]);
  const range = [built.joint_limit_lower[at], built.joint_limit_upper[at]];
  if (Math.abs(range[0]) >= UNLIMITED) return expect(joint.limits).toBeUndefined();
  const { lower, upper, stiffness: spring } = joint.limits!;
  expectClose([lower, upper, spring], [...range, built.joint_limit_ke[i]]);
}

/** Equal to the precision of the float32 numbers. */
function expectClose(got: number | readonly number[], expected: number | readonly number[]): void {
  const [a, b] = [[got].flat(), [expected].flat()] as [number[], number[]];
  expect(a.length).toBe(b.length);
  a.forEach((x, i) => expect(Math.abs(x - b[i]), `${x} and ${b[i]}`).toBeLessThan(2e-7 * Math.max(1, Math.abs(b[i]))));
}

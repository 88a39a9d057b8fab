import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InputError } from "@dmo-lab/input/errors";
import { packageFile } from "../../lib/project.js";
import { loadModel } from "../../tests/models.js";
import { generalizedForces } from "./dynamics.js";
import { massMatrix } from "./mass-matrix.js";
import { type Link, type Model } from "./model.js";
import { buildTree } from "./tree.js";

const { model: creature, state } = JSON.parse(readFileSync(packageFile("data/reference/creature.json"), "utf8")) as {
  model: Model;
  state: { q: number[]; qd: number[] };
};

describe("fixed joints", () => {
  test("are merged: no coordinates, and children and contacts move to the parent", () => {
    const tree = buildTree(creature);
    expect(tree.links.map((link) => link.name)).toEqual(["torso", "shoulder", "piston", "finger"]);
    expect([tree.nq, tree.nqd]).toEqual([7 + 4 + 1 + 1, 6 + 3 + 1 + 1]);
    expect(tree.links[1].mass).toBeCloseTo(1, 12);
    expect(tree.links[1].contacts).toHaveLength(1);
  });
  test("are as stiff as a hinge that stays at 0 while nothing else differs", () => {
    const links = creature.links.map((link): Link =>
      link.joint.type === "fixed" ? { ...link, joint: { ...link.joint, type: "hinge", axis: [0, 0, 1] } } : link,
    );
    const [welded, hinged] = [buildTree(creature), buildTree({ ...creature, links })];
    const insert = (x: readonly number[], at: number) => [...x.slice(0, at), 0, ...x.slice(at)];
    const remove = <T>(x: readonly T[], at: number) => [...x.slice(0, at), ...x.slice(at + 1)];
    const { q, qd } = state;
    const forces = generalizedForces(hinged, insert(q, 11), insert(qd, 9), [0, 0]) as number[];
    const expected = generalizedForces(welded, q, qd, [0, 0]) as number[];
    remove(forces, 9).forEach((x, i) => expect(x).toBeCloseTo(expected[i], 9));
    const matrix = massMatrix(hinged, insert(q, 11)) as number[][];
    const rows = remove(matrix, 9).map((row, i) => (i >= 9 ? remove(row, 9) : row));
    const welds = massMatrix(welded, q) as number[][];
    rows.flat().forEach((x, i) => expect(x).toBeCloseTo(welds.flat()[i], 9));
  });
});

describe("refused", () => {
  const hopper = loadModel("hopper");
  const change = (name: string, edit: (link: Link) => Link): Model => ({
    ...hopper,
    links: hopper.links.map((link) => (link.name === name ? edit(link) : link)),
  });
  const joint = (name: string, changes: object) =>
    change(name, (link) => ({ ...link, joint: { ...link.joint, ...changes } }));
  const cases: [string, Model, string][] = [
    [
      "an unknown joint type",
      joint("leg", { type: "hing" }),
      'links[4].joint.type is "hing"; allowed: free or slide or hinge or ball or fixed. Did you mean "hinge"?',
    ],
    [
      "an unknown parent",
      change("leg", (link) => ({ ...link, parent: "tigh" })),
      'parent of link "leg" "tigh" is unknown. Did you mean "thigh"?',
    ],
    [
      "a parent that comes later",
      change("thigh", (link) => ({ ...link, parent: "foot" })),
      'parent of link "thigh" "foot" is unknown.',
    ],
    ["a name twice", change("leg", (link) => ({ ...link, name: "thigh" })), 'the name "thigh" is used twice.'],
    ["a long axis", joint("leg", { axis: [0, 2, 0] }), 'axis of link "leg" has length 2; allowed: 1.'],
    ["no axis", joint("leg", { axis: undefined }), 'axis of link "leg" has length 0; allowed: 1.'],
    [
      "a negative mass",
      change("leg", (link) => ({ ...link, mass: -1 })),
      "links[4].mass is -1; allowed: a number from 0.",
    ],
    [
      "no mass at all",
      { ...change("foot", (link) => ({ ...link, mass: 0, joint: { ...link.joint, armature: 0 } })) },
      'link "foot" carries no mass and has no armature',
    ],
    ["a free joint on a link", joint("leg", { type: "free" }), 'joint of link "leg": a free joint moves in the world'],
    [
      "a contact on no link",
      { ...hopper, contacts: [{ ...hopper.contacts[0], link: "toe" }] },
      'contacts "toe" is unknown.',
    ],
    [
      "an unknown material",
      { ...hopper, contacts: [{ ...hopper.contacts[0], material: "grond" }] },
      'materials "grond" is unknown. Did you mean "ground"?',
    ],
    ["a motor on no link", { ...hopper, actuators: [{ link: "knee", strength: 1 }] }, 'actuators "knee" is unknown.'],
    [
      "a motor on a ball",
      { ...creature, actuators: [{ link: "shoulder", strength: 1 }] },
      'actuators: "shoulder" moves by a ball joint; allowed: slide, hinge.',
    ],
    [
      "a muscle on no link",
      {
        ...creature,
        actuators: [{ name: "biceps", strength: 1, path: [{ link: "shouldr", position: [0, 0, 0] }] }],
      },
      'path of muscle "biceps" "shouldr" is unknown. Did you mean "shoulder"?',
    ],
    [
      "no quaternion",
      joint("leg", { rotation: [0, 0, 0, 0] }),
      "links[4].joint.rotation is [0,0,0,0]; allowed: 4 numbers, not all of them 0.",
    ],
    ["a number that is not finite", { ...hopper, gravity: [0, NaN, 0] }, "gravity[1] is NaN; allowed: 3 numbers."],
    [
      "a shape of an unknown kind",
      { ...hopper, shapes: [{ type: "cone", link: "leg" } as never] },
      'shapes[0].type is "cone"; allowed: sphere or capsule or cylinder or ellipsoid or box or mesh.',
    ],
    [
      "a muscle without a name",
      { ...hopper, actuators: [{ path: [], strength: 1 } as never] },
      "actuators[0].name is missing; allowed: a text.",
    ],
    ["no record", 3 as never, "model is 3; allowed: a record."],
    ["no time", { ...hopper, timeStep: 0 }, "timeStep is 0; allowed: a number above 0."],
    ["half a substep", { ...hopper, substeps: 2.5 }, "substeps is 2.5; allowed: a whole number from 1 to 1000."],
    ["uneven renewals", { ...hopper, massMatrixEvery: 5 }, "massMatrixEvery is 5; allowed: a divisor of substeps, 16."],
  ];
  for (const [name, model, message] of cases)
    test(name, () => {
      expect(() => buildTree(model)).toThrow(InputError);
      expect(() => buildTree(model)).toThrow(message);
    });
});

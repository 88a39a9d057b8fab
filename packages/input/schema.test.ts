import { describe, expect, it } from "vitest";
import * as schema from "./schema.js";

const { check, list, number, oneName, optional, positive, record, variant, whole } = schema;

const shape = variant("type", {
  ball: record({ type: oneName("ball"), radius: positive }),
  box: record({ type: oneName("box"), size: schema.numbers(3) }),
});
const robot = record({
  name: schema.text,
  up: oneName("y", "z"),
  links: list(record({ mass: schema.notNegative, axis: optional(schema.numbers(3)) }), "a list of links", 1),
  substeps: optional(whole(1, 1000)),
  materials: optional(schema.dictionary(number)),
  shapes: optional(list(shape)),
});
const good: schema.Output<typeof robot> = { name: "cart", up: "y", links: [{ mass: 1 }] };

describe("check", () => {
  it("gives back what fits, itself", () => {
    const value = { ...good, substeps: 4, materials: { ground: 1 }, shapes: [{ type: "ball", radius: 1 }] };
    expect(check(robot, value)).toBe(value);
  });

  it.each([
    [{ ...good, up: "Z" }, `up is "Z"; allowed: y or z. Did you mean "z"?`],
    [{ ...good, up: undefined }, "up is missing; allowed: y or z."],
    [{ up: "y", links: good.links }, "name is missing; allowed: a text."],
    [{ ...good, name: "" }, `name is ""; allowed: a text.`],
    [
      { ...good, substep: 4 },
      `substep is unknown. Did you mean "substeps"? Allowed: name, up, links, substeps, materials, shapes.`,
    ],
    [{ ...good, substeps: 1.5 }, "substeps is 1.5; allowed: a whole number from 1 to 1000."],
    [{ ...good, substeps: 1001 }, "substeps is 1001; allowed: a whole number from 1 to 1000."],
    [{ ...good, links: {} }, "links is {}; allowed: a list of links."],
    [{ ...good, links: [] }, "links is empty; allowed: a list of links."],
    [{ ...good, links: [{ mass: 1 }, { mass: -1 }] }, "links[1].mass is -1; allowed: a number from 0."],
    [{ ...good, links: [{ mass: Infinity }] }, "links[0].mass is Infinity; allowed: a number from 0."],
    [{ ...good, links: [{ mass: 1, axis: [0, NaN, 0] }] }, "links[0].axis[1] is NaN; allowed: 3 numbers."],
    [{ ...good, links: [{ mass: 1, axis: [0, 1] }] }, "links[0].axis is [0,1]; allowed: 3 numbers."],
    [{ ...good, links: [[]] }, "links[0] is []; allowed: a record."],
    [{ ...good, links: [{ mass: 1, axes: 1 }] }, `links[0].axes is unknown. Did you mean "axis"? Allowed: mass, axis.`],
    [{ ...good, materials: { ground: "hard" } }, `materials.ground is "hard"; allowed: a number.`],
    [{ ...good, shapes: [{ type: "bal" }] }, `shapes[0].type is "bal"; allowed: ball or box. Did you mean "ball"?`],
    [{ ...good, shapes: [{ type: "ball", radius: 0 }] }, "shapes[0].radius is 0; allowed: a number above 0."],
  ])("refuses %j", (value, message) => {
    expect(() => check(robot, value)).toThrow(expect.objectContaining({ name: "InputError", message }));
  });

  it("names where the value is from, and cuts long ones", () => {
    expect(() => check(list(list(number)), [[1], [2, "x"]], "actions")).toThrow(`actions[1][1] is "x"`);
    expect(() => check(robot, { ...good, name: 3 }, `model "a.json": `)).toThrow(`model "a.json": name is 3`);
    expect(() => check(number, "x".repeat(100), "n")).toThrow(/^n is "x{59}\.\.\.; allowed: a number\.$/);
  });
});

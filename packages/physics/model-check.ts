/** Whether a value, read from JSON or typed by hand, has the form of a model record; `tree-check.ts`: whether it makes a robot. */
import * as v from "valibot";
import {
  allow,
  check,
  dictionary,
  list,
  notNegative,
  number,
  numbers,
  oneName,
  optional,
  positive,
  record,
  text,
  variant,
  whole,
} from "@dmo-lab/input/schema";
import { type ContactPoint, type Joint, type Link, type Material, type Model, jointTypes } from "./model.js";

/** A check for every field of a type, so that none is forgotten here. */
type Fields<T> = { [F in keyof T]-?: v.GenericSchema };

const point = numbers(3);
const quaternion = allow(
  "4 numbers, not all of them 0",
  v.pipe(
    numbers(4),
    v.check((q) => Math.hypot(...q) >= 1e-6),
  ),
);
const pose = { position: optional(point), rotation: optional(quaternion) };

const joint = record({
  type: oneName(...jointTypes),
  ...pose,
  axis: optional(point),
  armature: optional(notNegative),
  damping: optional(notNegative),
  stiffness: optional(notNegative),
  target: optional(number),
  frictionloss: optional(notNegative),
  limits: optional(record({ lower: number, upper: number, stiffness: notNegative })),
} satisfies Fields<Joint>);

const link = record({
  name: text,
  parent: optional(text),
  joint,
  mass: optional(notNegative),
  com: optional(point),
  inertia: optional(numbers(6)),
} satisfies Fields<Link>);

const material = record({
  ke: notNegative,
  kd: notNegative,
  kf: notNegative,
  mu: notNegative,
} satisfies Fields<Material>);

const contact = record({
  link: text,
  position: point,
  radius: notNegative,
  material: text,
} satisfies Fields<ContactPoint>);

const motor = record({ link: text, strength: number });
const muscle = record({ name: text, strength: number, path: list(record({ link: text, position: point })) });
const control = record({ name: text, control: text, unit: text, range: numbers(2), activations: optional(whole()) });
const actuator = v.lazy((value): v.GenericSchema => {
  const has = (field: string): boolean => Object.hasOwn(Object(value) as object, field);
  return has("path") ? muscle : has("control") ? control : motor;
});

const seen = { type: text, link: text, color: optional(text) };
const rod = record({ ...seen, radius: notNegative, from: point, to: point });
const shape = variant("type", {
  sphere: record({ ...seen, radius: notNegative, position: optional(point) }),
  ...{ capsule: rod, cylinder: rod },
  ellipsoid: record({ ...seen, ...pose, radii: point }),
  box: record({ ...seen, ...pose, size: point }),
  mesh: record({ ...seen, ...pose, mesh: text }),
});

const model = record({
  name: text,
  up: oneName("y", "z"),
  gravity: point,
  timeStep: positive,
  substeps: whole(1, 1000),
  massMatrixEvery: optional(whole()),
  links: list(link),
  materials: dictionary(material),
  contacts: list(contact),
  actuators: list(actuator),
  shapes: optional(list(shape)),
  meshes: optional(allow("a file or meshes by name", v.union([v.string(), v.looseObject({})]))),
  mjcf: optional(record({ text, file: text })),
  notes: optional(list(text)),
} satisfies Fields<Model>);

/** Checks the form of a model record. @throws InputError that names the place, the value and what is allowed */
export const checkModel = (value: unknown): void => void check(model, value, typeof value === "object" ? "" : "model");

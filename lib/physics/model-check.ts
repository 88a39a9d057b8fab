/** Whether a value, read from JSON or typed by hand, has the form of a model record; `tree-check.ts`: whether it makes a robot. */
import { InputError, oneOf } from "../errors.js";

/** Throws an {@link InputError} that names the place unless the value is as it has to be. */
type Check = (value: unknown, place: string) => void;

function refuse(value: unknown, place: string, allowed: string): never {
  const written = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "missing");
  throw new InputError(
    `${place} is ${written.length > 60 ? `${written.slice(0, 60)}...` : written}; allowed: ${allowed}.`,
  );
}

const isFinite = (value: unknown): value is number => Number.isFinite(value);
const isRecord = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const number: Check = (value, place) => isFinite(value) || refuse(value, place, "a number");
const positive: Check = (value, place) => (isFinite(value) && value >= 0) || refuse(value, place, "a number from 0");
const text: Check = (value, place) => typeof value === "string" || refuse(value, place, "a text");
const choice =
  (...names: string[]): Check =>
  (value, place) =>
    names.includes(value as string) || refuse(value, place, names.join(", "));

const numbers =
  (count: number): Check =>
  (value, place) =>
    (Array.isArray(value) && value.length === count && value.every(isFinite)) ||
    refuse(value, place, `${count} numbers`);
const point = numbers(3);
const quaternion: Check = (value, place) => {
  numbers(4)(value, place);
  if (Math.hypot(...(value as number[])) < 1e-6) refuse(value, place, "a quaternion that is not 0");
};

const list =
  (item: Check): Check =>
  (value, place) => {
    if (!Array.isArray(value)) refuse(value, place, "a list");
    value.forEach((part, i) => item(part, `${place}[${i}]`));
  };

/** A record with exactly these fields, of which the optional ones may be absent. */
const record =
  (fields: { [name: string]: Check }, optional: { [name: string]: Check } = {}): Check =>
  (value, place) => {
    if (!isRecord(value)) refuse(value, place || "the model", "a record");
    const at = (name: string): string => (place ? `${place}.${name}` : name);
    for (const name of Object.keys(value)) oneOf("field", at(name), Object.keys({ ...fields, ...optional }).map(at));
    for (const [name, check] of Object.entries(fields)) check(value[name], at(name));
    for (const [name, check] of Object.entries(optional)) if (value[name] !== undefined) check(value[name], at(name));
  };

const pose = { position: point, rotation: quaternion };
const joint = record(
  { type: text },
  {
    ...pose,
    axis: point,
    armature: positive,
    damping: positive,
    stiffness: positive,
    target: number,
    limits: record({ lower: number, upper: number, stiffness: positive }),
  },
);
const link = record({ name: text, joint }, { parent: text, mass: number, com: point, inertia: numbers(6) });
const material = record({ ke: positive, kd: positive, kf: positive, mu: positive });
const motor = record({ link: text, strength: number });
const muscle = record({ name: text, strength: number, path: list(record({ link: text, position: point })) });

const look = { color: text };
const shapes: { [type: string]: Check } = {
  sphere: record({ type: text, link: text, radius: positive }, { ...look, position: point }),
  capsule: record({ type: text, link: text, radius: positive, from: point, to: point }, look),
  box: record({ type: text, link: text, size: point }, { ...look, ...pose }),
  mesh: record({ type: text, link: text, mesh: text }, { ...look, ...pose }),
};
const shape: Check = (value, place) => {
  const type = isRecord(value) ? value.type : undefined;
  choice(...Object.keys(shapes))(type, `${place}.type`);
  shapes[type as string](value, place);
};

const model = record(
  {
    name: text,
    up: choice("y", "z"),
    gravity: point,
    timeStep: positive,
    substeps: number,
    links: list(link),
    materials: (value, place) => {
      if (!isRecord(value)) refuse(value, place, "a record");
      for (const [name, found] of Object.entries(value)) material(found, `${place}.${name}`);
    },
    contacts: list(record({ link: text, position: point, radius: positive, material: text })),
    actuators: list((value, place) => (isRecord(value) && "path" in value ? muscle : motor)(value, place)),
  },
  { massMatrixEvery: number, shapes: list(shape), meshes: text },
);

/** Checks the form of a model record. @throws InputError that names the place, the value and what is allowed */
export function checkModel(value: unknown): void {
  model(value, "");
}

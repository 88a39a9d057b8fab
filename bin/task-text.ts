/** What the terminal says of a task, from the very data that the code runs on. */
import path from "node:path";
import { type Actuator, actuatorName, isControl, isMuscle, type Link } from "@dmo-lab/physics/model";
import { buildTree } from "@dmo-lab/physics/tree";
import type { PositionControl } from "@dmo-lab/mujoco/mujoco-motors";
import { mujocoPhysics } from "@dmo-lab/mujoco/mujoco-engine";
import { type EngineName, enginesOf } from "../lib/tasks/engines.js";
import { placed } from "../lib/tasks/read.js";
import { resolveConfig, unofficial } from "../lib/training/config.js";
import { laptopAlgorithms } from "../lib/training/laptop-preset.js";
import type { ContextRow, ObservationRow, Task } from "../lib/tasks/task.js";
import { table } from "./terminal.js";

export const TASK_COLUMNS = ["task", "observation", "action", "episode", "control step", "moving links", "engines"];

/** A row of the table of all tasks. */
export const taskRow = (task: Task): string[] => [
  task.name,
  String(task.observationSize),
  String(task.actionSize),
  `${task.episodeLength} steps`,
  fraction(task.model.timeStep),
  String(buildTree(task.model).links.length),
  enginesOf(task).join(", "),
];

/** Everything about one task. */
export function describeTask(task: Task): string {
  const { nq, nqd } = buildTree(task.model);
  const { q, qd, context = [] } = task.start();
  const { observationSize, actorSees, rewardFloor: floor } = task;
  const seen = actorSees.length < observationSize ? ` (the actor sees ${actorSees.length})` : "";
  return [
    `${task.name}: observation ${observationSize}${seen}, action ${task.actionSize} in [-1, 1], q ${nq}, qd ${nqd}.`,
    section("Observation", observationRows(task)),
    ...conditions(task),
    section(
      `Reward: the sum of weight x term${floor === undefined ? "" : `, at least ${floor}`}`,
      Object.entries(task.rewardTerms).map(([name, { weight }]) => [String(weight), name]),
    ),
    section("Ends of an episode", endRows(task)),
    section("Deterministic start", [
      ["q", q.map(short).join(", ")],
      ["qd", qd.map(short).join(", ")],
      ...placed(task.context ?? []).map(({ name, first, size }) => {
        return [
          name,
          context
            .slice(first, first + size)
            .map(short)
            .join(", "),
        ];
      }),
    ]),
    ...physics(task),
    ...enginesOf(task).map((engine) => section(`Engine ${engine}`, engineRows[engine](task))),
  ].join("\n\n");
}

const section = (title: string, rows: readonly (readonly string[])[]): string =>
  `${title}\n${table(rows.map(([first, ...rest]) => [`  ${first}`, ...rest]))}`;

const indices = ({ first, size }: { first: number; size: number }): string =>
  size === 1 ? String(first) : `${first}-${first + size - 1}`;

function observationRows({ observation }: Task): string[][] {
  const partial = observation.some(({ privileged, noise }) => privileged || noise);
  const seen = ({ privileged, noise }: ObservationRow): string =>
    privileged ? "no" : noise ? `+-${short(noise)}` : "yes";
  const rows = placed(observation).map((row) => [indices(row), row.name, row.unit, ...(partial ? [seen(row)] : [])]);
  return [["index", "quantity", "unit", ...(partial ? ["seen by the actor"] : [])], ...rows];
}

/** What an episode has beside its state: the context, and what sensors read. */
function conditions({ context = [], sensors = [] }: Task): string[] {
  const parts: string[] = [];
  const what = ({ range, rate }: ContextRow): string =>
    range ? `${short(range[0])} to ${short(range[1])}` : rate ? `advances by ${short(rate)} a second, modulo 1` : "";
  const rows = placed(context).map((row) => [indices(row), row.name, row.unit, what(row)]);
  if (rows.length > 0)
    parts.push(section("Context: drawn for an episode", [["index", "quantity", "unit", ""], ...rows]));
  const read = placed(sensors).map((row) => [indices(row), row.name, row.unit]);
  if (read.length > 0) parts.push(section("Sensors", [["index", "quantity", "unit"], ...read]));
  return parts;
}

function endRows({ episodeLength, ends = {}, stateLimit }: Task): string[][] {
  const rows = Object.keys(ends).map((when) => [when, "terminated"]);
  if (stateLimit !== undefined) rows.push([`q or qd not finite or beyond ${stateLimit}`, "terminated, reward 0"]);
  return [...rows, [`after ${episodeLength} steps`, "truncated"]];
}

/** How each engine simulates a task. */
const engineRows: Record<EngineName, (task: Task) => string[][]> = {
  differentiable: ({ model: { timeStep, substeps, massMatrixEvery = substeps } }) => [
    ["steps", `${fraction(timeStep / substeps)}, ${substeps} in a control step; semi-implicit Euler`],
    ["mass matrix", `factored every ${massMatrixEvery} steps`],
    ["contact, limits", "springs and dampers, as above"],
  ],
  mujoco: ({ model, mujoco }) => {
    const { text, steps, timeStep } = mujocoPhysics(model, mujoco);
    const integrator = /integrator="(\w+)"/.exec(text)?.[1] ?? "Euler";
    const own = mujoco?.mjcf && path.basename(mujoco.mjcf);
    return [
      ["steps", `${fraction(timeStep / steps)}, ${steps} in a control step; ${integrator}, joint damping implicit`],
      [
        "contact, limits",
        own ? `as ${own} says` : "MuJoCo's constraints with their default parameters; friction mu as above",
      ],
      ...(mujoco?.control ? controlRows(mujoco.control) : []),
    ];
  },
};

const controlRows = ({ stiffness, damping, rest, range, limit }: PositionControl): string[][] => [
  [
    "motors",
    `${stiffness} N m/rad * (rest + ${range} rad * action - q) - ${damping} N m s/rad * qd, cut at ${limit} N m`,
  ],
  ["", "less stiction * tanh(qd / 0.1) + viscosity * qd, cut at the motor's strength"],
  ["rest", `${rest.map(short).join(", ")} rad`],
];

function physics(task: Task): string[] {
  const { model } = task;
  const { timeStep, gravity, links, actuators, contacts, materials, notes = [] } = model;
  const mass = links.reduce((sum, link) => sum + (link.mass ?? 0), 0);
  const general = [
    ["control step", fraction(timeStep)],
    ["gravity", `${gravity.map(short).join(", ")} m/s^2 (${model.up} is up)`],
    ["mass", `${short(mass)} kg`],
  ];
  const ground = Object.entries(materials).map(([name, { ke, kd, kf, mu }]) => [
    name,
    ...[ke, kd, kf, mu].map(short),
    String(contacts.filter(({ material }) => material === name).length),
  ]);
  const columns = enginesOf(task).includes("differentiable") ? LINK_COLUMNS.length : LINK_COLUMNS.length - 1;
  const rows = [LINK_COLUMNS, ...links.map(linkRow)].map((cells) => cells.slice(0, columns));
  const parts = [section("Physics", general), section("Links [SI units]", rows)];
  parts.push(...actuatorTables(actuators));
  if (ground.length > 0)
    parts.push(section("Ground contact [SI units]", [["material", "ke", "kd", "kf", "mu", "points"], ...ground]));
  if (notes.length > 0)
    parts.push(
      section(
        "Otherwise than the model's file says",
        notes.map((note) => [note]),
      ),
    );
  return parts;
}

/** What the action drives, a table for each kind. */
function actuatorTables(actuators: readonly Actuator[]): string[] {
  const rows = actuators.map((each, i): { kind: keyof typeof ACTUATORS; row: string[] } => {
    const start = [String(i), actuatorName(each)];
    if (!isControl(each)) return { kind: isMuscle(each) ? "muscle" : "motor", row: [...start, short(each.strength)] };
    return { kind: "control", row: [...start, each.control, ...each.range.map(short), each.unit] };
  });
  return Object.entries(ACTUATORS).flatMap(([kind, { title, columns }]) => {
    const own = rows.filter((each) => each.kind === kind).map(({ row }) => row);
    return own.length > 0 ? [section(title, [columns, ...own])] : [];
  });
}

const ACTUATORS = {
  motor: { title: "Motors", columns: ["action", "joint of link", "strength [N or N m]"] },
  muscle: { title: "Muscles: tension strength * (action + 1) / 2", columns: ["action", "muscle", "strength [N]"] },
  control: { title: "Controls", columns: ["action", "actuator", "control", "at -1", "at 1", "unit"] },
};

/** The last one is the differentiable engine's alone. */
const LINK_COLUMNS = [
  "link",
  "parent",
  "joint",
  "mass",
  "armature",
  "damping",
  "stiffness",
  "limits",
  "limit stiffness",
];

function linkRow({ name, parent, joint, mass = 0 }: Link): string[] {
  const { type, armature = 0, damping = 0, stiffness = 0, limits } = joint;
  const range = limits ? [`${short(limits.lower)} to ${short(limits.upper)}`, short(limits.stiffness)] : ["", ""];
  return [name, parent ?? "world", type, ...[mass, armature, damping, stiffness].map(short), ...range];
}

/** What the preset `laptop` of each algorithm sets otherwise than the paper on a task, which is loaded. */
export const describePresets = (task: string): string[] =>
  laptopAlgorithms(task).map((algorithm) =>
    section(`Preset laptop of ${algorithm} (train --preset laptop): what it changes`, [
      ["setting", "laptop", "official"],
      ...unofficial(resolveConfig(task, algorithm, 0, ["preset=laptop"])),
    ]),
  );

/** Up to five significant digits. */
const short = (value: number): string => String(Number(value.toPrecision(5)));

/** A time step as people say it: 1/60 s. */
const fraction = (seconds: number): string =>
  Math.abs(1 / seconds - Math.round(1 / seconds)) < 1e-9 ? `1/${Math.round(1 / seconds)} s` : `${short(seconds)} s`;

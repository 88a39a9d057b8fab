// What a reader of a comparison's numbers has to know of the runs, a sentence each.
import { taskChanges } from "../../lib/training/task-digest.js";
import { number } from "../report/format.js";
import type { Column } from "../../lib/training/columns.js";
import { distinct, nameOf, onTasks, SLACK, type ComparedRun, type MeasuredGroup } from "./compare-groups.js";
import { timed } from "./timed.js";

/** How often the 95 % interval of the mean of so few normal values holds the true mean, in per cent (`statistics.test.ts`). */
const COVERAGE: { [seeds: number]: number } = { 2: 51, 3: 72, 4: 80, 5: 83 };

const groupName = ({ task, method }: MeasuredGroup): string => `${task} ${method}`;

export const notesOnRuns = (
  runs: readonly ComparedRun[],
  groups: readonly MeasuredGroup[],
  against: Column,
): string[] => [
  ...otherTasks(runs),
  ...together("Partial runs, with their epochs", runs.filter(({ partial }) => partial).map((run) => `${nameOf(run)} (${number(run.epochs)} of ${number(run.config.epochs)})`)), // prettier-ignore
  ...together("Seeds are compared, and their mean curve ends, where the shortest ends", groups.flatMap(shortSeed)),
  ...unequalSamples(groups),
  ...missingSeeds(groups),
  ...fewSeeds(groups),
  ...(against === "wall_seconds" ? machines(runs) : []),
];

/** One sentence for all runs or methods of which it is true. */
const together = (what: string, names: readonly string[]): string[] =>
  names.length > 0 ? [`${what}: ${names.join(", ")}.`] : [];

/** Runs whose task has one name and was not the same, beside the first run that knows what it was trained on. */
function otherTasks(runs: readonly ComparedRun[]): string[] {
  const known = runs.flatMap((run) => (run.trainedOn ? { run, digest: run.trainedOn } : []));
  return known.flatMap(({ run, digest }) => {
    const first = known.find((other) => other.run.task === run.task)!;
    const changes = taskChanges(first.digest, digest);
    return changes.length > 0
      ? [`${nameOf(run)} was trained on another task than ${nameOf(first.run)}: ${changes.join(", ")} differs.`]
      : [];
  });
}

/** Whose time is not the clock's. */
export function notesOnTimes(runs: readonly ComparedRun[]): string[] {
  const busy = runs.filter(({ busyClock }) => busyClock);
  const [known, unknown] = [busy.filter((run) => timed(run)), busy.filter((run) => !timed(run))];
  const names = (some: readonly ComparedRun[]): string => some.map(nameOf).join(", ");
  return [
    ...(known.length > 0 ? [`Times are of the processor where the machine was busy: ${names(known)}.`] : []),
    ...(unknown.length > 0 ? [`Left out, as the machine was busy and their time is unknown: ${names(unknown)}.`] : []),
  ];
}

/** The shortest seed of a method, where others outlast it. */
function shortSeed(group: MeasuredGroup): string[] {
  const ends = group.bySamples.map(({ x }) => x.at(-1)!);
  const [longest, short] = [Math.max(...ends), group.seeds[ends.indexOf(group.samples)]];
  if (!(group.samples < (1 - SLACK) * longest)) return [];
  return [`${groupName(group)} seed ${short} at ${number(group.samples)} samples of ${number(longest)}`];
}

/** Final values are each method's own; where these are not after equal samples, the curves are. */
function unequalSamples(groups: readonly MeasuredGroup[]): string[] {
  const unequal = distinct(groups.map(({ task }) => task)).filter((task) => {
    const ends = groups.filter((group) => group.task === task).map(({ samples }) => samples);
    return Math.min(...ends) < (1 - SLACK) * Math.max(...ends);
  });
  if (unequal.length === 0) return [];
  return [`Methods have different numbers of samples on ${unequal.join(", ")}: their final values are not after equal samples (--at N takes them there); curves against samples compare equal ones.`]; // prettier-ignore
}

/** Seeds that other methods have on the same task. */
function missingSeeds(groups: readonly MeasuredGroup[]): string[] {
  const missing = groups.flatMap((group) => {
    const all = distinct(groups.filter(({ task }) => task === group.task).flatMap(({ seeds }) => seeds));
    const lacks = all.filter((seed) => !group.seeds.includes(seed)).sort((a, b) => a - b);
    return lacks.length > 0 ? [`${groupName(group)} (${lacks.join(", ")})`] : [];
  });
  return together("Seeds that others have on the task and these lack", missing);
}

function fewSeeds(groups: readonly MeasuredGroup[]): string[] {
  const single = groups.filter(({ seeds }) => seeds.length === 1);
  const few = Math.min(...groups.map(({ seeds }) => seeds.length).filter((count) => count > 1));
  return [
    ...(single.length > 0 ? [`One seed gives no interval: ${onTasks(single)}.`] : []),
    ...(few in COVERAGE
      ? [
          `The 95 % interval of a mean over ${few} seeds is too narrow: it holds the true mean in about ${COVERAGE[few]} % of cases (docs/studies.md).`,
        ]
      : []),
  ];
}

/** What computed the runs, and how fast it multiplies matrices, where that differs by more than {@link SAME_SPEED}. */
function machines(runs: readonly ComparedRun[]): string[] {
  const found = distinct(runs.map(({ machine }) => machine ? `${machine.cpu}, ${machine.backend.name}${machine.backend.gpu ? " on a GPU" : ""}, threads: ${machine.backend.threads}` : "a machine that is not known")); // prettier-ignore
  const speeds = runs.flatMap(({ machine }) => machine?.matmul_gflops ?? []);
  const [slowest, fastest] = [Math.min(...speeds), Math.max(...speeds)];
  return [
    ...(found.length > 1 ? [`Times are of different machines or settings: ${found.join("; ")}.`] : []),
    ...(fastest > SAME_SPEED * slowest
      ? [`Times are of machines whose matrix products run at ${number(slowest)} to ${number(fastest)} GFLOP/s.`]
      : []),
  ];
}

const SAME_SPEED = 1.25;

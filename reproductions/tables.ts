// Hyperparameters, observations and rewards as Markdown, printed from the configurations and tasks that the code runs.
import { report, tasks, training } from "../api/index.js";
import { SIX } from "./presets.js";
import { markdownTable } from "./table.js";

/** Where the code means to differ from what is known of the paper's settings: every one that the test finds, and why. */
export const DIFFERENCES: { where: string; paper: string; why: string }[] = [
  {
    where: "reward of go2: weight of force in swing",
    paper: "4",
    why: "the term is negative there: here it is positive, and the weight -4, as of all penalties",
  },
];

/** Whatever was not released: what ours is, and where it is from. */
const OURS = [
  ["DMO on CartPole", "smaller networks and model than on the other tasks (`lib/training/presets.ts`)"],
  ["All methods on Allegro", "Ant's settings, with episodes of 600 steps"],
  ["Budgets of BPTT and SAPO", "about DMO's samples; SAPO's are SHAC's settings with two critics and a temperature"],
  [
    "MAAC",
    "five models of DMO's shape (feed-forward), three imagined steps, SAC's actor and Q functions, DMO's budget; the authors' kind is MAAC-V",
  ],
  ["MAAC-V", "the authors' development settings, with models that have no memory (docs/algorithms/maac.md)"],
  ["SAC's epoch", "64 steps of all environments: a unit of logging, with one update a step as there"],
  ["Go2 on two legs", "weights, ends, range of commands, phases and reset (`robots/go2/go2-bipedal.ts`)"],
];

const ALGORITHMS = ["dmo", "imagination", "shac", "bptt", "ppo", "sac", "maac", "maac-v", "sapo"];
const COLUMNS = ["cartpole", ...SIX, "go2"];

/** `actor.hidden` is `128,64,32`; what a configuration lacks is `-`. */
const shown = (value: unknown): string => (value === undefined ? "-" : String(value as string | number | number[]));

/** Settings of an algorithm: what all tasks have in common, and a table of the others. */
export function hyperparameters(algorithm: string): { common: [string, string][]; table: string } {
  const gradients = training.findAlgorithm(algorithm).engineGradients;
  const names = COLUMNS.filter(
    (task) => !gradients || tasks.enginesOf(tasks.findTask(task)).includes("differentiable"),
  );
  const columns = names.map((task) => new Map(training.settingsOf(training.resolveConfig(task, algorithm, 1))));
  const paths = [...new Set(columns.flatMap((column) => [...column.keys()]))].filter(
    (path) => !["task", "algorithm", "seed"].includes(path),
  );
  const rows = paths.map((path) => [path, ...columns.map((column) => shown(column.get(path)))]);
  const equal = ([, first, ...others]: string[]): boolean => others.every((value) => value === first);
  return {
    common: rows.filter(equal).map(([path, value]) => [path, value]),
    table: markdownTable({
      head: ["setting", ...names.map(report.title)],
      rows: rows.filter((row) => !equal(row)).map(([path, ...values]) => [`\`${path}\``, ...values]),
    }),
  };
}

function algorithmSection(algorithm: string): string {
  const { common, table } = hyperparameters(algorithm);
  const list = common.map(([path, value]) => `\`${path}\` ${value}`).join(", ");
  return `### ${report.title(algorithm)}\n\n${table}\n\nOn all of these tasks: ${list}.`;
}

/** What the preset `laptop` of an algorithm sets otherwise than the official one, task by task: its value, and the official one. */
function laptopSection(algorithm: string): string {
  const names = tasks.taskNames.filter((task) => training.laptopAlgorithms(task).includes(algorithm));
  const columns = names.map(
    (task) =>
      new Map(
        training
          .unofficial(training.resolveConfig(task, algorithm, 1, ["preset=laptop"]))
          .map(([path, own, official]) => [path, `${own} (${official})`]),
      ),
  );
  const paths = [...new Set(columns.flatMap((column) => [...column.keys()]))];
  const rows = paths.map((path) => [`\`${path}\``, ...columns.map((column) => column.get(path) ?? "official")]);
  return `### ${report.title(algorithm)}\n\n${markdownTable({ head: ["setting", ...names.map(report.title)], rows })}`;
}

const LAPTOP_ALGORITHMS = ["dmo", "ppo"];

/** The whole page. */
export const tablesPage = (): string => `# Tables

Written by \`npm run reproduce\` from the configurations and tasks that the code runs. A test compares them with the values that
are known of the paper and the released configurations (\`reproductions/tables.test.ts\`).

## Where they mean to differ

${markdownTable({ head: ["where", "the paper", "why"], rows: DIFFERENCES.map(({ where, paper, why }) => [where, paper, why]) })}

What the algorithms do in other ways than the release is told by each one's page in [docs/algorithms](../docs/algorithms).

No settings were released for the following; these are ours:

${markdownTable({ head: ["what", "ours"], rows: OURS })}

## Hyperparameters

${ALGORITHMS.map(algorithmSection).join("\n\n")}

## Preset laptop

Ours, not the paper's, for one processor core ([docs/laptop.md](../docs/laptop.md)), chosen with \`--preset laptop\`: in brackets what is official.

${LAPTOP_ALGORITHMS.map(laptopSection).join("\n\n")}

## Observations and rewards

A page for each task: ${tasks.taskNames.map((name) => `[${report.title(name)}](tasks/${name}.md)`).join(", ")}.
`;

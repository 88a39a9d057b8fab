// data/results/README.md: the runs that are kept, and the command that makes each.
import path from "node:path";
import { report, study, training } from "../api/index.js";
import { changed, distinct, million, type Result, samplesOf } from "./measure.js";
import { markdownTable } from "./table.js";

export const runsPage = (results: readonly Result[]): string => `# Committed runs

\`<task>/<algorithm>[+<variant>]/seed<k>.csv\` holds a run's rows as \`dmo-lab train\` wrote them to \`metrics.csv\` (\`dmo-lab train --help\`
explains the columns; of runs beyond 1,000 epochs every n-th row), \`seed<k>.json\` beside it the resolved configuration, versions
and machine, the score of the deterministic policy over ${results.find(({ evaluation }) => evaluation)?.evaluation?.episodes ?? 32} episodes, the epochs done (\`epochs\`), n (\`rowsEvery\`), and whether the run
ended before its last epoch (\`partial\`). \`seed<k>.horizon.csv\`, where it is, holds that run's gradients against the horizon
(\`dmo-lab gradients\`), after each of the \`epochs\` that it names; \`seed<k>.episode.json\` and \`seed<k>.trials.json\` an episode
and the trials of a Go2's policy (\`dmo-lab trials\`). \`dmo-lab collect DIR\` makes these files from a run's folder. \`npm run reproduce\` draws the figures of
[reproductions](../../reproductions/README.md) from them, and writes this page.

Each run is made by \`npx dmo-lab train --seed K\` and the options of its row; what they leave out is the official configuration. Epochs
are those done, of the official ones. A score is that of the deterministic policy at the end, mean and standard deviation over
episodes; a partial run has none.

${markdownTable({ head: RESULT_COLUMNS, rows: results.map(resultRow) })}

Minutes are by the clock, from the first epoch to the last; "of processor" is what all threads together worked. The machines
also did other work; where that was so much that the clock says nothing, it is left out (\`busyClock\` in the record), and figures
against time take the processor's, of runs on one thread. GFLOP/s are of matrix products where the run began: times of different
processors compare by them. Speed is measured by \`npm run bench\`. ${machines(results)}
`;

/** What a table of runs says of each. */
export const RESULT_COLUMNS = [
  ...["run", "epochs", "samples", "score", "minutes", "of processor"],
  ...["threads", "GFLOP/s", "options beside the seed"],
];

/** The row of a run in such a table. */
export function resultRow(result: Result): string[] {
  const { config, evaluation, epochs, machine, rows, busyClock } = result;
  const last = rows[rows.length - 1];
  const minutes = (seconds: number | undefined): string =>
    seconds === undefined ? "" : report.number(seconds / 60, 1);
  return [
    `\`${study.resultPath(result).split(path.sep).join("/")}\``,
    `${report.number(epochs)} of ${report.number(official(result).epochs)}`,
    million(samplesOf(config, epochs)),
    evaluation ? `${report.number(evaluation.mean)} ± ${report.number(evaluation.std)}` : "partial",
    minutes(busyClock ? undefined : last.wall_seconds),
    minutes(last.cpu_seconds),
    String(machine.backend.threads),
    machine.matmul_gflops === undefined ? "" : report.number(machine.matmul_gflops),
    `\`${optionsOf(result)}\``,
  ];
}

const official = ({ task, algorithm, seed }: Result) => training.resolveConfig(task, algorithm, seed);

/** What the command line says beside the seed. Settings that the run's version did not have do not count. */
function optionsOf(result: Result): string {
  const { config, epochs, partial } = result;
  const preset = config.preset ? ` --preset ${config.preset}` : "";
  const set = changed(result, training.defaultsOf(config)).map(({ path, own }) => ` --set ${path}=${own}`);
  const shorter = !partial && epochs !== official(result).epochs ? ` --epochs ${epochs}` : "";
  return `--task ${config.task} --algorithm ${config.algorithm}${preset}${shorter}${set.join("")}`;
}

function machines(results: readonly Result[]): string {
  const all = distinct(results.map(({ machine }) => `${machine.cpu}, ${machine.cores} cores, ${machine.platform}`));
  return `Machine${all.length > 1 ? "s" : ""}: ${all.join("; ")}.`;
}

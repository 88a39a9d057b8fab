// Our learning curves beside those of the authors' code, from committed rows alone: data/results and data/reference/authors.csv.
import { readFileSync } from "node:fs";
import { packageFile, report, type study } from "../lib/index.js";

type AuthorsRow = { task: string; algorithm: string; seed: string; samples: number; return: number; minutes?: number };

/** Return against environment steps and against minutes; ours in colour, the authors' code in grey, a dash style a seed. */
export function besideTheAuthors(
  { task, algorithm, seed, rows, evaluation }: study.Result,
  title: string,
): report.Figure {
  const figure = report.learningCurves([{ name: `DMO Lab, seed ${seed}`, rows, score: evaluation }]);
  const authors = readAuthors().filter((row) => row.task === task && row.algorithm === algorithm);
  for (const [k, seed] of [...new Set(authors.map((row) => row.seed))].entries())
    figure.data.push(
      ...authorsTraces(
        authors.filter((row) => row.seed === seed),
        seed,
        k,
      ),
    );
  const layout = { showlegend: true, title: { text: title }, margin: { l: 60, r: 16, t: 84, b: 52 } };
  return { data: figure.data, layout: { ...figure.layout, ...layout } };
}

function authorsTraces(rows: AuthorsRow[], seed: string, k: number): object[] {
  const trace = (axis: "" | "2", x: (number | undefined)[]): object => ({
    type: "scatter",
    mode: "lines+markers",
    name: `the authors' code, seed ${seed}`,
    legendgroup: `authors ${seed}`,
    showlegend: axis === "",
    xaxis: `x${axis}`,
    yaxis: `y${axis}`,
    x,
    y: rows.map((row) => row.return),
    line: { color: "#777777", width: 2, dash: ["solid", "dot"][k] },
  });
  const timed = rows.some((row) => row.minutes !== undefined);
  const million = rows.map((row) => row.samples / 1e6);
  return [
    trace("", million),
    ...(timed
      ? [
          trace(
            "2",
            rows.map((row) => row.minutes),
          ),
        ]
      : []),
  ];
}

function readAuthors(): AuthorsRow[] {
  const [, ...lines] = readFileSync(packageFile("data/reference/authors.csv"), "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [task, algorithm, seed, samples, episodeReturn, seconds] = line.split(",");
    const minutes = seconds ? Number(seconds) / 60 : undefined;
    return { task, algorithm, seed, samples: Number(samples), return: Number(episodeReturn), minutes };
  });
}

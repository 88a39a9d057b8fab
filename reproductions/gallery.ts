// reproductions/README.md: every figure with its caption, the paper's numbers beside ours, and what is missing.
import { type Drawn, missingRuns, type Reproduction, status, type Cell } from "./reproduction.js";
import { presets } from "./presets.js";
import { markdownTable } from "./table.js";

/** A figure that is drawn, and what there is of its runs. */
export type Shown = { reproduction: Reproduction; drawn: Drawn; cells: Cell[] };

export const galleryPage = (figures: readonly Shown[]): string => `# Reproductions

The paper's figures ("First Order Model-Based RL through Decoupled Backpropagation", Amigo et al., CoRL 2025, arXiv
2509.00215), drawn from the committed runs in \`data/results\`. This page is written by \`npm run reproduce\`. A figure shows
what there is: a run that is missing is a hole that says so, and a curve over less than the official budget is labelled with
the part that it is. Numbers of the paper are read off its pictures (\`data/reference/paper_*.csv\`).

    npm run reproduce                                          # all figures from committed runs, in seconds
    npm run reproduce -- f5 --run --preset laptop --dry-run    # which runs f5 lacks, and how long they may take
    npm run reproduce -- f5 --run --preset laptop --jobs 2     # trains them and draws f5; given again, it goes on

${markdownTable({
  head: ["preset", "what it changes"],
  rows: Object.entries(presets).map(([name, { changes }]) => [`\`${name}\``, changes]),
})}

What reproduced and what did not: [docs/reproductions.md](../docs/reproductions.md). Hyperparameters, observations and rewards
from the code that runs: [tables.md](tables.md). Each figure is a small file, a pure function of results.

${markdownTable({
  head: ["figure", "what", "what there is"],
  rows: figures.map(({ reproduction, cells }) => [
    `[${reproduction.id.toUpperCase()}](#${anchor(reproduction)})`,
    reproduction.title,
    statusOf(cells),
  ]),
})}

${figures.map(section).join("\n")}`;

const heading = ({ id, title }: Reproduction): string => `${id.toUpperCase()}: ${title}`;

/** As GitHub makes it of a heading. */
const anchor = (reproduction: Reproduction): string =>
  heading(reproduction)
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replaceAll(" ", "-");

const statusOf = (cells: readonly Cell[]): string => (cells.length > 0 ? status(cells) : "Complete: needs no runs.");

/** Title, status and what is shown, as text alone: for the page of a figure. */
export const captionOf = ({ reproduction, drawn, cells }: Shown): string[] => {
  const missing = missingRuns(cells);
  return [
    statusOf(cells),
    ...drawn.caption,
    ...(missing ? [`No run yet: ${missing}.`] : []),
    ...reproduction.causes.map((cause) => `Likely cause of differences: ${cause}`),
  ];
};

function section({ reproduction, drawn, cells }: Shown): string {
  const { id, title, paper, causes } = reproduction;
  const missing = missingRuns(cells);
  const lines = (items: readonly string[]): string => items.map((item) => `- ${item}`).join("\n");
  const parts = [
    `## ${heading(reproduction)}`,
    `![${title}](figures/${id}.png)`,
    `[SVG](figures/${id}.svg), [numbers](figures/${id}.csv). **${statusOf(cells)}**`,
    `The paper: ${paper}`,
    `Ours:\n\n${lines(drawn.caption)}`,
    ...(drawn.beside && drawn.beside.rows.length > 0 ? [markdownTable(drawn.beside)] : []),
    ...(causes.length > 0 ? [`Likely causes of differences:\n\n${lines(causes)}`] : []),
    ...(missing ? [`No run yet: ${missing}.`] : []),
    ...(cells.length > 0 ? [`\`npm run reproduce -- ${id} --run --preset laptop\``] : []),
  ];
  return parts.join("\n\n") + "\n";
}

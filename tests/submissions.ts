import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What students hand in, for tests. */

type Cell = {
  cell_type: string;
  source: string;
  metadata: { nbgrader?: { grade_id: string; solution: boolean; grade: boolean } };
};
export type Notebook = { cells: Cell[] };

export function readNotebook(file: string): Notebook {
  const notebook = JSON.parse(readFileSync(file, "utf8")) as { cells: (Cell & { source: string | string[] })[] };
  return { ...notebook, cells: notebook.cells.map((cell) => ({ ...cell, source: [cell.source].flat().join("") })) };
}

/** The solution cells of an assignment's source, by their names. */
export function solutions(name: string): Map<string, string> {
  const source = readFileSync(join("scripts", "course", "assignments", `${name}.ts`), "utf8");
  const cells = source.split(/^(?=\/\/ %%)/m).map((cell) => /^\/\/ %% solution="([^"]+)"\n([^]*)$/.exec(cell));
  return new Map(cells.flatMap((match) => (match ? [[match[1], match[2].trimEnd()]] : [])));
}

/** Hands in `release/name.ipynb` with what `write` makes of the sources of its solution cells. */
export function handIn(
  submissions: string,
  student: string,
  release: string,
  name: string,
  write: (id: string, stub: string) => string,
): void {
  const notebook = readNotebook(join(release, `${name}.ipynb`));
  for (const cell of notebook.cells) {
    const { nbgrader } = cell.metadata;
    if (nbgrader?.solution && cell.cell_type === "code") cell.source = write(nbgrader.grade_id, cell.source);
  }
  mkdirSync(join(submissions, student), { recursive: true });
  writeFileSync(join(submissions, student, `${name}.ipynb`), JSON.stringify(notebook));
}

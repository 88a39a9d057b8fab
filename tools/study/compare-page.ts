// A comparison as one HTML file that needs no network.
import { title } from "../report/format.js";
import { escapeHtml } from "../report/frame.js";
import { figureElement, htmlPage, htmlTable } from "../report/html.js";
import type { Comparison } from "./compare.js";
import { comparisonFigures, type Captioned } from "./compare-figures.js";
import { aggregateMeaning, aggregateTable, finalMeaning, groupTable } from "./compare-table.js";

const SECTIONS: { [figure: string]: string } = {
  curves: "Curves of each task",
  aggregate: "All tasks together",
  scores: "Final returns, all tasks together",
};

/** The page's whole text, HTML that needs no network: figures, tables, notes. @param comparison of one run or more */
export function comparisonPage(comparison: Comparison): string {
  const { groups, aggregates, notes } = comparison;
  const [methods, tasks] = [groups.map(({ method }) => method), groups.map(({ task }) => task)].map((names) => [
    ...new Set(names),
  ]);
  const heading = `${listed(methods.map(title), "methods")} on ${listed(tasks.map(title), "tasks")}`;
  const [final, scores] = [groupTable(comparison), aggregateTable(comparison)];
  return htmlPage(
    heading,
    `${Object.entries(comparisonFigures(comparison)).map(figureSection).join("\n")}
${scores ? `<section><h2>Aggregates</h2>${htmlTable(scores.rows, scores.head)}${note(aggregateMeaning(aggregates!))}</section>` : ""}
<section><h2>Final values</h2>${htmlTable(final.rows, final.head)}${note(finalMeaning(comparison))}</section>
${notes.length > 0 ? `<section><h2>To know</h2><ul>${notes.map((text) => `<li>${escapeHtml(text)}</li>`).join("\n")}</ul></section>` : ""}`,
  );
}

/** Up to three names, or how many there are. */
const listed = (names: readonly string[], what: string): string =>
  names.length > 3 ? `${names.length} ${what}` : names.join(", ");

const note = (text: string): string => `<p class="note">${escapeHtml(text)}</p>`;

const figureSection = ([name, { figure, caption }]: [string, Captioned]): string =>
  `<section><h2>${SECTIONS[name]}</h2>${figureElement(figure)}${note(caption)}</section>`;

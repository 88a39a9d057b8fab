// Writes figures and pages.
import path from "node:path";
import { report, training } from "../api/index.js";
import { chartCsv, plot, sizeOf } from "./chart.js";
import { claimsPage } from "./claims.js";
import { taskCharts } from "./f5.js";
import { drawAll } from "./figures.js";
import { captionOf, galleryPage, type Shown } from "./gallery.js";
import type { Result } from "./measure.js";
import { runsPage } from "./runs.js";
import { tablesPage } from "./tables.js";
import { taskPages } from "./task-pages.js";

/** The generated pages: the gallery, the tables, what reproduced, and the runs behind it. */
export const pages = (results: readonly Result[], folder: string, shown = drawAll(results, folder)) => ({
  readme: galleryPage(shown),
  tables: tablesPage(),
  claims: claimsPage(results, folder),
  runs: runsPage(results),
  tasks: taskPages(results),
});

/** `<id>.svg`, `.png`, `.html` and `.csv` in `folder`, which exists. */
export async function writeFigure(figure: Shown, folder: string): Promise<void> {
  const { reproduction, drawn } = figure;
  const { drawing } = drawn;
  const file = (ending: string): string => path.join(folder, `${reproduction.id}.${ending}`);
  const caption = `<ul>${captionOf(figure).map((line) => `<li>${escape(line)}</li>`).join("")}</ul>`; // prettier-ignore
  const chart = "svg" in drawing ? undefined : plot(drawing);
  const svg = chart ? numbered(await report.figureSvg(chart, sizeOf(chart))) : (drawing as { svg: string }).svg;
  const table = drawn.beside ? report.htmlTable(drawn.beside.rows, drawn.beside.head) : "";
  const onPage = chart && { ...chart, layout: { ...chart.layout, paper_bgcolor: "rgba(0,0,0,0)" } };
  const body = `${onPage ? report.figureElement(onPage) : svg}${caption}${table}`;
  training.writeAtomically(file("svg"), svg);
  training.writeAtomically(file("png"), report.svgPng(svg));
  training.writeAtomically(file("csv"), "csv" in drawing ? drawing.csv : chartCsv(drawing));
  training.writeAtomically(
    file("html"),
    report.htmlPage(`${reproduction.id.toUpperCase()}: ${reproduction.title}`, body),
  );
}

/** The Hopper panels alone, for the front page. */
export async function writeFrontPicture(results: readonly Result[], folder: string): Promise<void> {
  const figure = plot(taskCharts(results, ["hopper"]));
  training.writeAtomically(path.join(folder, "hopper.png"), await report.figurePng(figure, sizeOf(figure)));
}

/** Plotly draws names of parts by chance: numbered instead, equal runs give equal files. */
export function numbered(svg: string): string {
  const names = [...svg.matchAll(/(?:\bdefs-|trace scatter trace)([0-9a-f]{6})\b/g)].map(([, name]) => name);
  const everywhere = (name: string) => new RegExp(`(?<![\\d.])${name}(?![\\d.])`, "g"); // a name may be digits alone
  return [...new Set(names)].reduce((text, name, i) => text.replace(everywhere(name), `part${i}`), svg);
}

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Pages with figures and tables, as one HTML file that needs no network. */
import { escapeHtml, inlineJson, page, plotlyScript } from "./frame.js";
import type { Figure } from "./panels.js";
import { STYLE } from "./style.js";

/**
 * A page under a heading; the figures in its body are drawn.
 * @param heading plain text @param body HTML, in which figures are {@link figureElement}
 */
export const htmlPage = (heading: string, body: string): string =>
  page(
    heading,
    STYLE,
    `<header><p class="brand">DMO Lab</p><h1>${escapeHtml(heading)}</h1></header>
${body}
<script>${plotlyScript()}</script>
<script>${DRAW}</script>`,
  );

/** Draws every figure in the page's own colours, again when they change. */
const DRAW = `
const config = { responsive: true, displaylogo: false, modeBarButtons: [["toImage", "resetScale2d"]] };
const draw = () => {
  const { color, fontFamily } = getComputedStyle(document.body);
  for (const element of document.querySelectorAll(".figure")) {
    const { data, layout } = JSON.parse(element.querySelector("script").textContent);
    const font = { color, family: fontFamily, size: 13 };
    Plotly.react(element.querySelector("div"), data, { ...layout, font }, config);
  }
};
draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);`;

/** A figure as an element of a page, drawn by the page's script. @param content data and layout of plotly */
export const figureElement = (content: Figure): string =>
  `<div class="figure"><script type="application/json">${inlineJson(content)}</script><div></div></div>`;

/**
 * A table of texts, which are escaped.
 * @param rows `[row][column]` @param head a text for each column; default: no heads
 */
export function htmlTable(rows: readonly (readonly string[])[], head: readonly string[] = []): string {
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const top = head.length > 0 ? `<thead>${cells("th", head)}</thead>` : "";
  return `<table>${top}<tbody>${rows.map((row) => cells("td", row)).join("\n")}</tbody></table>`;
}

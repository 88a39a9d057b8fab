/** Charts, tables, robots and progress in the cells of a notebook. */
import "../tools/notebook/cards.js"; // what a value that ends a cell shows of itself

export { chart, line, type Chart, type Line, type Reading } from "../tools/notebook/chart.js";
export { showChart, showFigure, watch } from "../tools/notebook/display.js";
export { liveFigure, showReplay, type LiveFigure } from "../tools/notebook/figure.js";
export { progress } from "../tools/notebook/progress.js";
export { dataFrame, showTable, type Entry, type Records } from "../tools/notebook/table.js";

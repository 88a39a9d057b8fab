export * from "../tools/notebook/cards.js";
export * from "../tools/notebook/display.js";
export * from "../tools/notebook/chart.js";
export * from "../tools/notebook/table.js";
export * from "../lib/kernel.js";

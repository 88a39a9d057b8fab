export * from "../notebook/display.js";
export * from "../notebook/chart.js";
export * from "../notebook/table.js";
export * from "../kernel.js";

export * from "../study/results.js";
export * from "../study/statistics.js";

export * from "../study/study.js";
export * from "../study/results.js";
export * from "../study/statistics.js";

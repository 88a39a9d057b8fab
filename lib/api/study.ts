export * from "../study/study.js";
export * from "../study/results.js";
export * from "../study/gradients.js";
export * from "../study/statistics.js";
export * from "../study/compare.js";
export * from "../study/compare-figures.js";
export * from "../study/compare-table.js";
export * from "../study/compare-page.js";

export * from "../study/results.js";
